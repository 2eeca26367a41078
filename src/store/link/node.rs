//! Connecting to one server, and the connection that all calls share.
//!
//! Owns: the time-outs, and when a new connection is made.
//! Must not know: which server is the right one, or what is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, RedisError, RedisResult};
use tokio::time::Instant;

use super::fault::{needs_another_connection, timed_out};
use super::flight::Flight;
use super::probe::Probe;

/// Host and port.
pub type Address = (String, u16);

/// A connection is kept at least this long, even if its server answers that it is no primary. It may say so for
/// minutes.
const SHORTEST_LIFE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
pub struct Limits {
    /// For one try to connect and get an answer.
    pub answer: Duration,
    /// Time to ask one of several servers about the topology. It leaves time for the others to answer.
    pub topology: Duration,
}

impl Limits {
    pub fn of(timeout: Duration) -> Self {
        Limits { answer: timeout, topology: timeout / 4 }
    }
}

/// Connects to the data nodes. Each is examined at the first contact.
pub struct Connector {
    node: ConnectionInfo,
    pub limits: Limits,
    probe: Arc<Probe>,
}

impl Connector {
    pub fn new(node: &ConnectionInfo, limits: Limits, probe: Arc<Probe>) -> Self {
        Connector { node: node.clone(), limits, probe }
    }

    pub fn client(&self, (host, port): &Address) -> RedisResult<Client> {
        let address = ConnectionAddr::Tcp(host.clone(), *port);
        Client::open(self.node.clone().set_addr(address))
    }

    pub async fn connect(&self, client: &Client) -> RedisResult<MultiplexedConnection> {
        let connection = connect(client, self.limits.answer).await?;
        self.probe.look_over(client, &connection, self.limits.answer);
        Ok(connection)
    }

    /// [`Connector::connect`] for a task of its own.
    pub fn to(
        self: &Arc<Self>,
        address: &Address,
    ) -> impl Future<Output = RedisResult<MultiplexedConnection>> + Send + use<> {
        let (connector, client) = (self.clone(), self.client(address));
        async move { connector.connect(&client?).await }
    }
}

/// Without a time-out for answers: callers limit those themselves, and a second timer would cost every call.
pub async fn connect(client: &Client, limit: Duration) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new();
    let config = config.set_connection_timeout(Some(limit)).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// A connection and its age.
pub struct Live {
    pub connection: MultiplexedConnection,
    made_at: Instant,
    knows_no_hashes: AtomicBool,
}

impl Live {
    pub fn new(connection: MultiplexedConnection) -> Self {
        Live { connection, made_at: Instant::now(), knows_no_hashes: AtomicBool::new(false) }
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
        C: Future<Output = RedisResult<MultiplexedConnection>> + Send + 'static,
    {
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        let connecting = self.connecting.join(|| {
            let (live, connect) = (self.live.clone(), connect());
            async move {
                let fresh = Arc::new(Live::new(connect.await?));
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
