//! The faults of one Redis, caused for real: on the process, by its own commands, or on the wire before it.

use std::time::Duration;

use redis::Connection;

use super::faulty_proxy::FaultyProxy;
use super::redis_server::{RedisServer, wait_until};

/// Longer than the gateway's time-out: whatever is this late has failed.
const LATENCY: Duration = Duration::from_secs(2);
/// Slow enough to be met while it loads, quick enough to wait for: microseconds for a key.
const LOADING_PACE_US: &str = "1000";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisFault {
    /// `SIGKILL`; the same data after the start, from its append-only file.
    Killed,
    /// `SIGKILL`, and a start that takes its time: `LOADING`.
    Loading,
    /// `SIGSTOP`.
    Stopped,
    /// `CLIENT PAUSE`.
    Paused,
    /// A script of somebody else that does not end: `BUSY`.
    Busy,
    /// `maxmemory` reached: `OOM`.
    OutOfMemory,
    /// Made a replica: `READONLY`.
    ReadOnly,
    /// A replica that lost its primary and serves nothing: `MASTERDOWN`.
    MasterDown,
    /// `min-replicas-to-write` not met: `NOREPLICAS`.
    NoReplicas,
    /// All connections closed, and no new one accepted: `max number of clients reached`.
    NoConnections,
    /// `SCRIPT FLUSH`: `NOSCRIPT`.
    ScriptsForgotten,
    /// Connections that pass nothing and are not closed.
    HalfOpen,
    /// Two seconds each way.
    Late,
}

/// A Redis with the proxy before it.
pub struct FaultyRedis {
    pub server: RedisServer,
    pub proxy: FaultyProxy,
}

impl FaultyRedis {
    /// Every write is in its file before it is acknowledged (`no`: the kernel puts it on disk in its time): a
    /// kill loses nothing, so whatever is lost is our fault.
    pub async fn start(marker: &'static [u8]) -> Self {
        let append = ["--appendonly", "yes", "--appendfsync", "no"];
        let server = RedisServer::start_with(&append);
        let proxy = FaultyProxy::start(server.port(), marker).await;
        FaultyRedis { server, proxy }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.proxy.port)
    }

    fn admin(&self) -> Connection {
        self.server.connect().expect("redis answers")
    }

    pub fn run(&self, command: &str) {
        self.server.command(&command.split(' ').collect::<Vec<_>>());
    }

    /// How many changes Redis has made since it started.
    pub fn writes(&self) -> u64 {
        let count = self.server.info("persistence", "rdb_changes_since_last_save");
        count.and_then(|count| count.parse().ok()).expect("a count of changes")
    }

    /// From the return on, the fault is on until it is healed.
    pub fn cause(&self, fault: RedisFault) -> Caused<'_> {
        let mut held = None;
        match fault {
            RedisFault::Killed => self.server.kill(),
            RedisFault::Loading => self.load_slowly(),
            RedisFault::Stopped => self.server.signal("-STOP"),
            // It ends by itself: CLIENT UNPAUSE would have to wait too.
            RedisFault::Paused => self.run("CLIENT PAUSE 3000 ALL"),
            RedisFault::Busy => self.occupy(),
            RedisFault::OutOfMemory => self.run("CONFIG SET maxmemory 1"),
            // Nothing listens there.
            RedisFault::ReadOnly => self.run("REPLICAOF 127.0.0.1 1"),
            RedisFault::MasterDown => {
                self.run("CONFIG SET replica-serve-stale-data no");
                self.run("REPLICAOF 127.0.0.1 1");
            }
            RedisFault::NoReplicas => self.run("CONFIG SET min-replicas-to-write 1"),
            RedisFault::NoConnections => held = Some(self.take_all_connections()),
            RedisFault::ScriptsForgotten => self.run("SCRIPT FLUSH"),
            RedisFault::HalfOpen => self.proxy.fall_silent(),
            RedisFault::Late => self.proxy.delay(LATENCY),
        }
        Caused { redis: self, fault, held }
    }

    /// What is in the append-only file's base is loaded key by key, and Redis answers meanwhile.
    fn load_slowly(&self) {
        let fill =
            "for i = 1, 1500 do redis.call('SET', 'filler:' .. i, string.rep('x', 100), 'PX', 60000) end";
        redis::cmd("EVAL").arg(fill).arg(0).exec(&mut self.admin()).expect("it is filled");
        self.run("BGREWRITEAOF");
        wait_until("the file is rewritten", || {
            let is = |field, value: &str| self.server.info("persistence", field).as_deref() == Some(value);
            is("aof_rewrite_in_progress", "0") && is("aof_rewrite_scheduled", "0")
        });
        self.server.kill();
        let pace = ["--key-load-delay", LOADING_PACE_US, "--loading-process-events-interval-bytes", "1024"];
        self.server.spawn_with(&pace);
    }

    /// A script that runs until it is killed, by a client that does not wait for it.
    fn occupy(&self) {
        self.run("CONFIG SET lua-time-limit 50");
        let script = redis::cmd("EVAL").arg("while true do end").arg(0).get_packed_command();
        self.admin().send_packed_command(&script).expect("redis reads");
    }

    /// The connection that fills Redis up, all others being closed.
    fn take_all_connections(&self) -> Connection {
        let mut admin = self.admin();
        redis::cmd("CONFIG").arg(&["SET", "maxclients", "1"]).exec(&mut admin).expect("it is set");
        redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal"]).exec(&mut admin).expect("they are closed");
        admin
    }
}

