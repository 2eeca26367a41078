//! The parts of a running gateway: its listeners and tasks.
//!
//! Owns: noticing a part that ends by itself, and ending all of them in good order. From outside, a gateway that has lost a
//! part looks healthy, so it is better to end the process and have it started again.
//! Must not know: what a part does.

use std::io;

use actix_web::dev::{Server, ServerHandle};
use futures_util::future::{join_all, select_all};
use tokio::task::{AbortHandle, JoinError, JoinHandle};

/// What runs until a stop.
#[derive(Default)]
pub struct Parts {
    servers: Vec<ServerHandle>,
    endless: Vec<AbortHandle>,
    all: Vec<(&'static str, JoinHandle<io::Result<()>>)>,
}

/// A part ended although nobody stopped it.
#[derive(Debug, thiserror::Error)]
#[error("{part} ended by itself: {reason}")]
pub struct PartEnded {
    part: &'static str,
    reason: String,
}

impl Parts {
    /// Adds a listener. A stop lets it finish its requests.
    pub fn add_server(&mut self, name: &'static str, server: Server) {
        self.servers.push(server.handle());
        self.all.push((name, tokio::spawn(server)));
    }

    /// Adds a task that runs until a stop ends it.
    pub fn add_task(
        &mut self,
        name: &'static str,
        task: impl Future<Output = io::Result<()>> + Send + 'static,
    ) {
        let task = tokio::spawn(task);
        self.endless.push(task.abort_handle());
        self.all.push((name, task));
    }

    /// Waits until a part ends by itself. None should.
    pub async fn ended(&mut self) -> PartEnded {
        let tasks = self.all.iter_mut().map(|(_, task)| task);
        let (end, index, _) = select_all(tasks).await;
        let (part, _) = self.all.swap_remove(index);
        PartEnded { part, reason: failure(end).unwrap_or_else(|| "it gave no reason".into()) }
    }

    /// Takes no more requests, lets those in flight finish, and returns when all is done.
    pub async fn stop(self) {
        self.endless.iter().for_each(AbortHandle::abort);
        // Side by side: each has its own time for this, and an orchestrator grants one for all.
        join_all(self.servers.iter().map(|server| server.stop(true))).await;
        for (part, task) in self.all {
            if let Some(reason) = failure(task.await) {
                tracing::error!(part, reason, "a part of the gateway failed while it was stopped");
            }
        }
    }
}

fn failure(end: Result<io::Result<()>, JoinError>) -> Option<String> {
    match end {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) if error.is_cancelled() => None,
        Err(panic) => Some(panic.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, HttpServer};

    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_by_itself_is_noticed_and_the_rest_can_be_stopped() {
        let mut parts = Parts::default();
        for name in ["the public listener", "the metrics listener"] {
            let server = HttpServer::new(App::new).workers(1).disable_signals();
            parts.add_server(name, server.bind("127.0.0.1:0").expect("it listens").run());
        }
        for name in ["the public listener", "the metrics listener"] {
            parts.servers.remove(0).stop(false).await;
            assert_eq!(parts.ended().await.part, name);
        }
        parts.add_task("a task", async { panic!("a defect") });
        let ended = parts.ended().await.to_string();
        assert!(ended.starts_with("a task ended by itself: ") && ended.contains("a defect"), "{ended}");
        parts.add_task("another", async { Err(io::Error::other("no reason to go on")) });
        assert_eq!(parts.ended().await.to_string(), "another ended by itself: no reason to go on");
        parts.stop().await;
    }
}
