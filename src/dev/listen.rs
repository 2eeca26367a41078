//! Where the playground listens, and why it does not start.
//!
//! Owns: the arguments of `vestibule dev`, and that no other machine reaches a playground.
//! Must not know: what is served there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use super::own::Own;

/// Where the three listen, and which of them are the developer's own. The defaults are the addresses in
/// config/development.toml.
#[derive(Clone, Debug, clap::Args)]
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
    /// What runs elsewhere.
    #[command(flatten)]
    pub own: Own,
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
    /// The gateway's cookie would not reach it.
    #[error(
        "{flag} {url}: write http://localhost:<port>/. The gateway's cookie belongs to http://localhost, and browsers \
         send it to no other host: 127.0.0.1 is another one for them."
    )]
    NotLocalhost {
        /// The argument.
        flag: &'static str,
        /// Its value.
        url: String,
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

/// Whether only this machine reaches it.
pub(super) fn check_loopback(flag: &'static str, address: SocketAddr) -> Result<(), PlaygroundError> {
    let ours = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if ours.contains(&address.ip()) { Ok(()) } else { Err(PlaygroundError::NotLoopback { flag, address }) }
}

pub(super) fn reserve((flag, address): (&'static str, SocketAddr)) -> Result<TcpListener, PlaygroundError> {
    TcpListener::bind(address).map_err(|error| PlaygroundError::Listen { flag, address, error })
}
