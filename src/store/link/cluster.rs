//! The routes to the masters of a Redis Cluster.
//!
//! Owns: which node has which slot, redirections, and what to ask again when a node fails. (Not the library's
//! cluster client: it goes on asking a master that hangs after another has taken over, and cannot keep `WAIT`
//! apart from other calls.)
//! Must not know: what is asked. All keys of a call have one hash tag, and so one slot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::select_ok;
use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult, Value};
use tokio::time::Instant;

use super::call::{Call, Replicas};
use super::node::{Address, Connector, Lanes, needs_another_connection};

/// Between two tries while a slot moves or the cluster has no master for it.
const PAUSE: Duration = Duration::from_millis(10);
/// More than any move of a slot takes; two nodes that disagree must not be asked for ever.
const MAX_REDIRECTS: u32 = 8;

struct Node {
    address: Address,
    lanes: Lanes,
}

/// Which node has the slots from the first to the last, in order.
type Slots = Vec<(u16, u16, Arc<Node>)>;

pub struct Cluster {
    connector: Connector,
    slots: ArcSwapOption<Slots>,
    /// All that were ever named, the configured ones first.
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    /// The last one that failed: the least able to tell who has its slots now.
    suspect: Mutex<Option<Address>>,
    learning: tokio::sync::Mutex<()>,
}

impl Cluster {
    pub fn new(seeds: Vec<Address>, connector: Connector) -> Self {
        let cluster = Cluster {
            connector,
            slots: ArcSwapOption::empty(),
            nodes: Mutex::default(),
            suspect: Mutex::default(),
            learning: tokio::sync::Mutex::default(),
        };
        for address in seeds {
            cluster.node_at(address);
        }
        cluster
    }

    /// Follows the redirections, and waits where a slot is between two nodes, until the time is over.
    pub async fn attempt(&self, call: &Call<'_>, replicas: Option<Replicas<'_>>) -> RedisResult<Value> {
        let deadline = Instant::now() + self.connector.limits.answer;
        let slot = slot_of(call.key());
        let mut asked = None;
        let mut redirects = 0;
        loop {
            let (node, asking) = match asked.take() {
                Some(node) => (node, true),
                None => (self.node_of(slot).await?, false),
            };
            let limit = deadline.saturating_duration_since(Instant::now());
            let result = node.lanes.attempt(limit, || self.connect(&node), call, replicas, asking).await;
            let Err(error) = &result else { return result };
            if needs_another_connection(error) {
                self.suspect(&node);
                return result;
            }
            if Instant::now() + PAUSE > deadline || redirects > MAX_REDIRECTS {
                return result;
            }
            match error.code() {
                Some("ASK") => {
                    redirects += 1;
                    asked = redirect_of(error, &node).map(|address| self.node_at(address));
                }
                Some("MOVED") => {
                    redirects += 1;
                    self.slot_moved(slot, error, &node);
                }
                Some("TRYAGAIN") => tokio::time::sleep(PAUSE).await,
                Some("CLUSTERDOWN") => {
                    self.suspect(&node);
                    tokio::time::sleep(PAUSE).await;
                }
                Some(_) | None => return result,
            }
        }
    }

    async fn connect(&self, node: &Node) -> RedisResult<MultiplexedConnection> {
        self.connector.connect(&self.connector.client(&node.address)?).await
    }

    async fn node_of(&self, slot: u16) -> RedisResult<Arc<Node>> {
        if let Some(node) = self.slots.load().as_deref().and_then(|slots| find(slots, slot)) {
            return Ok(node);
        }
        let _one_at_a_time = self.learning.lock().await;
        if let Some(node) = self.slots.load().as_deref().and_then(|slots| find(slots, slot)) {
            return Ok(node);
        }
        let slots = self.learn().await?;
        let node = find(&slots, slot);
        self.slots.store(Some(Arc::new(slots)));
        node.ok_or_else(|| outage("no node of the cluster has the slot"))
    }

