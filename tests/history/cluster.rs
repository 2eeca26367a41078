//! A cluster of three masters with a replica each: failovers, and slots that move while they are in use.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;
use crate::topology::Topology;

const MASTER_KILLED: &str = "SIGKILL of a master, failover";
const MASTER_STOPPED: &str = "SIGSTOP of a master, failover, SIGCONT";
const FAILOVER: &str = "CLUSTER FAILOVER";
const SLOTS_MOVED: &str = "slots move to another master";
/// Of the users in one run; each has a slot of its own.
const SLOTS: usize = 5;

pub struct Cluster {
    cluster: RedisCluster,
    choices: Mutex<StdRng>,
}

impl Cluster {
    pub fn start(seed: u64) -> Self {
        let cluster = RedisCluster::start_with(3, 1, &["--appendonly", "yes", "--appendfsync", "no"]);
        Cluster { cluster, choices: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    /// One of those in use.
    fn some_key(&self) -> String {
        let mut keys = self.cluster.keys();
        keys.retain(|key| key.ends_with(":u"));
        keys.sort();
        keys.choose(&mut self.choices.lock().expect("no panic")).expect("there are users").clone()
    }

    fn is_master(node: &RedisServer) -> bool {
        node.info("replication", "role").as_deref() == Some("master")
    }

    fn move_slots(&self) {
        for _ in 0..SLOTS {
            let key = self.some_key();
            let slot = self.cluster.slot_of(&key);
            let from = self.cluster.master_of(&key);
            let others =
                self.cluster.nodes.iter().filter(|node| node.port() != from.port() && Self::is_master(node));
            let others: Vec<_> = others.collect();
            let to = *others.choose(&mut self.choices.lock().expect("no panic")).expect("three masters");
            self.cluster.begin_to_move(slot, from, to);
            // One at a time: meanwhile a user's keys are on either side.
            while self.cluster.move_keys(slot, from, to, 1) > 0 {}
            self.cluster.end_move(slot, from, to);
            self.cluster.wait_until_all_know_of_move(slot, to);
        }
    }
}

#[async_trait]
impl Topology for Cluster {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn url(&self) -> String {
        self.cluster.url()
    }

    fn configuration(&self) -> String {
        "store.wait_replicas = 1".to_owned()
    }

    fn faults(&self) -> Vec<&'static str> {
        vec![MASTER_KILLED, MASTER_STOPPED, FAILOVER, SLOTS_MOVED]
    }

    async fn suffer(&self, fault: &'static str, _lasting: Duration) {
        tokio::task::block_in_place(|| {
            let key = self.some_key();
            let master = self.cluster.master_of(&key);
            match fault {
                MASTER_KILLED => {
                    master.kill();
                    self.cluster.wait_for_another_master_of(&key, master.port());
                    master.start_again();
                }
                MASTER_STOPPED => {
                    master.pause();
                    self.cluster.wait_for_another_master_of(&key, master.port());
                    master.go_on();
                }
                FAILOVER => self.cluster.fail_over(&key, master),
                _ => self.move_slots(),
            }
            self.cluster.wait_until_whole();
        });
    }

    fn fences(&self, _fault: &'static str) -> bool {
        // A slot that has moved is on a server with another replication ID, too.
        true
    }

    /// A frozen master serves again for a moment before the others tell it.
    fn splits(&self, fault: &'static str) -> bool {
        fault == MASTER_STOPPED
    }
}
