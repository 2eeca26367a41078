//! One server: its two connections and how a call is made on them.
//!
//! Owns: connecting, time-outs, dropping a connection that failed, `WAIT`. The shared connection is multiplexed;
//! the waiting one serves one call at a time, as `WAIT` blocks what comes after it.
//! Must not know: which server is the right one.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, RedisResult,
    ServerErrorKind, Value,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::call::{Call, Replicas};
use super::probe::Probe;

/// Host and port.
pub type Address = (String, u16);

#[derive(Clone, Copy)]
pub struct Limits {
    /// For one try to connect and get an answer.
    pub answer: Duration,
    /// For asking one of several servers about the topology, so that the others' answers still come in time.
    pub topology: Duration,
}

impl Limits {
    pub fn of(timeout: Duration) -> Self {
        Limits { answer: timeout, topology: timeout / 4 }
    }
}

/// Connects to the data nodes; each is looked over at the first contact.
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
        self.probe.look_over(client, &connection);
        Ok(connection)
    }
}

/// Callers limit the answers themselves: a time-out of the library's own would be a second timer for every call.
pub async fn connect(client: &Client, limit: Duration) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new();
    let config = config.set_connection_timeout(Some(limit)).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// A connection that is made when it is needed, by one caller for all.
#[derive(Default)]
pub struct Lane {
    live: ArcSwapOption<MultiplexedConnection>,
    connecting: Mutex<()>,
}

impl Lane {
    /// The live connection, or a new one by the deadline.
    pub async fn get<C: Future<Output = RedisResult<MultiplexedConnection>>>(
        &self,
        deadline: Instant,
        connect: impl FnOnce() -> C,
    ) -> RedisResult<Arc<MultiplexedConnection>> {
        if let Some(live) = self.live.load_full() {
            return Ok(live);
        }
        // On the heap: the state of connecting is large, and every call would carry its place along.
        Box::pin(by(deadline, async {
            let _one_at_a_time = self.connecting.lock().await;
            if let Some(live) = self.live.load_full() {
                return Ok(live);
            }
            let fresh = Arc::new(connect().await?);
            self.live.store(Some(fresh.clone()));
            Ok(fresh)
        }))
        .await
    }

    /// The next caller connects anew, unless another has done so already.
    pub fn forget(&self, used: &Arc<MultiplexedConnection>) {
        self.live.compare_and_swap(used, None);
    }

    pub fn forget_any(&self) {
        self.live.store(None);
    }
}

/// The connections to one server.
#[derive(Default)]
pub struct Lanes {
    shared: Lane,
    waiting: Lane,
    turn: Mutex<()>,
}

impl Lanes {
    /// Makes a call within a limit. `connect` is used where there is no connection yet. `asking`: the server is about
    /// to get the key's slot from another one.
    pub async fn attempt<C: Future<Output = RedisResult<MultiplexedConnection>>>(
        &self,
        limit: Duration,
        connect: impl FnOnce() -> C,
        call: &Call<'_>,
        replicas: Option<Replicas<'_>>,
        asking: bool,
    ) -> RedisResult<Value> {
        let deadline = Instant::now() + limit;
        let Some(replicas) = replicas else {
            return on(&self.shared, deadline, connect, call, asking).await.map(|(_, value)| value);
        };
        let _turn = by(deadline, async { Ok(self.turn.lock().await) }).await?;
        let (connection, value) = on(&self.waiting, deadline, connect, call, asking).await?;
        let count = replicas(&value);
        if count > 0 {
            let mut blocked = Blocked { lane: &self.waiting, connection: &connection, is_blocked: true };
            within(limit * 5 / 4, wait(&connection, count, limit)).await?;
            blocked.is_blocked = false;
        }
        Ok(value)
    }

    /// When another server has become the right one.
    pub fn forget(&self) {
        self.shared.forget_any();
        self.waiting.forget_any();
    }
}

/// A connection may go on waiting after its caller has given up, and must not serve another one then.
struct Blocked<'a> {
    lane: &'a Lane,
    connection: &'a Arc<MultiplexedConnection>,
    is_blocked: bool,
}

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        if self.is_blocked {
            self.lane.forget(self.connection);
        }
    }
}

/// Connecting and answering together have one limit.
async fn on<C: Future<Output = RedisResult<MultiplexedConnection>>>(
    lane: &Lane,
    deadline: Instant,
    connect: impl FnOnce() -> C,
    call: &Call<'_>,
    asking: bool,
) -> RedisResult<(Arc<MultiplexedConnection>, Value)> {
    let connection = lane.get(deadline, connect).await?;
    let result = by(deadline, send(&connection, call, asking)).await;
    if result.as_ref().is_err_and(needs_another_connection) {
        lane.forget(&connection);
    }
    result.map(|value| (connection, value))
}

/// A time-out looks like a broken connection.
pub async fn within<T>(limit: Duration, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    by(Instant::now() + limit, work).await
}

async fn by<T>(deadline: Instant, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match tokio::time::timeout_at(deadline, work).await {
        Ok(result) => result,
        Err(_) => Err(RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))),
    }
}

async fn send(connection: &MultiplexedConnection, call: &Call<'_>, asking: bool) -> RedisResult<Value> {
    match call {
        Call::Command { command, .. } => query(connection, command, asking).await,
        Call::Script(script) => {
            let result = query(connection, &script.by_hash(), asking).await;
            match result {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    query(connection, &script.with_source(), asking).await
                }
                Ok(_) | Err(_) => result,
            }
        }
    }
}

async fn query(connection: &MultiplexedConnection, command: &Cmd, asking: bool) -> RedisResult<Value> {
    let mut connection = MultiplexedConnection::clone(connection);
    if !asking {
        return command.query_async(&mut connection).await;
    }
    // Holds for the very next command only, and others send on this connection too: both as one.
    let mut both = redis::pipe();
    both.cmd("ASKING").add_command(command.clone());
    let mut answers = connection.req_packed_commands(&both, 1, 1).await?;
    answers.pop().unwrap_or(Value::Nil).extract_error()
}

async fn wait(connection: &MultiplexedConnection, count: u64, limit: Duration) -> RedisResult<()> {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    let mut command = redis::cmd("WAIT");
    command.arg(count).arg(limit_ms);
    let acknowledged: u64 = command.query_async(&mut MultiplexedConnection::clone(connection)).await?;
    if acknowledged >= count {
        return Ok(());
    }
    let detail = format!("{acknowledged} of {count}");
    Err(RedisError::from((ErrorKind::Client, "too few replicas acknowledged it in time", detail)))
}

/// Broken, silent, or the server has become a replica or is about to.
pub fn needs_another_connection(error: &RedisError) -> bool {
    let by_code = matches!(error.code(), Some("READONLY" | "MASTERDOWN" | "LOADING" | "UNBLOCKED"));
    // Redis 6.2 tells what a script met in the words of an ERR.
    by_code || error.is_io_error() || error.detail().is_some_and(|detail| detail.contains("-READONLY "))
}
