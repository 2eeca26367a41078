//! What the gateway knows about a cluster: its nodes, and which of them has which slot.
//!
//! Owns: asking for a new map when a node fails, once for all who wait. Until then, the old map stays valid for all
//! other nodes. Nodes that a new map does not name are forgotten, because their addresses may belong to strangers by
//! now.
//! Must not know: what is asked of a node.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::select_ok;
use redis::{RedisResult, Value};
use tokio::time::Instant;

use super::slots::Slots;
use crate::store::link::call::Call;
use crate::store::link::connector::Connector;
use crate::store::link::fault::{is_broken, outage};
use crate::store::link::flight::Flight;
use crate::store::link::lanes::{Attempt, Lanes};
use crate::store::link::node::by;
use crate::store::link::topology::Address;

/// How long an outcome, even that nobody answered, is good enough for the next callers.
const SHARED_FOR: Duration = Duration::from_millis(50);

pub struct Node {
    pub address: Address,
    pub lanes: Lanes,
    /// Zero, or the number of the first map that was asked for after a failure of this node.
    suspect_since: AtomicU64,
}

impl Node {
    /// Its last call was not answered.
    pub fn is_suspect(&self) -> bool {
        self.suspect_since.load(Ordering::Relaxed) != 0
    }

    /// It has answered.
    pub fn trust(&self) {
        if self.is_suspect() {
            self.suspect_since.store(0, Ordering::Relaxed);
        }
    }
}

pub struct Map {
    connector: Arc<Connector>,
    seeds: Vec<Address>,
    slots: ArcSwap<Slots<Arc<Node>>>,
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    learning: Flight<Learned>,
    /// How many maps have been asked for.
    asked: AtomicU64,
    last: Mutex<Option<Learned>>,
}

#[derive(Clone)]
struct Learned {
    number: u64,
    at: Instant,
    outcome: RedisResult<()>,
}

impl Map {
    pub fn new(seeds: Vec<Address>, connector: Arc<Connector>) -> Arc<Self> {
        Arc::new(Map {
            connector,
            seeds,
            slots: ArcSwap::from_pointee(Slots::new(Vec::new())),
            nodes: Mutex::default(),
            learning: Flight::default(),
            asked: AtomicU64::new(0),
            last: Mutex::default(),
        })
    }

    /// Where a slot is. Only callers that need a failed node wait for a new map, until the deadline.
    pub async fn node_of(self: &Arc<Self>, slot: u16, deadline: Instant) -> RedisResult<Arc<Node>> {
        let known = self.slots.load().find(slot).cloned();
        let since = match known {
            Some(node) if !node.is_suspect() => return Ok(node),
            Some(node) => node.suspect_since.load(Ordering::Relaxed),
            None => 0,
        };
        // On the heap: the state of this future is large, and every call's future would reserve space for it.
        Box::pin(by(deadline, self.learned(since))).await?;
        self.slots.load().find(slot).cloned().ok_or_else(|| outage("no node of the cluster has the slot"))
    }

    /// Where a slot is, as far as it is known.
    pub fn address_of(&self, slot: u16) -> Option<Address> {
        self.slots.load().find(slot).map(|node| node.address.clone())
    }

    /// The node at this address, whether known so far or not.
    pub fn node_at(&self, address: Address) -> Arc<Node> {
        let mut nodes = self.nodes();
        let node = nodes.entry(address.clone()).or_insert_with(|| {
            Arc::new(Node { address, lanes: Lanes::default(), suspect_since: AtomicU64::new(0) })
        });
        node.clone()
    }

    /// The next answers show what else has changed.
    pub fn moved(&self, slot: u16, to: &Arc<Node>) {
        self.slots.rcu(|slots| slots.with(slot, to));
    }

