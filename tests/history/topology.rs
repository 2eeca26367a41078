//! Where the sessions lie: what a run needs to know of a store, and the faults that can be caused in it.

use std::time::Duration;

use async_trait::async_trait;

use crate::support::redis_faults::{FaultyRedis, RedisFault};

/// A store for the gateways of a run.
#[async_trait]
pub trait Topology: Send + Sync {
    fn name(&self) -> &'static str;

    /// Its `store.url`.
    fn url(&self) -> String;

    /// Further lines of the gateways' configuration.
    fn configuration(&self) -> String {
        String::new()
    }

    /// The names of its faults.
    fn faults(&self) -> Vec<&'static str>;

    /// Causes one of them, and heals it after so long at the latest; returns when the store serves again.
    async fn suffer(&self, fault: &'static str, lasting: Duration);

    /// Whether tickets from before it may be refused after it.
    fn fences(&self, fault: &'static str) -> bool;

    /// Whether two nodes may take themselves for the primary while it is on.
    fn splits(&self, fault: &'static str) -> bool;
}

/// One Redis behind a proxy.
pub struct Single(FaultyRedis);

/// No `Loading`: a base to load would have to be made first, and `tests/faults` has it.
const SINGLE_FAULTS: [RedisFault; 12] = [
    RedisFault::Killed,
    RedisFault::Stopped,
    RedisFault::Paused,
    RedisFault::Busy,
    RedisFault::OutOfMemory,
    RedisFault::ReadOnly,
    RedisFault::MasterDown,
    RedisFault::NoReplicas,
    RedisFault::NoConnections,
    RedisFault::ScriptsForgotten,
    RedisFault::HalfOpen,
    RedisFault::Late,
];
/// Of exchanges and openings, and of creations of a session that lives for a minute.
const LOST_REPLIES: &str = "lost replies";
/// All of these have it among their arguments: the time for repeats, or that life, in milliseconds.
const MINUTE: &[u8] = b"\r\n60000\r\n";

impl Single {
    pub async fn start() -> Self {
        Single(FaultyRedis::start(MINUTE).await)
    }
}

fn fault_of(name: &str) -> RedisFault {
    *SINGLE_FAULTS.iter().find(|fault| fault.name() == name).expect("one of the faults")
}

#[async_trait]
impl Topology for Single {
    fn name(&self) -> &'static str {
        "single"
    }

    fn url(&self) -> String {
        self.0.url()
    }

    fn faults(&self) -> Vec<&'static str> {
        SINGLE_FAULTS.iter().map(|fault| fault.name()).chain([LOST_REPLIES]).collect()
    }

    async fn suffer(&self, fault: &'static str, lasting: Duration) {
        if fault == LOST_REPLIES {
            self.0.proxy.mute_next(4);
            tokio::time::sleep(lasting).await;
            self.0.proxy.mute_next(0);
            return;
        }
        let caused = self.0.cause(fault_of(fault));
        tokio::time::sleep(lasting).await;
        tokio::task::block_in_place(|| caused.heal());
    }

    fn fences(&self, fault: &'static str) -> bool {
        fault != LOST_REPLIES && fault_of(fault).fences()
    }

    fn splits(&self, _fault: &'static str) -> bool {
        false
    }
}
