//! `vestibule dev`: a playground. A gateway to try out, and beside it a demo app and a demo portal that use it
//! as any app and any portal would.
//!
//! Owns: the addresses, the configuration and the clock of that gateway, and the two demo servers.
//! Must not know: how the gateway works. The demos have its address, a root key and the public API. No other module
//! uses this one.

mod clock;
mod demo_app;
mod demo_backend;
mod demo_component;
mod demo_portal;
mod gateway_client;
mod guide;
mod journal;
mod site;
mod users;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::config::DEVELOPMENT;
use crate::domain::credential::RootKey;
use crate::domain::environment::Environment;
use crate::domain::ports::Clock;
use clock::PlaygroundClock;
use gateway_client::GatewayClient;
use journal::Journal;
use site::{Places, Site, guard, policy};

/// Where the three listen. The defaults are the addresses in config/development.toml.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Listen {
    /// Where the gateway listens; loopback only
    #[arg(long = "listen", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub gateway: SocketAddr,
    /// Where the demo app listens; loopback only
    #[arg(long = "app-listen", value_name = "ADDRESS", default_value = "127.0.0.1:3001")]
    pub app: SocketAddr,
    /// Where the demo portal listens; loopback only
    #[arg(long = "portal-listen", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub portal: SocketAddr,
}

/// Why a playground did not start.
#[derive(Debug, thiserror::Error)]
pub enum PlaygroundError {
    /// Other machines could reach it.
    #[error(
        "`vestibule dev` is for this machine alone: write {flag} 127.0.0.1:{} or [::1]:{}, not {address}. \
         For anything else there is `vestibule serve`.",
        .address.port(), .address.port()
    )]
    NotLoopback {
        /// The argument.
        flag: &'static str,
        /// Its value.
        address: SocketAddr,
    },
    /// Usually because another program listens there.
    #[error("cannot listen on {address}: {error}. Choose another address: {flag} 127.0.0.1:<port>")]
    Listen {
        /// The argument.
        flag: &'static str,
        /// Its value.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The demo app's backend has no HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A demo server does not start.
    #[error("cannot serve: {0}")]
    Serve(#[from] io::Error),
}

/// A playground that has reserved its addresses.
pub struct Playground {
    key: Arc<RootKey>,
    clock: Arc<PlaygroundClock>,
    places: Places,
    gateway: SocketAddr,
    app: TcpListener,
    portal: TcpListener,
}

impl Playground {
    /// Reserves the addresses.
    pub fn prepare(listen: Listen, clock: Arc<dyn Clock>) -> Result<Self, PlaygroundError> {
        // All three are checked before the first is reserved.
        let flags =
            [("--listen", listen.gateway), ("--app-listen", listen.app), ("--portal-listen", listen.portal)];
        for (flag, address) in flags {
            let ours = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            if !ours.contains(&address.ip()) {
                return Err(PlaygroundError::NotLoopback { flag, address });
            }
        }
        let [gateway, app, portal] = flags.map(|(flag, address)| {
            TcpListener::bind(address).map_err(|error| PlaygroundError::Listen { flag, address, error })
        });
        let (gateway, app, portal) = (gateway?, app?, portal?);
        let origin = |listener: &TcpListener| {
            Ok::<_, io::Error>(format!("http://localhost:{}", listener.local_addr()?.port()))
        };
        let places = Places { gateway: origin(&gateway)?, app: origin(&app)?, portal: origin(&portal)? };
        // The gateway binds its own listener. This one only finds out the port, which goes into the configuration.
        let gateway = gateway.local_addr()?;
        let clock = Arc::new(PlaygroundClock::new(clock));
        Ok(Playground {
            key: Arc::new(RootKey::mint(Environment::Live)),
            clock,
            places,
            gateway,
            app,
            portal,
        })
    }

    /// The gateway's configuration.
    pub fn configuration(&self) -> String {
        let digest = self.key.digest().to_hex();
        format!(
            "{}\n[[workspaces.root_keys]]\nid = \"development\"\nsha256 = \"{digest}\"\nenvironment = \"live\"\n",
            placed(DEVELOPMENT, self.gateway, &self.places)
        )
    }

    /// The gateway's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// What to open and what to type.
    pub fn guide(&self) -> String {
        guide::guide(&self.places, &self.key)
    }

    /// Starts the two demo servers, on the runtime that this is called on.
    pub fn serve(&self) -> Result<Serving, PlaygroundError> {
        let Places { gateway, app, portal } = &self.places;
        let site = Site {
            origin: app.clone(),
            friend: Some(portal.clone()),
            // The component's page calls the gateway. The answer to the app's form redirects to the portal or to the
            // gateway's own page.
            policy: policy(&[gateway], &["'self'", portal, gateway]),
            places: self.places.clone(),
            journal: Arc::new(Journal::default()),
            clock: self.clock.clone(),
        };
        let client =
            GatewayClient::new(self.key.clone(), self.gateway, gateway.clone(), site.journal.clone())?;
        let client = web::Data::new(client);
        let app = demo_server(&self.app, site.clone(), move |config| {
            config.app_data(client.clone()).configure(demo_app::routes).configure(demo_component::routes);
        })?;
        let site = Site {
            origin: portal.clone(),
            friend: None,
            policy: policy(&[gateway, &self.places.app], &["'none'"]),
            ..site
        };
        let portal = demo_server(&self.portal, site, |config| {
            config.configure(demo_portal::routes);
        })?;
        let handles = [app.handle(), portal.handle()];
        for server in [app, portal] {
            actix_web::rt::spawn(server);
        }
        Ok(Serving { handles })
    }
}

/// The configuration with these addresses in place of its own.
fn placed(configuration: &str, gateway: SocketAddr, places: &Places) -> String {
    // In two passes: if the ports are swapped, a single pass would replace what it has just written.
    let places = [
        ("http://localhost:8080", "{gateway}", &places.gateway),
        ("http://localhost:3001", "{app}", &places.app),
        ("http://localhost:3000", "{portal}", &places.portal),
    ];
    let text = configuration.replace("127.0.0.1:8080", &gateway.to_string());
    let text = places.iter().fold(text, |text, (default, mark, _)| text.replace(default, mark));
    places.iter().fold(text, |text, (_, mark, place)| text.replace(mark, place))
}

fn demo_server(
    listener: &TcpListener,
    site: Site,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let site = web::Data::new(site);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(site.clone())
            .configure(site::routes)
            .configure(routes.clone())
            .wrap(from_fn(guard))
    });
    Ok(server.workers(1).disable_signals().listen(listener.try_clone()?)?.run())
}

/// The running demo servers.
pub struct Serving {
    handles: [ServerHandle; 2],
}

impl Serving {
    /// Stops them.
    pub async fn stop(self) {
        for handle in self.handles {
            handle.stop(false).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_can_be_exchanged() {
        let origin = |port: u16| format!("http://localhost:{port}");
        let places = Places { gateway: origin(3000), app: origin(8080), portal: origin(3001) };
        let text = "127.0.0.1:8080 http://localhost:8080/ http://localhost:3001/b http://localhost:3000/";
        let expected = "[::1]:3000 http://localhost:3000/ http://localhost:8080/b http://localhost:3001/";
        let gateway = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 3000);
        assert_eq!(placed(text, gateway, &places), expected);
    }
}
