//! `vestibule healthcheck`: asks a running gateway on this machine whether it is alive.
//!
//! Must not know: what a gateway is made of.

use std::net::SocketAddr;
use std::time::Duration;

use crate::local_gateway::{self, Question};

/// Below the time-out of every probe that the documents show.
const LIMIT: Duration = Duration::from_secs(3);

/// Whether the gateway that listens there says that it is alive. It is an error if nobody answers in time.
pub fn is_alive(listen: SocketAddr) -> std::io::Result<bool> {
    let question = Question { method: "GET", path: "/health/live", headers: &[], body: "" };
    Ok(local_gateway::ask(listen, &question, LIMIT)?.status == 200)
}
