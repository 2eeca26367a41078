//! Judges a history. A pure function: `tests/history/judgements.rs` has the table of good and bad ones.
//!
//! A call takes effect at some moment between its start and its end, and one without an answer, or with a 503,
//! at any moment after its start, or never. Whatever some choice of moments explains is no violation; so a
//! violation is certain.

use vestibule::domain::handle::Handle;

use super::known::Known;
use super::limited::{Limit, Spans};
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
    /// Nobody has more live sessions than the limit.
    Limit,
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
    check_under(history, None)
}

/// The same of a portal that limits how many sessions a user may have.
pub fn check_under(history: &History, limit: Option<Limit>) -> Vec<Violation> {
    let known = Known::of(history);
    let spans = Spans::of(history, &known);
    let beyond = limit.map(|limit| spans.beyond(&known, limit)).unwrap_or_default();
    let mut violations: Vec<Violation> = beyond
        .into_iter()
        .map(|(user, live)| Violation {
            promise: Promise::Limit,
            told: format!("{live} sessions of {user} were live at one moment"),
        })
        .collect();
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
            Outcome::Full => {
                let session = known.session_of(&event.call);
                let is_founded = limit
                    .zip(session)
                    .is_some_and(|(limit, session)| spans.may_be_full(&known, session, limit, event));
                if !is_founded {
                    tell(Promise::NobodyIsLockedOut, event, "there was room".to_owned());
                }
            }
            Outcome::Refused => {
                let session = known.session_of(&event.call);
                let may_be_displaced = limit.zip(session).is_some_and(|(limit, session)| {
                    spans.may_be_displaced(&known, session, limit, event.ended_us)
                });
                if !may_be_displaced && let Some((promise, told)) = known.unfounded_refusal(history, event) {
                    tell(promise, event, told);
                }
            }
            Outcome::Live { .. }
            | Outcome::Exchanged { .. }
            | Outcome::Opened { .. }
            | Outcome::Acknowledged => {
                if let Some(told) = known.late_acceptance(history, event) {
                    tell(Promise::StaysDead, event, told);
                }
            }
            Outcome::Listed { direct } => {
                if let Some((promise, told)) = known.wrong_list(history, event, direct) {
                    tell(promise, event, told);
                }
            }
            Outcome::Created { .. } | Outcome::Outage | Outcome::NotConnected | Outcome::Unanswered => (),
        }
    }
    violations
}

/// Two nodes may have taken themselves for the primary.
pub fn is_split(history: &History, event: &Event) -> bool {
    history
        .faults
        .iter()
        .any(|fault| fault.splits && fault.started_us <= event.ended_us && event.started_us <= fault.ended_us)
}

/// A run on the same store came before this history.
fn is_of_before(history: &History, handle: &str) -> bool {
    let first_us = history.events.iter().map(|event| event.started_us).min().unwrap_or(0);
    Handle::parse(handle).is_ok_and(|handle| handle.created_at_ms * 1_000 + SKEW_US < first_us)
}

fn is_excused(history: &History, event: &Event) -> bool {
    let on =
        |from_us: u64, until_us: u64| from_us <= event.ended_us && event.started_us <= until_us + RECOVERY_US;
    history.faults.iter().any(|fault| on(fault.started_us, fault.ended_us))
}

impl Known<'_> {
    fn wrong_session(&self, event: &Event) -> Option<String> {
        let session = self.session_of(&event.call)?;
        match &event.outcome {
            Outcome::Exchanged { token, .. } | Outcome::Opened { token, .. }
                if session.given.is_some_and(|(given, _)| given != token) =>
            {
                Some(format!("a second session, after {:?}", session.given))
            }
            Outcome::Exchanged { handle, .. } | Outcome::Opened { handle, .. } | Outcome::Live { handle }
                if session.handle != Some(handle) =>
            {
                Some(format!("not {:?}", session.handle))
            }
            Outcome::Exchanged { .. }
            | Outcome::Opened { .. }
            | Outcome::Listed { .. }
            | Outcome::Live { .. }
            | Outcome::Created { .. }
            | Outcome::Acknowledged
            | Outcome::Refused
            | Outcome::Full
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
        if matches!(event.call, Call::Open { .. }) {
            let told = "its session had neither ended nor been there for long".to_owned();
            let is_too_late = event.ended_us > session.begun_us + REPEAT_US;
            return (!is_too_late).then_some((Promise::NobodyIsLockedOut, told));
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
            | Call::Open { .. }
            | Call::Verify { .. }
            | Call::End { .. }
            | Call::Revoke { .. }
            | Call::RevokeAll { .. }
            | Call::List { .. } => false,
        };
        let earlier = || session.exchanges.iter().filter(|other| other.started_us < event.ended_us);
        let another_may_have_won = earlier().any(|other| !is_same_attempt(other));
        let first_try_us = earlier().map(|other| other.started_us).min().unwrap_or(event.started_us);
        let is_fenced = history.faults.iter().any(|fault| {
            fault.fences && session.begun_us <= fault.ended_us && fault.started_us <= event.ended_us
        });
        let is_too_late =
            event.ended_us > first_try_us + REPEAT_US || event.ended_us + SKEW_US > session.ticket_expires_us;
        let is_founded = another_may_have_won || is_fenced || is_too_late;
        (!is_founded)
            .then(|| (Promise::NobodyIsLockedOut, "nobody else can have spent the ticket".to_owned()))
    }

    fn late_acceptance(&self, history: &History, event: &Event) -> Option<String> {
        let session = self.session_of(&event.call)?;
        if is_split(history, event) {
            return None;
        }
        if let Some(end) = session.ends.iter().find(|end| session.surely_ended_by(end, event.started_us)) {
            return Some(format!("after {:?} was acknowledged at {}", end.call, end.ended_us));
        }
        let expires_us = session.given.map_or(session.ticket_expires_us, |(_, expires_us)| expires_us);
        (event.started_us > expires_us + SKEW_US).then(|| format!("after its expiry at {expires_us}"))
    }

    /// A try whose reply was lost may have left a session that nobody has; a repeat with its key must not leave another.
    fn wrong_list(&self, history: &History, event: &Event, direct: &[Name]) -> Option<(Promise, String)> {
        let Call::List { user } = &event.call else { return None };
        if is_split(history, event) {
            return None;
        }
        let unanswered = self.sessions.iter().filter(|session| {
            session.user == user && session.handle.is_none() && session.begun_us < event.ended_us
        });
        let unknown = direct.iter().filter(|handle| !self.by_handle.contains_key(handle));
        let unknown = unknown.filter(|handle| !is_of_before(history, handle));
        if unknown.count() > unanswered.count() {
            return Some((Promise::OneSession, "a session that nobody was given".to_owned()));
        }
        let known = direct.iter().filter_map(|handle| self.by_handle.get(handle));
        known.map(|&at| &self.sessions[at]).find_map(|session| {
            let end = session.ends.iter().find(|end| session.surely_ended_by(end, event.started_us))?;
            Some((Promise::StaysDead, format!("{:?} after {:?}", session.handle, end.call)))
        })
    }
}
