//! What all workers of a process have learned of their store, and what of it the operator is told.
//!
//! Owns: that a change is one line in the log, however many workers and calls meet it.
//! Must not know: how a server is reached.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::absence::{self, Absence};
use super::dissent::{self, Dissent, Heard};
use super::quorum::{Named, server_of};
use super::spell::{Spell, Told};
use crate::domain::ports::StoreError;

const DISSENT: &str = "some sentinels name another primary than the gateway follows. Set them right (SENTINEL REMOVE, then \
                       SENTINEL MONITOR), for other programs may follow them; where it is the same server under another \
                       name, let all name it in one way (resolve-hostnames, announce-hostnames)";
const FEW: &str = "too few sentinels name this primary to be sure of it: the gateway follows it because nobody has \
                   contradicted them. See to the others, and list all of them in store.url";
const ABSENCE: &str = "too few sentinels answer: until most of the listed ones do, the gateway goes along with a failover late or \
                       not at all. See to them, to their password and to the network between";

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
    /// Whom the sentinels named, for all workers, and for those that are made anew.
    primary: Mutex<Option<Followed>>,
    /// Too few have named one so far.
    is_deciding: AtomicBool,
    dissent: Dissent,
    absence: Absence,
}

struct Followed {
    named: Named,
    /// Too few have named it, and nobody has since.
    few: Option<String>,
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
            // It was not asked. Those that are asked, and wait, tell how it does.
            StoreError::Crowded(_) => return,
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

    /// Whom the workers follow, once sentinels have named one.
    pub fn primary(&self) -> Option<Named> {
        self.lock_primary().as_ref().map(|followed| followed.named.clone())
    }

    /// A worker that knew this one has heard of that one. Whom to follow: what another worker has found out meanwhile is as
    /// new, and all are to go to the same server. `few`: how many have named it and who is silent, if these are too few.
    pub fn follow(&self, known: Option<&Named>, found: Named, few: Option<String>) -> Named {
        let mut primary = self.lock_primary();
        let before = primary.as_ref().map(|before| before.named.address.clone());
        match &*primary {
            Some(Followed { named: newer, .. })
                if known.is_none_or(|known| known.address != newer.address) =>
            {
                return newer.clone();
            }
            Some(_) | None => *primary = Some(Followed { named: found.clone(), few: few.clone() }),
        }
        drop(primary);
        if before.as_ref() != Some(&found.address) {
            let primary = found.server();
            if let Some(before) = before {
                tracing::warn!(before = server_of(&before), primary, "the sentinels name another primary");
            }
            if let Some(sentinels) = few {
                tracing::warn!(primary, sentinels, "{FEW}");
            }
        }
        found
    }

    /// Whether it may soon be known whom to follow, if nobody contradicts those that have named one.
    pub fn note_deciding(&self, is_deciding: bool) {
        self.is_deciding.store(is_deciding, Ordering::Relaxed);
    }

    /// See [`Standing::note_deciding`].
    pub fn is_deciding(&self) -> bool {
        self.is_deciding.load(Ordering::Relaxed)
    }

    /// That too few sentinels have named the primary, if that is still so.
    pub fn doubt(&self) -> Option<String> {
        let primary = self.lock_primary();
        let few = primary.as_ref().and_then(|followed| followed.few.as_ref());
        few.map(|sentinels| format!("{FEW} ({sentinels})"))
    }

    fn lock_primary(&self) -> MutexGuard<'_, Option<Followed>> {
        self.primary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the sentinels that answered say of the one that is followed.
    pub fn hear_sentinels(&self, heard: impl IntoIterator<Item = Heard>) {
        match self.dissent.hear(heard) {
            Some(dissent::Told::Lasts(dissent)) => tracing::warn!(dissent, "{DISSENT}"),
            Some(dissent::Told::IsOver) => tracing::info!("the sentinels agree on the primary again"),
            None => (),
        }
    }

    /// Whether most of the listed sentinels have answered in a round. `attendance`: how many, and why the others have not.
    pub fn count_sentinels(&self, is_most: bool, attendance: impl FnOnce() -> String) {
        match self.absence.hear(is_most) {
            Some(absence::Told::Lasts) => tracing::warn!(sentinels = attendance(), "{ABSENCE}"),
            Some(absence::Told::IsOver) => tracing::info!("most sentinels answer again"),
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
