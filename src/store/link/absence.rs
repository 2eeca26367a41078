//! Too few sentinels that answer, as the operator is told of it.
//!
//! Owns: that a restart of them is no line in the log, and that a rotated password or a closed network, which nothing else
//! shows while the primary stays, is two lines: when it has lasted, and when most answer again. All workers tell of their
//! rounds: what one of them hears is there.
//! Must not know: whom to follow, or why a sentinel is silent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longer than sentinels take to start again.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Absence(Mutex<Option<State>>);

struct State {
    since: Instant,
    noticed_at: Instant,
    is_told: bool,
}

/// What is worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has lasted.
    Lasts,
    IsOver,
}

impl Absence {
    /// Whether more than half of the listed ones have answered in one round.
    pub fn hear(&self, is_most: bool) -> Option<Told> {
        let mut absence = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_most {
            return absence.take().filter(|state| state.is_told).map(|_| Told::IsOver);
        }
        let now = Instant::now();
        let state = absence.get_or_insert(State { since: now, noticed_at: now, is_told: false });
        // Nobody has asked for so long, so nothing is known of the time between.
        if now - state.noticed_at >= PATIENCE {
            state.since = now;
        }
        state.noticed_at = now;
        if state.is_told || now - state.since < PATIENCE {
            return None;
        }
        state.is_told = true;
        Some(Told::Lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rounds of each of two workers; they hear most of the sentinels or not.
    async fn hear(absence: &Absence, rounds: u32, workers: [bool; 2]) -> Vec<Told> {
        let mut lines = Vec::new();
        for _ in 0..rounds {
            lines.extend(workers.iter().filter_map(|is_most| absence.hear(*is_most)));
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        lines
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_lasts_for_all_workers_is_told_once_and_its_end_once() {
        let absence = Absence::default();
        for (rounds, workers, lines) in [
            (100, [true, true], &[][..]),
            (20, [false, false], &[]),
            (1, [true, true], &[]),
            (19, [false, false], &[]),
            (100, [false, true], &[]),
            (100, [false, false], &[Told::Lasts]),
            (100, [true, true], &[Told::IsOver]),
            (21, [false, false], &[Told::Lasts]),
        ] {
            assert_eq!(hear(&absence, rounds, workers).await, lines, "{rounds} of {workers:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_was_held_up_knows_nothing_of_the_time_between() {
        let absence = Absence::default();
        assert_eq!(absence.hear(false), None);
        tokio::time::advance(PATIENCE * 9).await;
        assert_eq!(hear(&absence, 20, [false, false]).await, []);
        assert_eq!(hear(&absence, 1, [false, false]).await, [Told::Lasts]);
    }
}
