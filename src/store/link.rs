//! The link of one worker thread to Redis.
//!
//! Owns: that calls are made again, in all topologies alike, and one deadline for all waits of an operation.
//! `link/` has the ways to reach the primary: one server, with or without sentinels, or the nodes of a cluster. Each
//! worker has a link of its own: a shared one would cost every request two wake-ups of other threads, and a pool of
//! connections would lose pipelining.
//! Must not know: sessions, or what a script does.

mod absence;
mod asking;
mod call;
mod cluster;
mod connector;
mod dissent;
mod fault;
#[cfg(test)]
mod fault_tests;
mod fixed;
mod flight;
mod idle;
mod lanes;
mod names;
mod node;
mod observer;
mod passwords;
mod probe;
mod quorum;
mod rounds;
mod sentinel;
mod spell;
mod standing;
mod topology;
mod tries;

use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, ParsingError, RedisError, Value};
use tokio::time::Instant;

pub use self::call::{Call, Replicas};
use self::cluster::Cluster;
pub use self::cluster::spread_tags;
use self::connector::{Connector, Limits};
use self::fault::{explain, kind_of};
use self::fixed::Fixed;
use self::lanes::Attempt;
use self::observer::CallUnderWay;
pub use self::observer::{FailureKind, OPERATIONS, StoreObserver};
use self::passwords::Passwords;
pub use self::probe::Probe;
use self::sentinel::{Sentinels, watch};
pub use self::standing::Standing;
pub use self::topology::{PasswordSource, Servers, Topology, node_at};
use self::tries::Tries;
use crate::domain::ports::StoreError;

/// The only difference between the topologies.
enum Route {
    Fixed(Fixed),
    Sentinels(Arc<Sentinels>),
    Cluster(Cluster),
}

impl Route {
    /// For the log: who is asked for this key.
    fn server_of(&self, key: &[u8]) -> String {
        match self {
            Route::Fixed(fixed) => fixed.server(),
            Route::Sentinels(sentinels) => sentinels.server(),
            Route::Cluster(cluster) => cluster.server_of(key),
        }
    }
}

/// When an operation must have its answer, however many calls it makes.
#[derive(Clone, Copy)]
pub struct Deadline(Instant);

/// Mends itself.
pub struct RedisLink {
    route: Route,
    /// For one try.
    timeout: Duration,
    observer: Arc<dyn StoreObserver>,
    probe: Arc<Probe>,
}

impl RedisLink {
    /// Connects at the first use. Must be made on the tokio runtime that will use it.
    pub fn new(
        servers: &Servers,
        timeout: Duration,
        probe: Arc<Probe>,
        observer: Arc<dyn StoreObserver>,
    ) -> Self {
        let topology = &servers.topology;
        let connector = Connector::new(servers, Limits::of(timeout), probe.clone(), observer.clone());
        let route = match topology {
            Topology::Single(_) => Route::Fixed(Fixed::new(connector)),
            Topology::Sentinel { sentinels, password, master, .. } => {
                let passwords = Passwords::of(password.clone());
                let sentinels = Sentinels::new(sentinels.clone(), passwords, master.clone(), connector);
                watch(&sentinels);
                Route::Sentinels(sentinels)
            }
            Topology::Cluster { nodes, .. } => Route::Cluster(Cluster::new(nodes.clone(), connector)),
        };
        RedisLink { route, timeout, observer, probe }
    }

    /// What is known of the store.
    pub fn standing(&self) -> &Standing {
        &self.probe.standing
    }

    /// Whether users are on different servers.
    pub fn has_many_masters(&self) -> bool {
        match self.route {
            Route::Cluster(_) => true,
            Route::Fixed(_) | Route::Sentinels(_) => false,
        }
    }

    /// The deadline of an operation that begins now: time for two tries.
    pub fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.timeout * 2)
    }

    /// The same for one that also waits for replicas: twice that time.
    pub fn deadline_with_wait(&self) -> Deadline {
        Deadline(Instant::now() + self.timeout * 4)
    }

    /// Makes a call. Makes it once more if the answer did not come in time or the server is no longer the primary, and some
    /// times if the connection was lost.
    pub async fn call<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: Call<'_>,
        deadline: Deadline,
    ) -> Result<T, StoreError> {
        self.make(name, &call, None, deadline).await
    }

    /// Like [`RedisLink::call`], for what a caller can do without: it gives up after this time. That breaks off nothing, so
    /// no connection suffers, and what was asked may still be done.
    pub async fn call_briefly<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: Call<'_>,
        patience: Duration,
    ) -> Result<T, StoreError> {
        let made = tokio::time::timeout(patience, self.call(name, call, self.deadline())).await;
        made.unwrap_or_else(|_| {
            self.observer.call_done(name, patience, Some(FailureKind::Timeout));
            Err(StoreError::Unavailable(format!("{name} took too long to wait for")))
        })
    }

    /// Like [`RedisLink::call`], but answers only once this many replicas have what it wrote. Otherwise it is an
    /// outage, and a repeat waits again. It uses a connection of its own, because `WAIT` blocks everything sent after
    /// it.
    pub async fn call_and_wait<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: Call<'_>,
        replicas: Replicas<'_>,
        deadline: Deadline,
    ) -> Result<T, StoreError> {
        self.make(name, &call, Some(replicas), deadline).await
    }

    async fn make<T: FromRedisValue>(
        &self,
        name: &'static str,
        call: &Call<'_>,
        replicas: Option<Replicas<'_>>,
        deadline: Deadline,
    ) -> Result<T, StoreError> {
        debug_assert!(OPERATIONS.contains(&name), "{name} is not counted from 0");
        let _under_way = CallUnderWay::begin(self.observer.as_ref());
        let started_at = Instant::now();
        let (mut tries, mut now) = (Tries::default(), started_at);
        let result = loop {
            let result = self.attempt(call, replicas, deadline, now).await;
            let Err(error) = &result else { break result };
            if !tries.go_on_after(error, deadline.0).await {
                break result;
            }
            now = Instant::now();
        };
        let result = result.map_err(|error| (kind_of(&error), explain(&error)));
        let result = result.and_then(|value| {
            let unreadable =
                |error: ParsingError| (FailureKind::Unreadable, StoreError::Corrupt(error.to_string()));
            T::from_redis_value(value).map_err(unreadable)
        });
        let failure = result.as_ref().err().map(|(kind, _)| *kind);
        self.observer.call_done(name, started_at.elapsed(), failure);
        match &result {
            Ok(_) => self.standing().answered(),
            Err((_, error)) => self.standing().failed(name, || self.route.server_of(call.key()), error),
        }
        result.map_err(|(_, error)| error)
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        replicas: Option<Replicas<'_>>,
        deadline: Deadline,
        now: Instant,
    ) -> Result<Value, RedisError> {
        let attempt = Attempt {
            call,
            replicas,
            deadline: deadline.0.min(now + self.timeout),
            patience: self.timeout,
            end: deadline.0,
            standing: self.standing(),
            asking: false,
        };
        match &self.route {
            Route::Fixed(fixed) => fixed.attempt(&attempt).await.inspect_err(|error| {
                if error.code() == Some("MOVED") {
                    self.standing().note_move();
                }
            }),
            Route::Sentinels(sentinels) => sentinels.attempt(&attempt).await,
            Route::Cluster(cluster) => cluster.attempt(&attempt).await,
        }
    }
}
