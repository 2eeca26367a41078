//! A Redis Cluster of real processes on free ports, with its slots in equal parts.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::redis_server::{FAST_REPLICATION, RedisServer, free_port, scheme_and_hosts, wait_until};
use super::redis_tls::Tls;

const SLOTS: usize = 16_384;

pub struct RedisCluster {
    /// First the masters, then the replicas in the same order.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Three masters with a replica each.
    pub fn start() -> Self {
        Self::start_with(3, 1, &[])
    }

    /// With so many masters, so many replicas each, and further arguments of every node.
    pub fn start_with(masters: usize, replicas_each: usize, arguments: &[&str]) -> Self {
        Self::start_by(masters, replicas_each, arguments, None)
    }

    /// The same by TLS.
    pub fn start_by(
        masters: usize,
        replicas_each: usize,
        arguments: &[&str],
        tls: Option<&Arc<Tls>>,
    ) -> Self {
        let ports: Vec<u16> = (0..masters * (1 + replicas_each)).map(|_| free_cluster_port()).collect();
        let by_tls = if tls.is_some() { &["--tls-cluster", "yes"][..] } else { &[] };
        let arguments = [by_tls, arguments].concat();
        let nodes: Vec<RedisServer> =
            (0..ports.len()).map(|at| node(at, &ports, masters, &arguments).with_tls(tls)).collect();
        for node in &nodes {
            node.spawn();
        }
        let cluster = RedisCluster { nodes };
        cluster.wait_until_whole();
        cluster
    }

    /// Until every node takes the cluster for whole and every replica is in step.
    pub fn wait_until_whole(&self) {
        for node in &self.nodes {
            node.wait_until("the cluster is whole", |redis| {
                let info: String = redis::cmd("CLUSTER").arg("INFO").query(redis).unwrap_or_default();
                let replication: String =
                    redis::cmd("INFO").arg("replication").query(redis).unwrap_or_default();
                let in_step =
                    replication.contains("role:master") || replication.contains("master_link_status:up");
                info.contains("cluster_state:ok") && in_step
            });
        }
    }

    /// For `store.url`.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// With credentials, such as `user:password@`.
    pub fn url_with(&self, credentials: &str) -> String {
        let (scheme, nodes) = scheme_and_hosts(&self.nodes);
        format!("{scheme}+cluster://{credentials}{nodes}")
    }

    /// The master that has the slot of a key now, as the others see it.
    pub fn master_of(&self, key: &str) -> &RedisServer {
        let slot = self.slot_of(key);
        let mut found = None;
        let asked_at = Instant::now();
        wait_until("some node has the slot", || {
            found = self.nodes.iter().find(|node| node.is_running() && owns(node, slot));
            if found.is_none() && asked_at.elapsed() > Duration::from_secs(3) {
                self.adopt(slot);
            }
            found.is_some()
        });
        found.expect("it was found")
    }

    /// After a move on a busy machine either of two masters may take a slot for the other's: then it is nobody's
    /// until somebody decides. The one that has its keys gets it.
    fn adopt(&self, slot: u16) {
        let text = slot.to_string();
        let keys = |node: &RedisServer| {
            redis::from_redis_value::<u64>(node.command(&["CLUSTER", "COUNTKEYSINSLOT", &text])).unwrap_or(0)
        };
        let Some(heir) = self.masters().max_by_key(|node| keys(node)) else { return };
        let id = id_of(heir);
        for node in [heir].into_iter().chain(self.masters().filter(|node| node.port() != heir.port())) {
            node.command(&["CLUSTER", "SETSLOT", &text, "NODE", &id]);
        }
    }

    pub fn slot_of(&self, key: &str) -> u16 {
        let node = self.nodes.iter().find(|node| node.is_running()).expect("a node runs");
        let mut redis = node.connect().expect("the node answers");
        redis::cmd("CLUSTER").arg("KEYSLOT").arg(key).query(&mut redis).expect("a slot")
    }

    /// The first half of a slot's move: from now on keys are on either side.
    pub fn begin_to_move(&self, slot: u16, from: &RedisServer, to: &RedisServer) {
        // Again where a node has not heard yet that the other one is a master.
        let set = |node: &RedisServer, direction: &str, other: &RedisServer| {
            let id = id_of(other);
            node.wait_until("a slot may move", |redis| {
                let mut set = redis::cmd("CLUSTER");
                set.arg("SETSLOT").arg(slot).arg(direction).arg(&id).exec(redis).is_ok()
            });
        };
        set(to, "IMPORTING", from);
        set(from, "MIGRATING", to);
    }

    /// Moves up to so many keys of a slot; how many are left behind.
    pub fn move_keys(&self, slot: u16, from: &RedisServer, to: &RedisServer, count: usize) -> usize {
        let mut redis = from.connect().expect("the node answers");
        let keys: Vec<String> = redis::cmd("CLUSTER")
            .arg("GETKEYSINSLOT")
            .arg(slot)
            .arg(count)
            .query(&mut redis)
            .expect("the slot's keys");
        for key in keys {
            // Again where the other node takes the cluster for broken, as it may on a busy machine.
            wait_until("a key has moved", || {
                let mut migrate = redis::cmd("MIGRATE");
                migrate.arg("127.0.0.1").arg(to.port()).arg(&key).arg(0).arg(5_000).exec(&mut redis).is_ok()
            });
        }
        redis::cmd("CLUSTER").arg("COUNTKEYSINSLOT").arg(slot).query(&mut redis).expect("a count")
    }

