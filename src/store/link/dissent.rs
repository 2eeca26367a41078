//! Sentinels that name another primary than the gateway follows, as the operator is told of them.
//!
//! Owns: that the seconds of a failover, in which they cannot agree yet, are no line in the log, and that one which was
//! made anew and is forgotten is two lines: when it has lasted, and when it is over. All workers tell of what they hear,
//! so each sentinel has a memory of its own: silence says nothing of it.
//! Must not know: whom to follow.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longer than the sentinels take to tell one another of a failover.
const PATIENCE: Duration = Duration::from_secs(10);

/// By sentinel.
#[derive(Default)]
pub struct Dissent(Mutex<BTreeMap<String, State>>);

struct State {
    names: String,
    since: Instant,
    heard_at: Instant,
    is_told: bool,
}

/// What one sentinel has answered.
pub struct Heard {
    pub sentinel: String,
    /// Another primary than the one that is followed.
    pub other: Option<String>,
}

/// What is worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has lasted: who names whom.
    Lasts(String),
    /// All of whom that was said name the one that is followed again.
    IsOver,
}

impl Dissent {
    /// What those have said that have answered.
    pub fn hear(&self, heard: impl IntoIterator<Item = Heard>) -> Option<Told> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_told = states.values().any(|state| state.is_told);
        let mut lasts = false;
        for Heard { sentinel, other } in heard {
            let Some(names) = other else {
                states.remove(&sentinel);
                continue;
            };
            let now = Instant::now();
            let new = || State { names: String::new(), since: now, heard_at: now, is_told: false };
            let state = states.entry(sentinel).or_insert_with(new);
            if now - state.heard_at >= PATIENCE {
                state.since = now;
            }
            (state.names, state.heard_at) = (names, now);
            if !state.is_told && now - state.since >= PATIENCE {
                (state.is_told, lasts) = (true, true);
            }
        }
        if lasts {
            return Some(Told::Lasts(words_of(&states)));
        }
        (was_told && states.values().all(|state| !state.is_told)).then_some(Told::IsOver)
    }
}

fn words_of(states: &BTreeMap<String, State>) -> String {
    let told = states.iter().filter(|(_, state)| state.is_told);
    let told = told.map(|(sentinel, state)| format!("{sentinel} names {}", state.names));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Dissent {
        fn hears(&self, told: &[(&str, Option<&str>)]) -> Option<Told> {
            self.hear(told.iter().map(|(sentinel, other)| Heard {
                sentinel: (*sentinel).to_owned(),
                other: other.map(str::to_owned),
            }))
        }

        /// So long, as often as a worker asks.
        async fn lasts(&self, told: &[(&str, Option<&str>)], time: Duration) -> Vec<Told> {
            let (until, mut lines) = (Instant::now() + time, Vec::new());
            while Instant::now() <= until {
                lines.extend(self.hears(told));
                tokio::time::advance(Duration::from_millis(500)).await;
            }
            lines
        }
    }

    fn lasts(words: &str) -> Told {
        Told::Lasts(words.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failover_is_no_line_and_a_sentinel_that_stays_alone_is_one() {
        let dissent = Dissent::default();
        assert_eq!(dissent.hears(&[("x", None)]), None);
        for _ in 0..3 {
            assert_eq!(dissent.lasts(&[("x", Some("b"))], PATIENCE - Duration::from_secs(1)).await, []);
            assert_eq!(dissent.hears(&[("x", None)]), None, "nobody was told of it");
        }
        assert_eq!(dissent.lasts(&[("x", Some("b")), ("y", None)], PATIENCE * 9).await, [lasts("x names b")]);
        assert_eq!(dissent.hears(&[("x", None)]), Some(Told::IsOver));
        assert_eq!(dissent.hears(&[("x", None)]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_answer_neither_agrees_nor_begins_anew() {
        let dissent = Dissent::default();
        // Of two workers one has not heard it.
        for _ in 0..19 {
            assert_eq!(dissent.hears(&[("x", Some("b")), ("y", None)]), None);
            assert_eq!(dissent.hears(&[("y", None)]), None);
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(dissent.hears(&[("x", Some("b"))]), Some(lasts("x names b")));
        assert_eq!(dissent.lasts(&[("y", None)], PATIENCE * 9).await, [], "it is down");
        assert_eq!(dissent.lasts(&[("x", Some("b"))], PATIENCE * 9).await, [], "as was told");
        assert_eq!(dissent.hears(&[("x", None)]), Some(Told::IsOver));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_long_ago_has_not_lasted() {
        let dissent = Dissent::default();
        assert_eq!(dissent.hears(&[("x", Some("b"))]), None);
        assert_eq!(dissent.lasts(&[], PATIENCE * 9).await, []);
        assert_eq!(dissent.hears(&[("x", Some("b"))]), None, "another failover");
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_over_when_the_last_of_them_agrees() {
        let dissent = Dissent::default();
        assert_eq!(
            dissent.lasts(&[("x", Some("b")), ("y", Some("c"))], PATIENCE).await,
            [lasts("x names b, y names c")]
        );
        assert_eq!(dissent.hears(&[("x", None), ("y", Some("c"))]), None);
        assert_eq!(dissent.hears(&[("x", None), ("y", None)]), Some(Told::IsOver));
    }
}