    /// From whichever node answers first; from the suspect only if no other answers.
    async fn learn(&self) -> RedisResult<Slots> {
        let suspect = self.suspect.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let nodes: Vec<Arc<Node>> =
            self.nodes.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let (suspects, others): (Vec<_>, Vec<_>) =
            nodes.into_iter().partition(|node| Some(&node.address) == suspect.as_ref());
        let mut last = outage("no node of the cluster is known");
        for nodes in [others, suspects] {
            if nodes.is_empty() {
                continue;
            }
            match select_ok(nodes.iter().map(|node| Box::pin(self.ask(node)))).await {
                Ok((slots, _)) => return Ok(slots),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn ask(&self, node: &Node) -> RedisResult<Slots> {
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        let call = Call::Command { key: "", command: &command };
        let limit = self.connector.limits.topology;
        let answer = node.lanes.attempt(limit, || self.connect(node), &call, None, false).await?;
        let ranges: Vec<Vec<Value>> = redis::from_redis_value(answer)?;
        let mut slots = Slots::new();
        for range in ranges {
            let [first, last, master, ..] = range.as_slice() else { continue };
            let master: Vec<Value> = redis::from_redis_value(master.clone())?;
            let [host, port, ..] = master.as_slice() else { continue };
            let host: Option<String> = redis::from_redis_value(host.clone())?;
            // A node that does not know its own address means the one that it was reached at.
            let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| node.address.0.clone());
            let address = (host, redis::from_redis_value(port.clone())?);
            let (first, last) =
                (redis::from_redis_value(first.clone())?, redis::from_redis_value(last.clone())?);
            slots.push((first, last, self.node_at(address)));
        }
        slots.sort_by_key(|(first, _, _)| *first);
        Ok(slots)
    }

    fn node_at(&self, address: Address) -> Arc<Node> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let node = nodes
            .entry(address.clone())
            .or_insert_with(|| Arc::new(Node { address, lanes: Lanes::default() }));
        node.clone()
    }

    /// The node that was told has the slot; what else has changed, the next answers tell.
    fn slot_moved(&self, slot: u16, error: &RedisError, from: &Node) {
        let Some(address) = redirect_of(error, from) else { return self.slots.store(None) };
        let node = self.node_at(address);
        self.slots.rcu(|slots| {
            let mut moved = Slots::new();
            for (first, last, owner) in slots.as_deref().into_iter().flatten() {
                if (*first..=*last).contains(&slot) {
                    moved.extend((*first < slot).then(|| (*first, slot - 1, owner.clone())));
                    moved.push((slot, slot, node.clone()));
                    moved.extend((slot < *last).then(|| (slot + 1, *last, owner.clone())));
                } else {
                    moved.push((*first, *last, owner.clone()));
                }
            }
            Some(Arc::new(moved))
        });
    }

    fn suspect(&self, node: &Node) {
        *self.suspect.lock().unwrap_or_else(PoisonError::into_inner) = Some(node.address.clone());
        self.slots.store(None);
    }
}

fn find(slots: &Slots, slot: u16) -> Option<Arc<Node>> {
    let at = slots.partition_point(|(first, _, _)| *first <= slot).checked_sub(1)?;
    let (_, last, node) = &slots[at];
    (slot <= *last).then(|| node.clone())
}

fn redirect_of(error: &RedisError, from: &Node) -> Option<Address> {
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    let host = if host.is_empty() { &from.address.0 } else { host };
    Some((host.to_owned(), port.parse().ok()?))
}

/// As for a broken connection: worth another try.
fn outage(what: &'static str) -> RedisError {
    RedisError::from(std::io::Error::new(std::io::ErrorKind::NotConnected, what))
}

/// Of the part between the first braces, as all our keys have one.
fn slot_of(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    crc16::State::<crc16::XMODEM>::calculate(tag.filter(|tag| !tag.is_empty()).unwrap_or(key).as_bytes())
        % 16_384
}