    /// The second half: the slot belongs to the other node.
    pub fn end_move(&self, slot: u16, from: &RedisServer, to: &RedisServer) {
        let (slot, to_id) = (slot.to_string(), id_of(to));
        to.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        from.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
    }

    /// Before the next failover: a replica that does not know of a move would claim the slot for itself, empty, where
    /// it takes its master's place.
    pub fn wait_until_all_know_of_move(&self, slot: u16, to: &RedisServer) {
        let to_id = id_of(to);
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            node.wait_until("it knows of the move", |redis| {
                let nodes: String = redis::cmd("CLUSTER").arg("NODES").query(redis).unwrap_or_default();
                nodes.lines().any(|line| line.starts_with(&to_id) && has_slot(line, slot))
            });
        }
    }

    /// Until a master has the key's slot that is none of the paused or killed ones.
    pub fn wait_for_another_master_of(&self, key: &str, port: u16) -> &RedisServer {
        let slot = self.slot_of(key);
        let found =
            || self.nodes.iter().find(|node| node.port() != port && node.is_running() && owns(node, slot));
        wait_until("another node has the slot", || found().is_some());
        found().expect("it was found")
    }

    /// A failover in good order: replica and master change places. Where the others side with the master, all
    /// give up after five seconds, in which it takes no writes; the replica is then told again.
    pub fn fail_over(&self, key: &str, master: &RedisServer) {
        let port = master.port().to_string();
        let is_its_replica =
            |node: &&RedisServer| node.info("replication", "master_port").as_deref() == Some(&port);
        let replica = self.nodes.iter().find(is_its_replica).expect("it has a replica");
        let slot = self.slot_of(key);
        let mut told_at = None::<Instant>;
        wait_until("the replica has the slot", || {
            if told_at.is_none_or(|at| at.elapsed() > Duration::from_secs(6)) {
                replica.command(&["CLUSTER", "FAILOVER"]);
                told_at = Some(Instant::now());
            }
            owns(replica, slot) && master.info("replication", "role").as_deref() == Some("slave")
        });
    }

    /// Those that are masters now.
    pub fn masters(&self) -> impl Iterator<Item = &RedisServer> {
        let running = self.nodes.iter().filter(|node| node.is_running());
        running.filter(|node| node.info("replication", "role").as_deref() == Some("master"))
    }

    /// Lets time pass for everything that is stored.
    pub fn forward(&self, by: Duration) {
        self.masters().for_each(|node| node.forward(by));
    }

    /// Every key of every master.
    pub fn keys(&self) -> Vec<String> {
        self.masters().flat_map(RedisServer::keys).collect()
    }
}

fn owns(node: &RedisServer, slot: u16) -> bool {
    let Ok(mut redis) = node.connect() else { return false };
    let nodes: String = redis::cmd("CLUSTER").arg("NODES").query(&mut redis).unwrap_or_default();
    nodes.lines().any(|line| line.contains("myself,master") && has_slot(line, slot))
}

/// By a line of `CLUSTER NODES`.
fn has_slot(line: &str, slot: u16) -> bool {
    line.split(' ').skip(8).filter(|range| !range.starts_with('[')).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bounds = (first.parse::<u16>().unwrap_or(u16::MAX), last.parse::<u16>().unwrap_or(0));
        (bounds.0..=bounds.1).contains(&slot)
    })
}

fn id_of(node: &RedisServer) -> String {
    let mut redis = node.connect().expect("the node answers");
    redis::cmd("CLUSTER").arg("MYID").query(&mut redis).expect("an id")
}

/// Each node finds in its file what the cluster would else have to agree on in seconds.
fn node(at: usize, ports: &[u16], masters: usize, arguments: &[&str]) -> RedisServer {
    let id = |at: usize| format!("{:040x}", at + 1);
    let mut lines = Vec::new();
    for (other, port) in ports.iter().enumerate() {
        let myself = if other == at { "myself," } else { "" };
        let address = format!("127.0.0.1:{port}@{}", port + 10_000);
        let epoch = other % masters + 1;
        let role = if other < masters {
            let (first, end) = (SLOTS * other / masters, SLOTS * (other + 1) / masters);
            format!("{myself}master - 0 0 {epoch} connected {first}-{}", end - 1)
        } else {
            format!("{myself}slave {} 0 0 {epoch} connected", id(other % masters))
        };
        lines.push(format!("{} {address} {role}", id(other)));
    }
    lines.push(format!("vars currentEpoch {masters} lastVoteEpoch 0\n"));
    let directory = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(directory.path().join("nodes.conf"), lines.join("\n")).expect("a file is written");
    let fixed = [
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "1000",
        "--cluster-replica-validity-factor",
        "0",
    ];
    RedisServer::not_yet_started(directory, ports[at], &[&fixed[..], &FAST_REPLICATION, arguments].concat())
}

/// The nodes of a cluster speak to one another on a port that is higher by 10,000.
fn free_cluster_port() -> u16 {
    loop {
        let port = free_port();
        if port < u16::MAX - 10_000 && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok() {
            return port;
        }
    }
}
