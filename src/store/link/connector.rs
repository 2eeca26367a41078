//! Connecting to a server: its credentials, and TLS by whichever of its names its certificate has.
//!
//! Owns: the time-outs, and that each server is examined under the address at which it really is.
//! Must not know: which server is the right one, what is asked of it, or which names count.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use redis::aio::MultiplexedConnection;
use redis::io::AsyncDNSResolver;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisFuture, RedisResult};

use super::fault::{is_wrong_name, with_user};
use super::names::{Accepts, Names};
use super::node::Live;
use super::observer::{Open, StoreObserver};
use super::passwords::Passwords;
use super::probe::Probe;
use super::standing::Standing;
use super::topology::{Address, Servers, node_at};

/// What our connections are called.
const CLIENT_NAME: &str = "vestibule";

#[derive(Clone, Copy)]
pub struct Limits {
    /// For one try to connect and get an answer.
    pub answer: Duration,
    /// Time to ask one of several servers about the topology. It leaves time for the others to answer.
    pub topology: Duration,
    /// The same where those that answered so quickly do not suffice.
    pub majority: Duration,
}

impl Limits {
    pub fn of(timeout: Duration) -> Self {
        Limits { answer: timeout, topology: timeout / 4, majority: timeout * 3 / 4 }
    }
}

/// Connects to the data nodes. Each is examined at the first contact.
pub struct Connector {
    node: ConnectionInfo,
    passwords: Passwords,
    names: Names,
    /// The last certificate of a server at a bare address had the name that the operator gave.
    has_seed_name: AtomicBool,
    pub limits: Limits,
    probe: Arc<Probe>,
    observer: Arc<dyn StoreObserver>,
}

impl Connector {
    pub fn new(
        servers: &Servers,
        limits: Limits,
        probe: Arc<Probe>,
        observer: Arc<dyn StoreObserver>,
    ) -> Self {
        let (node, passwords) = (servers.topology.node().clone(), Passwords::of(servers.password.clone()));
        let has_seed_name = AtomicBool::new(false);
        let names = Names::of(servers);
        Connector { node, passwords, names, has_seed_name, limits, probe, observer }
    }

    /// To the server that the settings themselves name.
    pub async fn connect_to_node(&self) -> RedisResult<Live> {
        self.open(&self.node(), self.node.clone(), None).await
    }

    pub async fn connect(&self, address: &Address) -> RedisResult<Live> {
        let server = node_at(&self.node, address).addr().to_string();
        match self.names.accepts(&address.0) {
            Accepts::Told => self.connect_by_told(&server, address).await,
            Accepts::AnybodyTold => {
                // Before it has the password, whatever becomes of the connection.
                self.probe.meet_stranger(&server);
                self.connect_by_told(&server, address).await
            }
            Accepts::ToldOr(seed) => self.connect_by_either(&server, address, seed).await,
            Accepts::Only(seed) => self.connect_by_seed(&server, address, seed).await,
        }
    }

    async fn connect_by_told(&self, server: &str, address: &Address) -> RedisResult<Live> {
        self.open(server, node_at(&self.node, address), None).await
    }

    async fn connect_by_seed(&self, server: &str, address: &Address, seed: &str) -> RedisResult<Live> {
        let at = address.0.parse::<IpAddr>().ok().map(|ip| Resolved(SocketAddr::new(ip, address.1)));
        self.open(server, node_at(&self.node, &(seed.to_owned(), address.1)), at).await
    }

    async fn connect_by_either(&self, server: &str, address: &Address, seed: &str) -> RedisResult<Live> {
        let by_address = || self.connect_by_told(server, address);
        let by_seed = || self.connect_by_seed(server, address, seed);
        let has_seed_name = self.has_seed_name.load(Ordering::Relaxed);
        let first = if has_seed_name { by_seed().await } else { by_address().await };
        if !first.as_ref().is_err_and(is_wrong_name) {
            return first;
        }
        let second = if has_seed_name { by_address().await } else { by_seed().await };
        if second.is_ok() {
            self.has_seed_name.store(!has_seed_name, Ordering::Relaxed);
        }
        // What the first one says names the server as the topology does.
        second.or(first)
    }

    /// [`Connector::connect`] for a task of its own. The work of connecting is on the heap: calls carry this future along, most
    /// of them never run it, and it would be most of what they are moved with.
    pub fn to(self: &Arc<Self>, address: &Address) -> impl Future<Output = RedisResult<Live>> + Send + use<> {
        let (connector, address) = (self.clone(), address.clone());
        async move { Box::pin(connector.connect(&address)).await }
    }

    /// What is known of the store.
    pub fn standing(&self) -> &Standing {
        &self.probe.standing
    }

    /// For the log.
    pub fn node(&self) -> String {
        self.node.addr().to_string()
    }

    /// `server`: where it is, whatever name its certificate has.
    async fn open(&self, server: &str, info: ConnectionInfo, at: Option<Resolved>) -> RedisResult<Live> {
        let opened = self.opened(info, at).await;
        let connection = opened.inspect_err(|_| {
            self.observer.connect_failed();
            self.probe.forget(server);
        })?;
        self.probe.look_over(server, &connection, self.limits.answer);
        Ok(Live::counted(connection, Open::begin(self.observer.clone())))
    }

    async fn opened(&self, info: ConnectionInfo, at: Option<Resolved>) -> RedisResult<MultiplexedConnection> {
        let client = self.passwords.client(info, self.limits.answer).await?;
        open(&client, at, self.limits.answer).await
    }
}

/// To a server that holds no data, such as a sentinel.
pub async fn connect(client: &Client, limit: Duration) -> RedisResult<MultiplexedConnection> {
    open(client, None, limit).await
}

/// Without a time-out for answers: callers limit those themselves, and a second timer would cost every call.
async fn open(client: &Client, at: Option<Resolved>, limit: Duration) -> RedisResult<MultiplexedConnection> {
    let mut config = AsyncConnectionConfig::new();
    config = config.set_connection_timeout(Some(limit)).set_response_timeout(None);
    if let Some(at) = at {
        config = config.set_dns_resolver(at);
    }
    let connection = client.get_multiplexed_async_connection_with_config(&config).await;
    let connection = connection.map_err(|error| with_user(error, client.get_connection_info()))?;
    name(connection.clone(), limit);
    Ok(connection)
}

/// Whoever looks at `CLIENT LIST` sees whose the connection is. Nobody waits for it, and a refusal costs nothing.
/// A server that never answers must not keep the connection open: so for this long at most.
fn name(mut connection: MultiplexedConnection, limit: Duration) {
    tokio::spawn(async move {
        let mut command = redis::cmd("CLIENT");
        let named = command.arg("SETNAME").arg(CLIENT_NAME).query_async::<()>(&mut connection);
        let _ = tokio::time::timeout(limit, named).await;
    });
}

/// Where a name leads, without asking anybody.
struct Resolved(SocketAddr);

impl AsyncDNSResolver for Resolved {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        _host: &'b str,
        _port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        let at: Box<dyn Iterator<Item = SocketAddr> + Send> = Box::new(std::iter::once(self.0));
        std::future::ready(Ok(at)).boxed()
    }
}
