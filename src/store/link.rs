//! The link of one worker thread to Redis.
//!
//! Owns: the one retry policy of all topologies, which failures are outages, and the time-outs. How a call
//! reaches the primary is in `link/`: one server, found by sentinels or not, or the nodes of a cluster.
//! Must not know: sessions, or what a script does. One link a worker thread: shared by the process, every request
//! pays two cross-thread wake-ups; a pool of exclusive connections loses pipelining.

mod call;
mod cluster;
mod node;
mod probe;
mod sentinel;
mod topology;

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{FromRedisValue, RedisError, Value};

pub use self::call::{Call, Replicas};
use self::cluster::Cluster;
use self::node::{Connector, Limits};
pub use self::probe::Probe;
use self::sentinel::{Primary, watch};
pub use self::topology::Topology;
use crate::domain::ports::StoreError;

/// Hears of every call: its name, how long it took, whether it was answered.
pub type StoreObserver = Arc<dyn Fn(&'static str, Duration, bool) + Send + Sync>;

/// The only difference between the topologies.
enum Route {
    Primary(Arc<Primary>),
    Cluster(Cluster),
}

/// Mends itself.
pub struct RedisLink {
    route: Route,
    observer: StoreObserver,
}

impl RedisLink {
    /// Connects at the first use. Needs the tokio runtime of the thread that will use it.
    pub fn new(topology: &Topology, timeout: Duration, probe: Arc<Probe>, observer: StoreObserver) -> Self {
        let limits = Limits::of(timeout);
        let connector = |node| Connector::new(node, limits, probe.clone());
        let route = match topology {
            Topology::Single(client) => Route::Primary(Arc::new(Primary::fixed(
                client.clone(),
                connector(client.get_connection_info()),
            ))),
            Topology::Sentinel { sentinels, master, node } => {
                let primary =
                    Arc::new(Primary::of_sentinels(sentinels.clone(), master.clone(), connector(node)));
                watch(&primary);
                Route::Primary(primary)
            }
            Topology::Cluster { nodes, node } => Route::Cluster(Cluster::new(nodes.clone(), connector(node))),
        };
        RedisLink { route, observer }
    }

    /// Makes a call, and makes it once more if its connection was lost, its answer did not come in time, or it met
    /// a server that is no primary any more. Takes at most twice the time-out.
    pub async fn call<T: FromRedisValue>(&self, name: &'static str, call: Call<'_>) -> Result<T, StoreError> {
        self.make(name, &call, None).await
    }

    /// [`RedisLink::call`] that answers only when so many replicas have what it wrote; else it is an outage, and a
    /// repeat waits again. On a connection of its own: `WAIT` blocks all that is sent after it. Takes at most
    /// four times the time-out.
    pub async fn call_and_wait<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: Call<'_>,
        replicas: Replicas<'_>,
    ) -> Result<T, StoreError> {
        self.make(name, &call, Some(replicas)).await
    }

    async fn make<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: &Call<'_>,
        replicas: Option<Replicas<'_>>,
    ) -> Result<T, StoreError> {
        let started_at = Instant::now();
        let mut result = self.attempt(call, replicas).await;
        if result.as_ref().is_err_and(node::needs_another_connection) {
            result = self.attempt(call, replicas).await;
        }
        let result = result.and_then(|value| Ok(T::from_redis_value(value)?));
        (self.observer)(name, started_at.elapsed(), result.is_ok());
        result.map_err(|error| {
            tracing::warn!(operation = name, %error, "the store failed");
            explain(&error)
        })
    }

    async fn attempt(&self, call: &Call<'_>, replicas: Option<Replicas<'_>>) -> Result<Value, RedisError> {
        match &self.route {
            Route::Primary(primary) => primary.attempt(call, replicas).await,
            Route::Cluster(cluster) => cluster.attempt(call, replicas).await,
        }
    }
}

/// A type or a script that does not fit our keys means foreign data under them; all else is an outage.
fn explain(error: &RedisError) -> StoreError {
    match error.code() {
        Some("WRONGTYPE" | "ERR") => StoreError::Corrupt(error.to_string()),
        Some(_) | None => StoreError::Unavailable(error.to_string()),
    }
}
