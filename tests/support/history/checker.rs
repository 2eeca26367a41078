//! Judges a history. A pure function: `tests/history/judgements.rs` has the table of good and bad ones.
//!
//! A call takes effect at some moment between its start and its end, and one without an answer, or with a 503,
//! at any moment after its start, or never. Whatever some choice of moments explains is no violation; so a
//! violation is certain.

use std::collections::HashMap;

use super::{Call, Event, History, Name, Outcome};

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub promise: Promise,
    pub told: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A ticket gives at most one session, and a token stands for the session that it was given for.
    OneSession,
    /// A session that was handed out is accepted until its expiry, its end or its revocation.
    LivesUntilItsEnd,
    /// Nothing is accepted after its end or revocation was acknowledged, or after its expiry.
    StaysDead,
    /// Who repeats an exchange with its own Idempotency-Key within the minute is never refused.
    NobodyIsLockedOut,
    /// Outages are those that we caused, and end with them.
    NoOutageWithoutAFault,
    /// No other answer than those of the contract.
    RightAnswers,
}

/// How long after a fault its outages are forgiven; also the requirement for recovery.
pub const RECOVERY_US: u64 = 2_000_000;
/// How far the client's clock and rounding may be from the store's.
const SKEW_US: u64 = 100_000;
/// A repeat is safe for this long after the first try's success.
const REPEAT_US: u64 = 60_000_000;

/// Every violation of the history.
pub fn check(history: &History) -> Vec<Violation> {
    let known = Known::of(history);
    let mut violations = Vec::new();
    let mut tell = |promise, event: &Event, why: String| {
        let what = format!("{:?} -> {:?}", event.call, event.outcome);
        let when = format!("[{}, {}]", event.started_us, event.ended_us);
        violations.push(Violation { promise, told: format!("{why}: {what} at {when}") });
    };
    for event in &history.events {
        if let Some(told) = known.wrong_session(event) {
            tell(Promise::OneSession, event, told);
        }
        match &event.outcome {
            Outcome::Wrong(_) => tell(Promise::RightAnswers, event, "not of the contract".to_owned()),
            Outcome::Outage | Outcome::NotConnected | Outcome::Unanswered if !is_excused(history, event) => {
                tell(Promise::NoOutageWithoutAFault, event, "no fault was on".to_owned());
            }
            Outcome::Refused => {
                if let Some((promise, told)) = known.unfounded_refusal(history, event) {
                    tell(promise, event, told);
                }
            }
            Outcome::Live { .. } | Outcome::Exchanged { .. } | Outcome::Acknowledged => {
                if let Some(told) = known.late_acceptance(history, event) {
                    tell(Promise::StaysDead, event, told);
                }
            }
            Outcome::Created { .. } | Outcome::Outage | Outcome::NotConnected | Outcome::Unanswered => (),
        }
    }
    violations
}

fn is_excused(history: &History, event: &Event) -> bool {
    let on =
        |from_us: u64, until_us: u64| from_us <= event.ended_us && event.started_us <= until_us + RECOVERY_US;
    history.faults.iter().any(|fault| on(fault.started_us, fault.ended_us))
}

/// Everything known of one ticket and the session that it may become.
struct Session<'a> {
    user: &'a Name,
    handle: &'a Name,
    created: &'a Event,
    ticket_expires_us: u64,
    exchanges: Vec<&'a Event>,
    /// That the first successful exchange gave.
    given: Option<(&'a Name, u64)>,
    ends: Vec<&'a Event>,
}

struct Known<'a> {
    sessions: Vec<Session<'a>>,
    by_ticket: HashMap<&'a Name, usize>,
    by_token: HashMap<&'a Name, usize>,
}

impl<'a> Known<'a> {
    fn of(history: &'a History) -> Self {
        let mut known = Known { sessions: Vec::new(), by_ticket: HashMap::new(), by_token: HashMap::new() };
        let (mut by_handle, mut by_user) = (HashMap::new(), HashMap::<&Name, Vec<usize>>::new());
        for created in &history.events {
            if let (Call::Create { user }, Outcome::Created { ticket, handle, expires_at_ms }) =
                (&created.call, &created.outcome)
            {
                let at = known.sessions.len();
                known.by_ticket.insert(ticket, at);
                by_handle.insert(handle, at);
                by_user.entry(user).or_default().push(at);
                let ticket_expires_us = expires_at_ms * 1_000;
                let (exchanges, ends) = (Vec::new(), Vec::new());
                let session =
                    Session { user, handle, created, ticket_expires_us, exchanges, given: None, ends };
                known.sessions.push(session);
            }
        }
        for event in &history.events {
            let Call::Exchange { ticket, .. } = &event.call else { continue };
            let at = known.by_ticket[ticket];
            known.sessions[at].exchanges.push(event);
            if let Outcome::Exchanged { token, expires_at_ms, .. } = &event.outcome {
                known.by_token.entry(token).or_insert(at);
                known.sessions[at].given.get_or_insert((token, expires_at_ms * 1_000));
            }
        }
        for event in &history.events {
            let ended: &[usize] = match &event.call {
                Call::End { token } => std::slice::from_ref(&known.by_token[token]),
                Call::Revoke { handle } => std::slice::from_ref(&by_handle[handle]),
                Call::RevokeAll { user } => by_user.get(user).map_or(&[], Vec::as_slice),
                Call::Create { .. } | Call::Exchange { .. } | Call::Verify { .. } => &[],
            };
            for &at in ended {
                known.sessions[at].ends.push(event);
            }
        }
        known
    }

