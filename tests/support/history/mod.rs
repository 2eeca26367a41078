//! Histories: what clients of several gateways asked, what they were told, and which faults were on meanwhile.
//! `load` makes one, `checker` judges it.

pub mod checker;
pub mod client;
mod customer;
mod known;
pub mod limited;
pub mod load;

use std::sync::Arc;
use std::time::Instant;

use vestibule::app::SystemClock;
use vestibule::domain::ports::Clock;

/// A credential, handle or user, as the client knows it.
pub type Name = Arc<str>;

/// One call and what became of it. Times are those of its client: Unix microseconds, monotonic.
#[derive(Clone, Debug)]
pub struct Event {
    pub started_us: u64,
    pub ended_us: u64,
    pub call: Call,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Create {
        user: Name,
    },
    /// `key`: the Idempotency-Key. Without one, no two calls are the same attempt.
    Exchange {
        ticket: Name,
        key: Option<Name>,
    },
    /// `portal.createSessionToken`. `key`: the Idempotency-Key; each new session has one of its own.
    Open {
        user: Name,
        key: Name,
    },
    /// `portal.listSessions`, as far as its first page goes.
    List {
        user: Name,
    },
    /// `portal.getSession` or `portal.authorize`.
    Verify {
        token: Name,
    },
    End {
        token: Name,
    },
    Revoke {
        handle: Name,
    },
    RevokeAll {
        user: Name,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created {
        ticket: Name,
        handle: Name,
        expires_at_ms: u64,
    },
    Exchanged {
        token: Name,
        handle: Name,
        expires_at_ms: u64,
    },
    /// The direct session and its token.
    Opened {
        token: Name,
        handle: Name,
        expires_at_ms: u64,
    },
    /// The direct sessions that the user has.
    Listed {
        direct: Vec<Name>,
    },
    /// Accepted, as this session.
    Live {
        handle: Name,
    },
    /// The end or revocation is acknowledged.
    Acknowledged,
    /// The 401 of a dead credential; the 400 of an Idempotency-Key that is too old, or whose session has ended.
    Refused,
    /// The 403 of a user who has as many live sessions as there may be.
    Full,
    /// The 503 of a store that does not answer: whether anything has happened is not known.
    Outage,
    /// No connection: it was never asked.
    NotConnected,
    /// No answer: broken off or too late.
    Unanswered,
    /// What no gateway may answer.
    Wrong(String),
}

impl Outcome {
    /// It is worth a repeat.
    pub fn has_failed(&self) -> bool {
        matches!(self, Outcome::Outage | Outcome::NotConnected | Outcome::Unanswered)
    }
}

/// A fault that the test caused, until everything was in order again.
#[derive(Clone, Debug)]
pub struct Fault {
    pub name: &'static str,
    pub started_us: u64,
    pub ended_us: u64,
    /// Tickets from before it may be refused after it (`store.fence_failover`).
    pub fences: bool,
    /// Two nodes may take themselves for the primary until it is healed: what was ended at one of them may
    /// meanwhile be accepted at the other.
    pub splits: bool,
}

#[derive(Clone, Debug, Default)]
pub struct History {
    pub events: Vec<Event>,
    pub faults: Vec<Fault>,
}

/// The one clock of a history.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    origin: Instant,
    origin_ms: u64,
}

impl Stopwatch {
    pub fn start() -> Self {
        Stopwatch { origin: Instant::now(), origin_ms: SystemClock.now_ms() }
    }

    pub fn now_us(&self) -> u64 {
        self.origin_ms * 1_000 + u64::try_from(self.origin.elapsed().as_micros()).expect("a short time")
    }
}
