//! What all workers of a process have learned of their store, and what of it the operator is told.
//!
//! Owns: that a change is one line in the log, however many workers and calls meet it.
//! Must not know: how a server is reached.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::dissent::{self, Dissent};
use super::spell::{Spell, Told};
use crate::domain::ports::StoreError;

const DISSENT: &str = "some sentinels name another primary than the gateway follows. Set them right (SENTINEL REMOVE, then \
                       SENTINEL MONITOR), for other programs may follow them";

#[derive(Default)]
pub struct Standing {
    has_taken_writes: AtomicBool,
    /// So many calls were sent elsewhere by what is taken for a single server.
    moves: AtomicU64,
    /// As many of these as there were when it last served every slot.
    forgiven: AtomicU64,
    knows_no_wait: AtomicBool,
    /// Why not everything is served, as it was told last.
    trouble: Mutex<Option<String>>,
    outage: Spell,
    unreadable: Spell,
    /// Whom the sentinels named, as it was told last.
    primary: Mutex<Option<String>>,
    dissent: Dissent,
}

impl Standing {
    /// A call was answered.
    pub fn answered(&self) {
        if let Some(failed) = self.outage.succeed() {
            tracing::info!(failed, "the store answers again");
        }
    }

    /// A call has failed.
    pub fn failed(&self, operation: &str, server: impl FnOnce() -> String, error: &StoreError) {
        let spell = match error {
            StoreError::Unavailable(_) | StoreError::Unconfirmed(_) => &self.outage,
            StoreError::Corrupt(_) => &self.unreadable,
        };
        match spell.fail() {
            Some(Told::Begins) => tracing::warn!(operation, server = server(), %error, "the store failed"),
            Some(Told::Lasts { failures, seconds }) => {
                let server = server();
                tracing::warn!(operation, server, %error, failures, seconds, "the store still fails");
            }
            None => (),
        }
    }

    /// It took a write. Whatever it says later, the address leads to the right place.
    pub fn note_write(&self) {
        self.has_taken_writes.store(true, Ordering::Relaxed);
    }

    /// Whether it ever did.
    pub fn has_taken_writes(&self) -> bool {
        self.has_taken_writes.load(Ordering::Relaxed)
    }

    /// What is taken for a single server has sent a call elsewhere.
    pub fn note_move(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
    }

    /// How often that has happened.
    pub fn moves(&self) -> u64 {
        self.moves.load(Ordering::Relaxed)
    }

    /// It serves every slot, as far as anybody knew when so many calls had been sent elsewhere.
    pub fn note_serves_all(&self, moves: u64) {
        self.forgiven.fetch_max(moves, Ordering::Relaxed);
    }

    /// Whether it is one node of several.
    pub fn is_part_of_cluster(&self) -> bool {
        self.moves() > self.forgiven.load(Ordering::Relaxed)
    }

    /// Nobody may wait for replicas here. Whether that is news.
    pub fn learn_no_wait(&self) -> bool {
        !self.knows_no_wait.swap(true, Ordering::Relaxed)
    }

    /// A worker goes to this primary from now on, which sentinels have named. Tells the operator, if that is news.
    pub fn follows(&self, primary: &str) {
        let mut told = self.primary.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_deref() == Some(primary) {
            return;
        }
        if let Some(before) = told.replace(primary.to_owned()) {
            tracing::warn!(before, primary, "the sentinels name another primary");
        }
    }

    /// Which sentinels name another primary than is followed, and whom; empty if none does.
    pub fn hear_dissent(&self, dissent: &str) {
        match self.dissent.hear(!dissent.is_empty()) {
            Some(dissent::Told::Lasts) => tracing::warn!(dissent, "{DISSENT}"),
            Some(dissent::Told::IsOver) => tracing::info!("the sentinels agree on the primary again"),
            None => (),
        }
    }

    /// Tells the operator why not everything is served, or that everything is again, if that is news.
    pub fn tell(&self, trouble: Option<&str>) {
        let mut told = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_deref() == trouble {
            return;
        }
        match trouble {
            Some(trouble) => tracing::warn!("{trouble}"),
            None => tracing::info!("the store serves everything again"),
        }
        *told = trouble.map(str::to_owned);
    }
}