    pub fn suspect(&self, node: &Node) {
        let next = self.asked.load(Ordering::Relaxed) + 1;
        let _ = node.suspect_since.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Returns once a map of at least this number has been asked for, and whether there was an answer.
    async fn learned(self: &Arc<Self>, since: u64) -> RedisResult<()> {
        loop {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(last) = last.filter(|last| last.number >= since && last.at.elapsed() < SHARED_FOR) {
                return last.outcome;
            }
            let work = || {
                let (map, number) = (self.clone(), self.asked.fetch_add(1, Ordering::Relaxed) + 1);
                async move {
                    let outcome = map.learn().await;
                    let learned = Learned { number, at: Instant::now(), outcome };
                    *map.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(learned.clone());
                    Ok(learned)
                }
            };
            let learned = self.learning.join(work).await?;
            if learned.number >= since {
                return learned.outcome;
            }
        }
    }

    /// From whichever node answers first. Nodes that the last map named and that have not failed are asked first,
    /// because they are the most likely to know.
    async fn learn(&self) -> RedisResult<()> {
        for seed in &self.seeds {
            self.node_at(seed.clone());
        }
        let slots = self.slots.load_full();
        let is_likely =
            |node: &Arc<Node>| !node.is_suspect() && slots.nodes().any(|named| Arc::ptr_eq(named, node));
        let all: Vec<Arc<Node>> = self.nodes().values().cloned().collect();
        let (likely, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_likely);
        let mut last = outage("no node of the cluster is known");
        for nodes in [likely, others] {
            if nodes.is_empty() {
                continue;
            }
            match select_ok(nodes.iter().map(|node| Box::pin(self.ask(node)))).await {
                Ok((told, _)) => {
                    self.take(told);
                    return Ok(());
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A connection that broke since it was last used says nothing of the node.
    async fn ask(&self, node: &Node) -> RedisResult<Told> {
        match self.ask_once(node).await {
            Err(error) if is_broken(&error) => self.ask_once(node).await,
            answer => answer,
        }
    }

    async fn ask_once(&self, node: &Node) -> RedisResult<Told> {
        let mut command = redis::cmd("CLUSTER");
        command.arg("SLOTS");
        let call = Call::Command { key: b"", command: &command };
        let limit = self.connector.limits.topology;
        let deadline = Instant::now() + limit;
        let attempt = Attempt {
            call: &call,
            replicas: None,
            deadline,
            patience: limit,
            end: deadline,
            standing: self.connector.standing(),
            asking: false,
        };
        read(node.lanes.attempt(&attempt, || self.connector.to(&node.address)).await?, &node.address)
    }

    fn take(&self, told: Told) {
        let ranges = told.ranges.into_iter().map(|(first, last, at)| (first, last, self.node_at(at)));
        self.slots.store(Arc::new(Slots::new(ranges.collect())));
        self.nodes().retain(|address, _| told.named.contains(address) || self.seeds.contains(address));
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<Address, Arc<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of one node.
struct Told {
    /// Slots with their masters.
    ranges: Vec<(u16, u16, Address)>,
    /// Masters and replicas. A replica may soon be the only node left to ask.
    named: Vec<Address>,
}

/// In place of a host name, by a node that is to tell names and has none.
pub const UNTOLD: &str = "?";

/// After a node's ID: names and values, such as its address where it is to be called by name.
fn address_beside(rest: &[Value]) -> Option<String> {
    let named: Vec<String> = redis::from_redis_value(rest.get(1)?.clone()).ok()?;
    let (pairs, _) = named.as_chunks::<2>();
    pairs.iter().find(|[name, _]| name == "ip").map(|[_, address]| address.clone())
}

/// `from`: if a node does not know its own address, it means the one at which it was reached.
fn read(answer: Value, from: &Address) -> RedisResult<Told> {
    let mut told = Told { ranges: Vec::new(), named: Vec::new() };
    for range in redis::from_redis_value::<Vec<Vec<Value>>>(answer)? {
        let [first, last, nodes @ ..] = range.as_slice() else { continue };
        let (first, last) = (redis::from_redis_value(first.clone())?, redis::from_redis_value(last.clone())?);
        for (at, node) in nodes.iter().enumerate() {
            let node: Vec<Value> = redis::from_redis_value(node.clone())?;
            let [told_host, port, rest @ ..] = node.as_slice() else { continue };
            let host = match redis::from_redis_value::<Option<String>>(told_host.clone())? {
                Some(host) if host == UNTOLD => address_beside(rest),
                host => host.filter(|host| !host.is_empty()),
            };
            let address: Address =
                (host.unwrap_or_else(|| from.0.clone()), redis::from_redis_value(port.clone())?);
            if at == 0 {
                told.ranges.push((first, last, address.clone()));
            }
            told.named.push(address);
        }
    }
    Ok(told)
}
