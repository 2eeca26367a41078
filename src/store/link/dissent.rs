//! Sentinels that name another primary than the others, as the operator is told of them.
//!
//! Owns: that the seconds of a failover, in which they cannot agree yet, are no line in the log, and that one which was
//! made anew and is forgotten is two lines: when it has lasted, and when it is over.
//! Must not know: whom to follow.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longer than the sentinels take to tell one another of a failover.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Dissent(Mutex<Option<State>>);

struct State {
    since: Instant,
    is_told: bool,
}

/// What is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has lasted.
    Lasts,
    /// They agree again.
    IsOver,
}

impl Dissent {
    /// They have been asked, and some of them name another one, or none does.
    pub fn hear(&self, is_there: bool) -> Option<Told> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_there {
            return state.take().filter(|state| state.is_told).map(|_| Told::IsOver);
        }
        let state = state.get_or_insert_with(|| State { since: Instant::now(), is_told: false });
        if state.is_told || state.since.elapsed() < PATIENCE {
            return None;
        }
        state.is_told = true;
        Some(Told::Lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failover_is_no_line_and_a_sentinel_that_stays_alone_is_one() {
        let dissent = Dissent::default();
        assert_eq!(dissent.hear(false), None);
        for _ in 0..3 {
            assert_eq!(dissent.hear(true), None, "it has only just begun");
            tokio::time::advance(PATIENCE - Duration::from_millis(1)).await;
            assert_eq!(dissent.hear(true), None);
            assert_eq!(dissent.hear(false), None, "nobody was told of it");
        }
        assert_eq!(dissent.hear(true), None);
        tokio::time::advance(PATIENCE).await;
        let lines: Vec<_> = (0..100).filter_map(|_| dissent.hear(true)).collect();
        assert_eq!(lines, [Told::Lasts]);
        assert_eq!(dissent.hear(false), Some(Told::IsOver));
        assert_eq!(dissent.hear(false), None);
    }
}
