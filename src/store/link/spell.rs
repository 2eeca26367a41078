//! A spell of failures, as the operator is told of it: when it begins, once a minute while it lasts, and when it is over.
//!
//! Owns: that thousands of calls that fail are a few lines. The metrics count the calls.
//! Must not know: what fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// While it lasts, it is told again after this time. After so long without a failure, the next one is a new spell.
const REMIND_EVERY: Duration = Duration::from_secs(60);
/// Only after so long without a failure, a success ends it: where one server of several is down, some calls succeed.
const QUIET: Duration = Duration::from_secs(2);

#[derive(Default)]
pub struct Spell {
    /// Read at every success, so it is kept outside the lock.
    lasts: AtomicBool,
    state: Mutex<Option<State>>,
}

struct State {
    since: Instant,
    last_at: Instant,
    told_at: Instant,
    failures: u64,
}

/// What is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The first failure.
    Begins,
    /// So many by now.
    Lasts { failures: u64, seconds: u64 },
}

impl Spell {
    /// A call has failed.
    pub fn fail(&self) -> Option<Told> {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(state) = state.as_mut().filter(|state| now - state.last_at < REMIND_EVERY) else {
            *state = Some(State { since: now, last_at: now, told_at: now, failures: 1 });
            self.lasts.store(true, Ordering::Relaxed);
            return Some(Told::Begins);
        };
        state.failures += 1;
        state.last_at = now;
        if now - state.told_at < REMIND_EVERY {
            return None;
        }
        state.told_at = now;
        Some(Told::Lasts { failures: state.failures, seconds: (now - state.since).as_secs() })
    }

    /// A call has succeeded. If that ends the spell: how many failed in it.
    pub fn succeed(&self) -> Option<u64> {
        if !self.lasts.load(Ordering::Relaxed) {
            return None;
        }
        let mut state = self.lock();
        let ended = state.take_if(|state| state.last_at.elapsed() >= QUIET)?;
        self.lasts.store(false, Ordering::Relaxed);
        Some(ended.failures)
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_of_a_hundred_thousand_calls_is_a_few_lines() {
        let spell = Spell::default();
        assert_eq!(spell.succeed(), None, "nothing has failed");
        let mut lines = Vec::new();
        for call in 0..100_000 {
            lines.extend(spell.fail());
            // A server of several still answers.
            assert_eq!(spell.succeed(), None);
            if call % 1_000 == 0 {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        }
        assert_eq!(lines, [Told::Begins, Told::Lasts { failures: 59_002, seconds: 60 }]);
        tokio::time::advance(QUIET).await;
        assert_eq!(spell.succeed(), Some(100_000));
        assert_eq!(spell.succeed(), None, "it is told once");
        assert_eq!(spell.fail(), Some(Told::Begins), "another one");
        tokio::time::advance(REMIND_EVERY).await;
        assert_eq!(spell.fail(), Some(Told::Begins), "nobody has ended the one before, but it was long ago");
    }
}
