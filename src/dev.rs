//! `vestibule dev`: a playground. A gateway to try out, and beside it a demo app and a demo portal that use it
//! as any app and any portal would. A developer's own portal and app can take their places.
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
mod listen;
mod own;
mod site;
mod users;
mod visitor;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use url::Url;

use crate::config::DEVELOPMENT;
use crate::domain::credential::RootKey;
use crate::domain::environment::Environment;
use crate::domain::ports::Clock;
use clock::PlaygroundClock;
use gateway_client::GatewayClient;
use journal::Journal;
pub use listen::{Listen, PlaygroundError};
use listen::{all, check_loopback, reserve};
use own::Own;
use site::{Places, Site, guard, policy};

/// A playground that has reserved its addresses.
pub struct Playground {
    key: Arc<RootKey>,
    environment: Environment,
    clock: Arc<PlaygroundClock>,
    places: Places,
    gateway: SocketAddr,
    app: Option<TcpListener>,
    portal: Option<TcpListener>,
    own: Own,
}

impl Playground {
    /// Reserves the addresses.
    pub fn prepare(listen: Listen, clock: Arc<dyn Clock>) -> Result<Self, PlaygroundError> {
        if let Some((flag, url)) = listen.own.elsewhere() {
            return Err(PlaygroundError::NotLocalhost { flag, url: url.to_string() });
        }
        let Listen { gateway, app, portal, own } = listen;
        // All are checked before the first is reserved.
        let flags = [("--listen", gateway), ("--app-listen", app), ("--portal-listen", portal)];
        for (flag, address) in flags {
            check_loopback(flag, address)?;
        }
        let [gateway, app, portal] = flags;
        let app = own.app.is_none().then(|| reserve(app)).transpose();
        let portal = own.portal.is_none().then(|| reserve(portal)).transpose();
        let (gateway, app, portal) = all(reserve(gateway), app, portal)?;
        let places = Places {
            gateway: origin(Some(&gateway), None)?,
            app: origin(app.as_ref(), own.app.as_ref())?,
            portal: origin(portal.as_ref(), own.portal.as_ref())?,
        };
        // Nobody mistakes a test key for one of production.
        let environment = if own.portal.is_some() { Environment::Test } else { Environment::Live };
        Ok(Playground {
            key: Arc::new(RootKey::mint(environment)),
            environment,
            clock: Arc::new(PlaygroundClock::new(clock)),
            places,
            // The gateway binds its own listener. This one only finds out the port, which goes into the configuration.
            gateway: gateway.local_addr()?,
            app,
            portal,
            own,
        })
    }

    /// The gateway's configuration.
    pub fn configuration(&self) -> String {
        let (digest, environment) = (self.key.digest().to_hex(), self.environment.name());
        let configuration = match &self.own.portal {
            Some(portal) => own::configuration(portal, &self.home(), self.gateway, &self.places),
            None => placed(DEVELOPMENT, self.gateway, &self.places),
        };
        format!(
            "{configuration}\n[[workspaces.root_keys]]\nid = \"development\"\nsha256 = \"{digest}\"\n\
             environment = \"{environment}\"\n"
        )
    }

    /// Where the portal sends people who need a session.
    fn home(&self) -> String {
        self.own.app.as_ref().map_or_else(|| format!("{}/billing", self.places.app), Url::to_string)
    }

    /// The gateway's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// What to open and what to type.
    pub fn guide(&self) -> String {
        match &self.own.portal {
            Some(portal) => own::guide(portal, self.own.app.as_ref(), &self.places, &self.key),
            None => guide::guide(&self.places, &self.key),
        }
    }

    /// Starts the demo servers, on the runtime that this is called on.
    pub fn serve(&self) -> Result<Serving, PlaygroundError> {
        let Places { gateway, app, portal } = &self.places;
        let site = Site {
            origin: app.clone(),
            friend: Some(portal.clone()),
            // The component's page calls the gateway. The answer to the app's form redirects to the portal or to the
            // gateway's own page.
            policy: policy(&[gateway], &["'self'", portal, gateway]),
            places: self.places.clone(),
            has_own_portal: self.own.portal.is_some(),
            journal: Arc::new(Journal::default()),
            clock: self.clock.clone(),
        };
        let mut servers = Vec::new();
        if let Some(listener) = &self.app {
            servers.push(self.serve_app(listener, site.clone())?);
        }
        if let Some(listener) = &self.portal {
            let policy = policy(&[gateway, app], &["'none'"]);
            let site = Site { origin: portal.clone(), friend: None, policy, ..site };
            servers.push(demo_server(listener, site, |config| {
                config.configure(demo_portal::routes);
            })?);
        }
        let handles = servers.iter().map(Server::handle).collect();
        for server in servers {
            actix_web::rt::spawn(server);
        }
        Ok(Serving { handles })
    }

    fn serve_app(&self, listener: &TcpListener, site: Site) -> Result<Server, PlaygroundError> {
        let journal = site.journal.clone();
        let client =
            GatewayClient::new(self.key.clone(), self.gateway, self.places.gateway.clone(), journal)?;
        let client = web::Data::new(client);
        Ok(demo_server(listener, site, move |config| {
            config.app_data(client.clone()).configure(demo_app::routes).configure(demo_component::routes);
        })?)
    }
}

/// As browsers see it: of the developer's own, or of a listener of ours.
fn origin(listener: Option<&TcpListener>, own: Option<&Url>) -> io::Result<String> {
    match (own, listener) {
        (Some(url), _) => Ok(own::origin(url)),
        (None, Some(listener)) => Ok(format!("http://localhost:{}", listener.local_addr()?.port())),
        (None, None) => Err(io::Error::other("it has no address")),
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
    handles: Vec<ServerHandle>,
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
    use std::net::{IpAddr, Ipv6Addr};

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
