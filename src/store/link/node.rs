//! The connection to one server that all calls share.
//!
//! Owns: when a new connection is made.
//! Must not know: which server is the right one, how it is reached, or what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use tokio::time::Instant;

use super::fault::{needs_another_connection, timed_out};
use super::flight::Flight;
use super::observer::Open;

/// A connection is kept at least this long, even if its server answers that it is no primary. It may say so for
/// minutes.
const SHORTEST_LIFE: Duration = Duration::from_millis(100);

/// A connection and its age.
pub struct Live {
    pub connection: MultiplexedConnection,
    pub made_at: Instant,
    knows_no_hashes: AtomicBool,
    /// Counted for as long as it is there; sentinels are not counted.
    _open: Option<Open>,
}

impl Live {
    pub fn new(connection: MultiplexedConnection) -> Self {
        let knows_no_hashes = AtomicBool::new(false);
        Live { connection, made_at: Instant::now(), knows_no_hashes, _open: None }
    }

    /// The same, counted for as long as it is there.
    pub fn counted(connection: MultiplexedConnection, open: Open) -> Self {
        Live { _open: Some(open), ..Live::new(connection) }
    }

    /// Whether scripts must be sent with their text: the server refuses `EVALSHA`, and not `EVAL`.
    pub fn knows_no_hashes(&self) -> bool {
        self.knows_no_hashes.load(Ordering::Relaxed)
    }

    /// It has shown that.
    pub fn note_no_hashes(&self) {
        self.knows_no_hashes.store(true, Ordering::Relaxed);
    }

    /// Whether the next call should avoid it.
    pub fn is_spent_by(&self, error: &RedisError) -> bool {
        let is_old = || self.made_at.elapsed() >= SHORTEST_LIFE;
        error.is_io_error() || (needs_another_connection(error) && is_old())
    }
}

/// A connection that is made when it is first needed, by one caller for all.
#[derive(Default)]
pub struct Lane {
    live: Arc<ArcSwapOption<Live>>,
    connecting: Flight<Arc<Live>>,
}

impl Lane {
    /// The live connection, or a new one if it can be made by the deadline.
    pub async fn get<C>(&self, deadline: Instant, connect: impl FnOnce() -> C) -> RedisResult<Arc<Live>>
    where
        C: Future<Output = RedisResult<Live>> + Send + 'static,
    {
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        let connecting = self.connecting.join(|| {
            let (live, connect) = (self.live.clone(), connect());
            async move {
                let fresh = Arc::new(connect.await?);
                live.store(Some(fresh.clone()));
                Ok(fresh)
            }
        });
        // On the heap, so that not every call's future reserves space for it.
        Box::pin(by(deadline, connecting)).await
    }

    /// Makes the next caller connect anew, unless another has done so already.
    pub fn forget(&self, used: &Arc<Live>) {
        self.live.compare_and_swap(used, None);
    }

    pub fn is_connected(&self) -> bool {
        self.live.load().is_some()
    }
}

/// A time-out looks like a broken connection.
pub async fn by<T>(deadline: Instant, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| Err(timed_out()))
}
