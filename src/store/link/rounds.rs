//! When the sentinels that answer are believed, over several rounds of asking.
//!
//! Owns: that too few of them are believed only after the others had time to say otherwise: to answer at all, and to be
//! told of a failover. To follow a wrong one is worse than an outage: at an empty server every session is unknown, and
//! everybody is signed out.
//! Must not know: how a sentinel is asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::quorum::{Named, Said, Verdict, verdict};
use super::topology::Address;

/// Longer than the two seconds after which each sentinel has told all others what it knows.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// So many rounds at least must have told the same, so that a process which was held up is not in a hurry.
const ROUNDS: u32 = 4;
/// Rounds that follow one another more closely are one: calls ask too.
const APART: Duration = Duration::from_millis(400);

/// Whom to go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// More than half of those that are listed name it.
    Most(Named),
    /// Fewer do, and nobody has contradicted them for long enough.
    Few(Named),
    /// To the one that is known.
    Undecided,
}

/// Of one who asks.
#[derive(Default)]
pub struct Rounds(Mutex<Option<Candidate>>);

/// Whom too few name.
struct Candidate {
    address: Address,
    since: Instant,
    heard_at: Instant,
    rounds: u32,
    /// Rounds since then in which nobody has answered.
    missed: u32,
    missed_at: Instant,
}

impl Rounds {
    /// Whether too few have named one, so that the others are worth waiting for.
    pub fn are_open(&self) -> bool {
        self.lock().is_some()
    }

    /// Nobody has answered. One round says nothing, but after as many as it takes to believe someone, who was named must begin anew.
    pub fn miss(&self) {
        let mut candidate = self.lock();
        if candidate.as_mut().is_some_and(Candidate::is_gone) {
            *candidate = None;
        }
    }

    /// What those that answered said, of so many that are listed. `known`: the one that was followed so far.
    pub fn hear(&self, listed: usize, told: &[Said], known: Option<&Named>) -> Decision {
        let mut candidate = self.lock();
        match verdict(listed, told) {
            Verdict::Sure(named) => {
                *candidate = None;
                Decision::Most(named)
            }
            Verdict::Unopposed(named) if is_news(&named, known) => {
                let lasts = candidate.take().filter(|before| before.address == named.address);
                let mut now = lasts.unwrap_or_else(|| Candidate::new(&named));
                if now.is_believed() {
                    return Decision::Few(named);
                }
                *candidate = Some(now);
                Decision::Undecided
            }
            Verdict::Unopposed(_) | Verdict::Open => {
                *candidate = None;
                Decision::Undecided
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Candidate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Too few can tell of a later failover, and of nothing else, to whoever knows one.
fn is_news(named: &Named, known: Option<&Named>) -> bool {
    known.is_none_or(|known| named.epoch > known.epoch && named.address != known.address)
}

impl Candidate {
    fn new(named: &Named) -> Self {
        let now = Instant::now();
        Candidate {
            address: named.address.clone(),
            since: now,
            heard_at: now,
            rounds: 1,
            missed: 0,
            missed_at: now,
        }
    }

    /// It was not named once more.
    fn is_gone(&mut self) -> bool {
        if self.missed_at.elapsed() >= APART {
            self.missed_at = Instant::now();
            self.missed += 1;
        }
        self.missed >= ROUNDS
    }

    /// It is named once more.
    fn is_believed(&mut self) -> bool {
        (self.missed, self.missed_at) = (0, Instant::now());
        if self.heard_at.elapsed() >= APART {
            self.heard_at = Instant::now();
            self.rounds += 1;
        }
        self.rounds >= ROUNDS && self.since.elapsed() >= PATIENCE
    }
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
