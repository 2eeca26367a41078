//! The link of one worker thread to Redis.
//!
//! Owns: connecting, time-outs, reconnecting, the one repeat of a lost call, and which failures are outages.
//! Must not know: sessions, keys, scripts. One link a worker thread: shared by the process, every request
//! pays two cross-thread wake-ups; a pool of exclusive connections loses pipelining.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation, ServerErrorKind, Value,
};

use crate::domain::ports::StoreError;

/// Hears of every call: its name, how long it took, whether it was answered.
pub type StoreObserver = Arc<dyn Fn(&'static str, Duration, bool) + Send + Sync>;

/// What to ask Redis; safe to repeat.
pub enum Call<'a> {
    /// One of our scripts.
    Script(&'a ScriptInvocation<'a>),
    /// A command without a script: it reads, or writes what nobody reads.
    Command(&'a Cmd),
}

/// A multiplexed connection that mends itself.
pub struct RedisLink {
    client: Client,
    timeout: Duration,
    manager: ArcSwap<ConnectionManager>,
    observer: StoreObserver,
}

impl RedisLink {
    /// Connects at the first use. Needs the tokio runtime of the thread that will use it.
    pub fn new(client: Client, timeout: Duration, observer: StoreObserver) -> RedisResult<Self> {
        let manager = ArcSwap::from_pointee(connect_lazily(&client, timeout)?);
        Ok(RedisLink { client, timeout, manager, observer })
    }

    /// Makes a call, and makes it once more if its connection was lost or its answer did not come in time.
    /// So a call must be safe to repeat, as every script of ours is: never a bare GETDEL. Takes at most
    /// twice the time-out.
    pub async fn call<T: FromRedisValue>(&self, name: &'static str, call: Call<'_>) -> Result<T, StoreError> {
        let started_at = Instant::now();
        let mut result = self.attempt(&call).await;
        if result.as_ref().is_err_and(is_worth_a_repeat) {
            result = self.attempt(&call).await;
        }
        let result = result.and_then(|value| Ok(T::from_redis_value(value)?));
        (self.observer)(name, started_at.elapsed(), result.is_ok());
        result.map_err(|error| {
            tracing::warn!(operation = name, %error, "the store failed");
            explain(&error)
        })
    }

    async fn attempt(&self, call: &Call<'_>) -> RedisResult<Value> {
        let manager = self.manager.load_full();
        let mut redis = ConnectionManager::clone(&manager);
        let answer = async {
            match call {
                Call::Script(script) => script.invoke_async(&mut redis).await,
                Call::Command(command) => command.query_async(&mut redis).await,
            }
        };
        // Over connecting and answering together: the manager's own limits add up.
        let result = match tokio::time::timeout(self.timeout, answer).await {
            Ok(result) => result,
            Err(_) => Err(RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))),
        };
        if result.as_ref().is_err_and(needs_another_connection) {
            self.replace(&manager)?;
        }
        result
    }

    /// The manager reconnects by itself when a connection breaks, but not when a peer is silently gone or
    /// has become a replica.
    fn replace(&self, used: &Arc<ConnectionManager>) -> RedisResult<()> {
        let fresh = Arc::new(connect_lazily(&self.client, self.timeout)?);
        self.manager.compare_and_swap(used, fresh);
        Ok(())
    }
}

fn connect_lazily(client: &Client, timeout: Duration) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(timeout))
        .set_response_timeout(Some(timeout))
        // The next request tries again; a back-off here would make a recovered Redis wait for it.
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

fn is_worth_a_repeat(error: &RedisError) -> bool {
    error.is_io_error() || needs_another_connection(error)
}

fn needs_another_connection(error: &RedisError) -> bool {
    error.is_timeout() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

/// A type or a script that does not fit our keys means foreign data under them; all else is an outage.
fn explain(error: &RedisError) -> StoreError {
    match error.code() {
        Some("WRONGTYPE" | "ERR") => StoreError::Corrupt(error.to_string()),
        Some(_) | None => StoreError::Unavailable(error.to_string()),
    }
}
