//! A primary with two replicas under three sentinels, and its failovers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::support::redis_server::RedisServer;
use crate::support::sentinel_set::SentinelSet;
use crate::topology::Topology;

const PRIMARY_KILLED: &str = "SIGKILL of the primary, failover";
const PRIMARY_STOPPED: &str = "SIGSTOP of the primary, failover, SIGCONT";
const FAILOVER: &str = "SENTINEL FAILOVER";
const REPLICA_KILLED: &str = "SIGKILL of a replica";
const SENTINEL_KILLED: &str = "SIGKILL of a sentinel";

pub struct Sentinels {
    set: SentinelSet,
    /// The replication ID after the last fault.
    epoch: Mutex<Option<String>>,
    /// Whether the last fault brought another one. Soon after a failover the sentinels may make another of their own
    /// accord: so it is seen, and not told by the fault's name.
    has_failed_over: AtomicBool,
}

impl Sentinels {
    pub fn start() -> Self {
        let set = SentinelSet::start_with(2, &["--appendonly", "yes", "--appendfsync", "no"]);
        let epoch = Mutex::new(epoch_of(&set));
        Sentinels { set, epoch, has_failed_over: AtomicBool::new(false) }
    }

    fn a_replica(&self) -> &RedisServer {
        let primary = self.set.primary().port();
        self.set.nodes.iter().find(|node| node.port() != primary).expect("two of three are replicas")
    }
}

fn epoch_of(set: &SentinelSet) -> Option<String> {
    set.primary().info("replication", "master_replid")
}

#[async_trait]
impl Topology for Sentinels {
    fn name(&self) -> &'static str {
        "sentinel"
    }

    fn url(&self) -> String {
        self.set.url()
    }

    /// All of them: Sentinel may promote the one that has not answered yet.
    fn configuration(&self) -> String {
        "store.wait_replicas = 2".to_owned()
    }

    fn faults(&self) -> Vec<&'static str> {
        vec![PRIMARY_KILLED, PRIMARY_STOPPED, FAILOVER, REPLICA_KILLED, SENTINEL_KILLED]
    }

    async fn suffer(&self, fault: &'static str, lasting: Duration) {
        tokio::task::block_in_place(|| match fault {
            PRIMARY_KILLED => {
                let primary = self.set.primary();
                primary.kill();
                self.set.wait_for_another_primary_than(primary.port());
                primary.start_again();
            }
            PRIMARY_STOPPED => {
                let primary = self.set.primary();
                primary.pause();
                self.set.wait_for_another_primary_than(primary.port());
                primary.go_on();
            }
            FAILOVER => {
                self.set.fail_over();
            }
            REPLICA_KILLED => {
                let replica = self.a_replica();
                replica.kill();
                std::thread::sleep(lasting);
                replica.start_again();
            }
            _ => {
                let sentinel = &self.set.sentinels[2];
                sentinel.kill();
                std::thread::sleep(lasting);
                sentinel.start_again();
            }
        });
        tokio::task::block_in_place(|| {
            self.set.wait_until_all_agree();
            let epoch = epoch_of(&self.set);
            let mut last = self.epoch.lock().expect("no panic");
            self.has_failed_over.store(*last != epoch, Ordering::SeqCst);
            *last = epoch;
        });
    }

    fn fences(&self, _fault: &'static str) -> bool {
        self.has_failed_over.load(Ordering::SeqCst)
    }

    /// Sentinel tells the old primary seconds after the new one.
    fn splits(&self, fault: &'static str) -> bool {
        fault != PRIMARY_KILLED && self.has_failed_over.load(Ordering::SeqCst)
    }
}
