//! The routes to the masters of a Redis Cluster.
//!
//! Owns: redirections, and what is tried again. All keys of a call have the same hash tag, and so the same slot. (The
//! library's cluster client goes on asking a master that hangs, even after another has taken over, and cannot keep
//! `WAIT` apart from other calls.)
//! Must not know: what is asked.

mod map;
mod slots;

use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, RedisResult, Value};
use tokio::time::Instant;

use self::map::{Map, Node, UNTOLD};
use self::slots::slot_of;
pub use self::slots::spread_tags;
use super::connector::Connector;
use super::fault::needs_another_connection;
use super::lanes::Attempt;
use super::topology::Address;

/// The pause between two tries while a slot moves or has no master.
const PAUSE: Duration = Duration::from_millis(10);
/// More redirections than any move of a slot takes. Two nodes that disagree must not be asked for ever.
const MAX_REDIRECTS: u32 = 8;

pub struct Cluster {
    connector: Arc<Connector>,
    map: Arc<Map>,
}

impl Cluster {
    pub fn new(seeds: Vec<Address>, connector: Connector) -> Self {
        let connector = Arc::new(connector);
        Cluster { map: Map::new(seeds, connector.clone()), connector }
    }

    pub fn server_of(&self, key: &[u8]) -> String {
        match self.map.address_of(slot_of(key)) {
            Some((host, port)) => format!("{host}:{port}"),
            None => "the cluster, no node of which has told its slots".to_owned(),
        }
    }

    /// Follows redirections, and waits while a slot moves between two nodes, until the time is up.
    pub async fn attempt(&self, attempt: &Attempt<'_>) -> RedisResult<Value> {
        let slot = slot_of(attempt.call.key());
        let mut asked = None;
        let mut redirects = 0;
        loop {
            let (node, asking) = match asked.take() {
                Some(node) => (node, true),
                None => (self.map.node_of(slot, attempt.deadline).await?, false),
            };
            let connect = || self.connector.to(&node.address);
            let result = node.lanes.attempt(&Attempt { asking, ..*attempt }, connect).await;
            let Err(error) = &result else {
                node.trust();
                return result;
            };
            if needs_another_connection(error) {
                self.map.suspect(&node);
                return result;
            }
            if Instant::now() + PAUSE > attempt.deadline || redirects > MAX_REDIRECTS {
                return result;
            }
            match error.code() {
                Some("ASK") => {
                    redirects += 1;
                    asked = redirect_of(error, &node).map(|address| self.map.node_at(address));
                }
                Some("MOVED") => {
                    redirects += 1;
                    match redirect_of(error, &node) {
                        Some(address) => self.map.moved(slot, &self.map.node_at(address)),
                        None => self.map.suspect(&node),
                    }
                }
                Some("TRYAGAIN") => pause().await,
                Some("CLUSTERDOWN") => {
                    self.map.suspect(&node);
                    pause().await;
                }
                Some(_) | None => return result,
            }
        }
    }
}

/// On the heap: the futures of all calls would be larger by a timer that hardly one needs.
async fn pause() {
    Box::pin(tokio::time::sleep(PAUSE)).await;
}

fn redirect_of(error: &RedisError, from: &Node) -> Option<Address> {
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    let host = match host {
        "" => &from.address.0,
        UNTOLD => return None,
        told => told,
    };
    Some((host.to_owned(), port.parse().ok()?))
}