/// A fault that is on.
pub struct Caused<'a> {
    redis: &'a FaultyRedis,
    fault: RedisFault,
    held: Option<Connection>,
}

impl Caused<'_> {
    /// From the return on, Redis serves as before.
    pub fn heal(self) {
        let redis = self.redis;
        match self.fault {
            RedisFault::Killed => redis.server.start_again(),
            RedisFault::Loading | RedisFault::Paused => redis.server.wait_until_it_answers(),
            RedisFault::Stopped => redis.server.signal("-CONT"),
            RedisFault::Busy => redis.run("SCRIPT KILL"),
            RedisFault::OutOfMemory => redis.run("CONFIG SET maxmemory 0"),
            RedisFault::ReadOnly => redis.run("REPLICAOF NO ONE"),
            RedisFault::MasterDown => {
                redis.run("REPLICAOF NO ONE");
                redis.run("CONFIG SET replica-serve-stale-data yes");
            }
            RedisFault::NoReplicas => redis.run("CONFIG SET min-replicas-to-write 0"),
            RedisFault::NoConnections => {
                let mut admin = self.held.expect("it is held");
                redis::cmd("CONFIG").arg(&["SET", "maxclients", "5000"]).exec(&mut admin).expect("it is set");
            }
            RedisFault::ScriptsForgotten => (),
            RedisFault::HalfOpen => redis.proxy.speak_again(),
            RedisFault::Late => redis.proxy.delay(Duration::ZERO),
        }
    }
}

impl RedisFault {
    /// Whether live sessions are still found while it is on.
    pub fn leaves_reads(self) -> bool {
        match self {
            RedisFault::OutOfMemory
            | RedisFault::ReadOnly
            | RedisFault::NoReplicas
            | RedisFault::ScriptsForgotten => true,
            RedisFault::Killed
            | RedisFault::Loading
            | RedisFault::Stopped
            | RedisFault::Paused
            | RedisFault::Busy
            | RedisFault::MasterDown
            | RedisFault::NoConnections
            | RedisFault::HalfOpen
            | RedisFault::Late => false,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            RedisFault::Killed => "SIGKILL",
            RedisFault::Loading => "SIGKILL and LOADING",
            RedisFault::Stopped => "SIGSTOP",
            RedisFault::Paused => "CLIENT PAUSE",
            RedisFault::Busy => "BUSY",
            RedisFault::OutOfMemory => "OOM",
            RedisFault::ReadOnly => "READONLY",
            RedisFault::MasterDown => "MASTERDOWN",
            RedisFault::NoReplicas => "NOREPLICAS",
            RedisFault::NoConnections => "maxclients",
            RedisFault::ScriptsForgotten => "SCRIPT FLUSH",
            RedisFault::HalfOpen => "half-open connections",
            RedisFault::Late => "2 s of latency",
        }
    }

    /// Whether Redis has another replication ID after it.
    pub fn fences(self) -> bool {
        match self {
            RedisFault::Killed | RedisFault::Loading | RedisFault::ReadOnly | RedisFault::MasterDown => true,
            RedisFault::Stopped
            | RedisFault::Paused
            | RedisFault::Busy
            | RedisFault::OutOfMemory
            | RedisFault::NoReplicas
            | RedisFault::NoConnections
            | RedisFault::ScriptsForgotten
            | RedisFault::HalfOpen
            | RedisFault::Late => false,
        }
    }
}
