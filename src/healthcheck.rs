//! `vestibule healthcheck`: asks a running gateway on this machine whether it is alive.
//!
//! Must not know: what a gateway is made of.

use std::net::SocketAddr;
use std::time::Duration;

use crate::local_gateway::{self, Question};

/// Below the time-out of every probe that the documents show.
const LIMIT: Duration = Duration::from_secs(3);

const PATH: &str = "/health/live";

/// Whether the gateway that listens there says that it is alive. An error tells why nobody knows, or what it says instead.
pub fn is_alive(listen: SocketAddr) -> Result<(), String> {
    let question = Question { method: "GET", path: PATH, headers: &[], body: "" };
    match local_gateway::ask(listen, &question, LIMIT) {
        Ok(answer) if answer.status == 200 => Ok(()),
        // The metrics' own listener has no other path.
        Ok(answer) if answer.status == 404 => Err(format!(
            "what listens on {listen} has no {PATH}: it is no gateway, or server.metrics_listen. Ask server.listen"
        )),
        Ok(answer) => {
            Err(format!("what listens on {listen} answers {PATH} with the status {}", answer.status))
        }
        Err(error) => Err(format!("the gateway does not answer on {listen}: {error}")),
    }
}
