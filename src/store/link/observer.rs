//! Who is told how the store does, call by call.
//!
//! Owns: the names of operations and of the kinds of failure. They are a closed list, so that whoever counts can begin at 0.
//! Must not know: who counts, or how.

use std::sync::Arc;
use std::time::Duration;

/// Every operation that is told of.
pub const OPERATIONS: [&str; 19] = [
    "agree",
    "create",
    "exchange",
    "explain",
    "fate",
    "find",
    "find_by_handle",
    "leave",
    "list",
    "note",
    "open",
    "peek",
    "portals",
    "ready",
    "remove",
    "revoke_all",
    "settle",
    "time",
    "use",
];

macro_rules! failure_kinds {
    ($($(#[$doc:meta])* $name:ident = $stable:literal;)*) => {
        /// Why a call failed, as far as it tells the operator what to look at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FailureKind { $($(#[$doc])* $name,)* }

        impl FailureKind {
            /// All of them.
            pub const ALL: &[FailureKind] = &[$(FailureKind::$name,)*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(FailureKind::$name => $stable,)* }
            }
        }
    };
}

failure_kinds! {
    /// There is no connection, or it broke.
    Connection = "connection";
    /// It did not answer in time.
    Timeout = "timeout";
    /// It is a replica.
    Replica = "replica";
    /// Its memory is full.
    Full = "full";
    /// It cannot save, and so takes no writes.
    Disk = "disk";
    /// Too few replicas are there, or acknowledge in time.
    Replicas = "replicas";
    /// It was not asked: too many calls wait for its replicas already.
    Crowded = "crowded";
    /// It loads, is busy, or moves what was asked for.
    Busy = "busy";
    /// It does not know the user, or forbids or lacks a command.
    Refused = "refused";
    /// It holds something that this version cannot read.
    Unreadable = "unreadable";
    /// Anything else that it answered.
    Other = "other";
}

/// Is told of every call and connection.
pub trait StoreObserver: Send + Sync {
    /// A call begins.
    fn call_began(&self);

    /// It is over, whether it was answered or given up.
    fn call_ended(&self);

    /// It had an outcome: none of the failures, or one.
    fn call_done(&self, operation: &'static str, took: Duration, failure: Option<FailureKind>);

    /// A connection was made.
    fn connected(&self);

    /// It was closed.
    fn disconnected(&self);

    /// A connection could not be made.
    fn connect_failed(&self);
}

/// A call that is under way.
pub struct CallUnderWay<'a>(&'a dyn StoreObserver);

impl<'a> CallUnderWay<'a> {
    pub fn begin(observer: &'a dyn StoreObserver) -> Self {
        observer.call_began();
        CallUnderWay(observer)
    }
}

impl Drop for CallUnderWay<'_> {
    fn drop(&mut self) {
        self.0.call_ended();
    }
}

/// An open connection.
pub struct Open(Arc<dyn StoreObserver>);

impl Open {
    pub fn begin(observer: Arc<dyn StoreObserver>) -> Self {
        observer.connected();
        Open(observer)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.disconnected();
    }
}
