//! `vestibule healthcheck`: asks a running gateway on this machine whether it is alive.
//!
//! Must not know: what a gateway is made of.

use std::net::SocketAddr;

use crate::local_gateway;

/// Whether the gateway that listens there says that it is alive. It is an error if nobody answers in time.
pub fn is_alive(listen: SocketAddr) -> std::io::Result<bool> {
    Ok(local_gateway::ask(listen, "GET", "/health/live", &[], "")?.status == 200)
}
