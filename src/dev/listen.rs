//! Where the playground listens, and why it does not start.
//!
//! Owns: the arguments of `vestibule dev`, and that no other machine reaches a playground.
//! Must not know: what is served there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use super::own::Own;
use crate::config::typed_address;

/// Where the three listen, and which of them are the developer's own. The defaults are the addresses in
/// config/development.toml.
#[derive(Clone, Debug, clap::Args)]
pub struct Listen {
    /// Where the gateway listens; loopback only
    #[arg(long = "listen", value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = typed_address)]
    pub gateway: SocketAddr,
    /// Where the demo app listens; loopback only
    #[arg(long = "app-listen", value_name = "ADDRESS", default_value = "127.0.0.1:3001", value_parser = typed_address)]
    pub app: SocketAddr,
    /// Where the demo portal listens; loopback only
    #[arg(long = "portal-listen", value_name = "ADDRESS", default_value = "127.0.0.1:3000", value_parser = typed_address)]
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
    /// Usually because other programs listen there. All are told at once, or each start would find the next.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Listen(Vec<Taken>),
    /// The demo app's backend has no HTTP client.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// A demo server does not start.
    #[error("cannot serve: {0}")]
    Serve(#[from] io::Error),
}

/// An address that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}. Choose another address: {flag} 127.0.0.1:<port>")]
pub struct Taken {
    flag: &'static str,
    address: SocketAddr,
    error: io::Error,
}

/// Whether only this machine reaches it.
pub(super) fn check_loopback(flag: &'static str, address: SocketAddr) -> Result<(), PlaygroundError> {
    let ours = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    if ours.contains(&address.ip()) { Ok(()) } else { Err(PlaygroundError::NotLoopback { flag, address }) }
}

pub(super) fn reserve((flag, address): (&'static str, SocketAddr)) -> Result<TcpListener, Taken> {
    TcpListener::bind(address).map_err(|error| Taken { flag, address, error })
}

/// All three, or whatever is wrong with any of them.
pub(super) fn all<A, B, C>(
    gateway: Result<A, Taken>,
    app: Result<B, Taken>,
    portal: Result<C, Taken>,
) -> Result<(A, B, C), PlaygroundError> {
    match (gateway, app, portal) {
        (Ok(gateway), Ok(app), Ok(portal)) => Ok((gateway, app, portal)),
        (gateway, app, portal) => {
            let taken = [gateway.err(), app.err(), portal.err()];
            Err(PlaygroundError::Listen(taken.into_iter().flatten().collect()))
        }
    }
}
