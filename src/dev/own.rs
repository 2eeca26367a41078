//! `vestibule dev --portal-url`: the gateway for a portal of the developer's own, in the place of the demo portal.
//!
//! Owns: which addresses such a portal may have, its configuration, and what is printed for it.
//! Must not know: how the portal is made.

use std::net::SocketAddr;

use url::Url;

use super::site::Places;
use crate::domain::credential::RootKey;

/// Where the developer's own programs are.
#[derive(Clone, Debug, clap::Args)]
pub struct Own {
    /// The address of your own portal, such as http://localhost:5173/, which takes the demo portal's place
    #[arg(
        long = "portal-url",
        id = "portal_url",
        value_name = "URL",
        conflicts_with = "portal",
        value_parser = url
    )]
    pub portal: Option<Url>,
    /// The page of your own app that people come from; without it the demo app runs
    #[arg(
        long = "app-url",
        id = "app_url",
        value_name = "URL",
        requires = "portal_url",
        conflicts_with = "app",
        value_parser = url
    )]
    pub app: Option<Url>,
}

/// The parser of URLs does not say what one looks like.
fn url(text: &str) -> Result<Url, &'static str> {
    text.parse().map_err(|_| "write http://localhost:<port>/")
}

impl Own {
    /// An address that would not get the cookie, and its argument.
    pub fn elsewhere(&self) -> Option<(&'static str, &Url)> {
        let flags = [("--portal-url", &self.portal), ("--app-url", &self.app)];
        let mut given = flags.into_iter().filter_map(|(flag, url)| Some((flag, url.as_ref()?)));
        given.find(|(_, url)| !is_local(url))
    }
}

/// The gateway's cookie belongs to the host `localhost`, whatever the port. For a browser `127.0.0.1` is another host.
fn is_local(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str() == Some("localhost")
}

/// The origin of one of these addresses.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The configuration of the gateway, without its root key. `home` is where people come from.
pub fn configuration(portal: &Url, home: &str, gateway: SocketAddr, places: &Places) -> String {
    let Places { gateway: base, app, portal: portal_origin } = places;
    format!(
        r#"
[server]
listen = "{gateway}"
drain_seconds = 0
public_url = "{base}"
# A portal's server that passes the gateway's paths on tells the browser's address.
trusted_proxies = ["127.0.0.1", "::1"]

[log]
format = "pretty"
level = "info,actix_server=warn"

[[workspaces]]
id = "acme"

[[workspaces.portals]]
slug = "my-portal"
url = "{portal}"
return_url = "{home}"
return_urls = ["{app}/"]
landing = "hosted"
direct = true
allowed_origins = ["{app}", "{portal_origin}"]

[[workspaces.portals]]
slug = "component"
url = "{app}/component"
direct = true
"#
    )
}

/// What to do, and what belongs into an `.env` file or a shell.
pub fn guide(portal: &Url, home: Option<&Url>, places: &Places, key: &RootKey) -> String {
    let Places { gateway, app, .. } = places;
    let key = key.expose();
    let first = match home {
        Some(home) => {
            format!("People come from {home}: let your backend create a session, and redirect to its url.")
        }
        None => format!("Open {app} in a browser, log in as somebody, and open the portal."),
    };
    format!(
        r#"
Vestibule is listening on {gateway}, on its embedded store: nothing is kept when it ends.
It is the gateway of {portal}, which it calls my-portal.

{first}

For the .env of your portal's server:

VESTIBULE_URL={gateway}

For the .env of your backend, and for nothing else:

VESTIBULE_URL={gateway}
VESTIBULE_ROOT_KEY={key}

To start them in a shell, or to try calls of the documents by hand, paste these instead:

export VESTIBULE_URL={gateway}
export VESTIBULE_ROOT_KEY={key}

The key is new at every start. Stop with Ctrl-C.
"#
    )
}
