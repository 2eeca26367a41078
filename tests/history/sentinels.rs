//! A primary with two replicas under three sentinels, and its failovers.

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

pub struct Sentinels(SentinelSet);

impl Sentinels {
    pub fn start() -> Self {
        Sentinels(SentinelSet::start_with(2, &["--appendonly", "yes", "--appendfsync", "no"]))
    }

    fn a_replica(&self) -> &RedisServer {
        let primary = self.0.primary().port();
        self.0.nodes.iter().find(|node| node.port() != primary).expect("two of three are replicas")
    }
}

#[async_trait]
impl Topology for Sentinels {
    fn name(&self) -> &'static str {
        "sentinel"
    }

    fn url(&self) -> String {
        self.0.url()
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
                let primary = self.0.primary();
                primary.kill();
                self.0.wait_for_another_primary_than(primary.port());
                primary.start_again();
            }
            PRIMARY_STOPPED => {
                let primary = self.0.primary();
                primary.pause();
                self.0.wait_for_another_primary_than(primary.port());
                primary.go_on();
            }
            FAILOVER => {
                self.0.fail_over();
            }
            REPLICA_KILLED => {
                let replica = self.a_replica();
                replica.kill();
                std::thread::sleep(lasting);
                replica.start_again();
            }
            _ => {
                let sentinel = &self.0.sentinels[2];
                sentinel.kill();
                std::thread::sleep(lasting);
                sentinel.start_again();
            }
        });
        tokio::task::block_in_place(|| self.0.wait_until_all_agree());
    }

    fn fences(&self, fault: &'static str) -> bool {
        [PRIMARY_KILLED, PRIMARY_STOPPED, FAILOVER].contains(&fault)
    }

    /// Sentinel tells the old primary seconds after the new one.
    fn splits(&self, fault: &'static str) -> bool {
        [PRIMARY_STOPPED, FAILOVER].contains(&fault)
    }
}