    fn session_of(&self, call: &Call) -> Option<&Session<'a>> {
        let at = match call {
            Call::Exchange { ticket, .. } => self.by_ticket.get(ticket),
            Call::Verify { token } | Call::End { token } => self.by_token.get(token),
            Call::Create { .. } | Call::Revoke { .. } | Call::RevokeAll { .. } => None,
        };
        at.map(|&at| &self.sessions[at])
    }

    fn wrong_session(&self, event: &Event) -> Option<String> {
        let session = self.session_of(&event.call)?;
        match &event.outcome {
            Outcome::Exchanged { token, .. } if session.given.is_some_and(|(given, _)| given != token) => {
                Some(format!("a second session, after {:?}", session.given))
            }
            Outcome::Exchanged { handle, .. } | Outcome::Live { handle } if handle != session.handle => {
                Some(format!("not {}", session.handle))
            }
            Outcome::Exchanged { .. }
            | Outcome::Live { .. }
            | Outcome::Created { .. }
            | Outcome::Acknowledged
            | Outcome::Refused
            | Outcome::Outage
            | Outcome::NotConnected
            | Outcome::Unanswered
            | Outcome::Wrong(_) => None,
        }
    }

    fn unfounded_refusal(&self, history: &History, event: &Event) -> Option<(Promise, String)> {
        let session = self.session_of(&event.call)?;
        if session.may_have_ended_before(event.ended_us) {
            return None;
        }
        let Call::Exchange { key, .. } = &event.call else {
            let (_, expires_us) = session.given?;
            let told = "the session was live".to_owned();
            return (event.ended_us + SKEW_US < expires_us).then_some((Promise::LivesUntilItsEnd, told));
        };
        let is_same_attempt = |other: &Event| match &other.call {
            Call::Exchange { key: Some(other_key), .. } => key.as_ref() == Some(other_key),
            Call::Exchange { key: None, .. } => std::ptr::eq(other, event),
            Call::Create { .. }
            | Call::Verify { .. }
            | Call::End { .. }
            | Call::Revoke { .. }
            | Call::RevokeAll { .. } => false,
        };
        let earlier = || session.exchanges.iter().filter(|other| other.started_us < event.ended_us);
        let another_may_have_won = earlier().any(|other| !is_same_attempt(other));
        let first_try_us = earlier().map(|other| other.started_us).min().unwrap_or(event.started_us);
        let is_fenced = history.faults.iter().any(|fault| {
            fault.fences && session.created.started_us <= fault.ended_us && fault.started_us <= event.ended_us
        });
        let is_too_late =
            event.ended_us > first_try_us + REPEAT_US || event.ended_us + SKEW_US > session.ticket_expires_us;
        let is_founded = another_may_have_won || is_fenced || is_too_late;
        (!is_founded)
            .then(|| (Promise::NobodyIsLockedOut, "nobody else can have spent the ticket".to_owned()))
    }

    fn late_acceptance(&self, history: &History, event: &Event) -> Option<String> {
        let session = self.session_of(&event.call)?;
        let is_split = history.faults.iter().any(|fault| {
            fault.splits && fault.started_us <= event.ended_us && event.started_us <= fault.ended_us
        });
        if is_split {
            return None;
        }
        if let Some(end) = session.ends.iter().find(|end| session.surely_ended_by(end, event.started_us)) {
            return Some(format!("after {:?} was acknowledged at {}", end.call, end.ended_us));
        }
        let expires_us = session.given.map_or(session.ticket_expires_us, |(_, expires_us)| expires_us);
        (event.started_us > expires_us + SKEW_US).then(|| format!("after its expiry at {expires_us}"))
    }
}

impl Session<'_> {
    /// Some end may have taken effect before this moment.
    fn may_have_ended_before(&self, moment_us: u64) -> bool {
        self.ends.iter().any(|end| {
            let may_be_after_creation = match end.outcome {
                Outcome::Outage | Outcome::Unanswered => true,
                Outcome::Acknowledged => end.ended_us >= self.created.started_us,
                Outcome::NotConnected
                | Outcome::Refused
                | Outcome::Created { .. }
                | Outcome::Exchanged { .. }
                | Outcome::Live { .. }
                | Outcome::Wrong(_) => false,
            };
            may_be_after_creation && end.started_us < moment_us
        })
    }

    /// It was acknowledged before this moment, and began when the session was there.
    fn surely_ended_by(&self, end: &Event, moment_us: u64) -> bool {
        end.outcome == Outcome::Acknowledged
            && end.ended_us < moment_us
            && self.created.ended_us <= end.started_us
    }
}
