//! Judges a history by a limit of live sessions: never more of one user than the limit, and nobody refused while there is
//! room. As in `checker`, whatever some choice of moments explains is no violation.

use std::collections::HashMap;

use super::checker::is_split;
use super::known::{Known, Session};
use super::{Call, Event, History, Name, Outcome};

/// Of one user's sessions in the portal.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub most: usize,
    /// One more is refused; else the oldest ends.
    pub refuses: bool,
}

/// When each session of a history may have been open, and when it surely was, by its place in [`Known`].
pub struct Spans {
    /// The first try that may have opened it began.
    may_open_us: HashMap<usize, u64>,
    /// It was seen first and last.
    seen_us: HashMap<usize, (u64, u64)>,
    /// It was first seen to be over.
    over_us: HashMap<usize, u64>,
}

impl Spans {
    pub fn of(history: &History, known: &Known<'_>) -> Self {
        let mut spans =
            Spans { may_open_us: HashMap::new(), seen_us: HashMap::new(), over_us: HashMap::new() };
        for event in &history.events {
            let Some(at) = known.place_of(&event.call) else { continue };
            let opens = matches!(event.call, Call::Exchange { .. } | Call::Open { .. });
            match event.outcome {
                Outcome::Exchanged { .. } | Outcome::Opened { .. } | Outcome::Live { .. } => {
                    spans.see(history, at, event);
                }
                Outcome::Refused if !opens => {
                    let over_us = spans.over_us.entry(at).or_insert(event.ended_us);
                    *over_us = event.ended_us.min(*over_us);
                }
                Outcome::Acknowledged
                | Outcome::Refused
                | Outcome::Full
                | Outcome::Created { .. }
                | Outcome::Listed { .. }
                | Outcome::Outage
                | Outcome::NotConnected
                | Outcome::Unanswered
                | Outcome::Wrong(_) => {}
            }
            let may_have_opened = matches!(
                event.outcome,
                Outcome::Exchanged { .. } | Outcome::Opened { .. } | Outcome::Outage | Outcome::Unanswered
            );
            if opens && may_have_opened {
                let opened_us = spans.may_open_us.entry(at).or_insert(event.started_us);
                *opened_us = event.started_us.min(*opened_us);
            }
        }
        spans
    }

    fn see(&mut self, history: &History, at: usize, event: &Event) {
        // While two nodes take themselves for the primary, one of them may accept what the other has ended.
        if !is_split(history, event) {
            let seen = self.seen_us.entry(at).or_insert((event.ended_us, event.started_us));
            *seen = (seen.0.min(event.ended_us), seen.1.max(event.started_us));
        }
    }

    /// Others of its user that may have been open at some moment of this time.
    fn others_open(&self, known: &Known<'_>, session: &Session<'_>, from_us: u64, until_us: u64) -> usize {
        let others = known.sessions.iter().enumerate();
        let others = others.filter(|(_, other)| !std::ptr::eq(*other, session) && other.user == session.user);
        others
            .filter(|(at, other)| {
                let may_have_begun = self.may_open_us.get(at).is_some_and(|opened_us| *opened_us < until_us);
                let is_over = self.over_us.get(at).is_some_and(|over_us| *over_us < from_us)
                    || other.ends.iter().any(|end| other.surely_ended_by(end, from_us));
                may_have_begun && !is_over
            })
            .count()
    }

    /// Some opening may have ended it before this moment, because it was the oldest of too many.
    pub fn may_be_displaced(
        &self,
        known: &Known<'_>,
        session: &Session<'_>,
        limit: Limit,
        by_us: u64,
    ) -> bool {
        !limit.refuses && self.others_open(known, session, 0, by_us) >= limit.most
    }

    /// There may have been as many as there may be.
    pub fn may_be_full(&self, known: &Known<'_>, session: &Session<'_>, limit: Limit, event: &Event) -> bool {
        limit.refuses && self.others_open(known, session, event.started_us, event.ended_us) >= limit.most
    }

    /// The users who surely had more at one moment, and how many.
    pub fn beyond<'a>(&self, known: &Known<'a>, limit: Limit) -> Vec<(&'a Name, usize)> {
        let mut turns: HashMap<&Name, Vec<(u64, isize)>> = HashMap::new();
        for (at, (from_us, until_us)) in &self.seen_us {
            if from_us < until_us {
                let turns = turns.entry(known.sessions[*at].user).or_default();
                turns.extend([(*from_us, 1), (*until_us, -1)]);
            }
        }
        let most_of = |mut turns: Vec<(u64, isize)>| {
            // What ends at a moment is over before another begins.
            turns.sort_unstable();
            let mut live = 0;
            let counts = turns.iter().map(|(_, change)| {
                live += change;
                live
            });
            counts.max().unwrap_or(0).unsigned_abs()
        };
        let most = turns.into_iter().map(|(user, turns)| (user, most_of(turns)));
        most.filter(|(_, most)| *most > limit.most).collect()
    }
}
