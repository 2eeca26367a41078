//! What a history tells of each session: who asked for it, when it was there, and what may have ended it.

use std::collections::HashMap;

use super::{Call, Event, History, Name, Outcome};

/// Everything known of one ticket, or of one key of an opening, and the session that it may become.
pub struct Session<'a> {
    pub user: &'a Name,
    /// `None`: no try to open it was answered.
    pub handle: Option<&'a Name>,
    /// The first try to create or open it began, and when one had succeeded.
    pub begun_us: u64,
    pub there_us: u64,
    pub ticket_expires_us: u64,
    pub exchanges: Vec<&'a Event>,
    /// That the first successful exchange or opening gave.
    pub given: Option<(&'a Name, u64)>,
    pub ends: Vec<&'a Event>,
}

#[derive(Default)]
pub struct Known<'a> {
    pub sessions: Vec<Session<'a>>,
    pub by_ticket: HashMap<&'a Name, usize>,
    pub by_key: HashMap<&'a Name, usize>,
    pub by_token: HashMap<&'a Name, usize>,
    pub by_handle: HashMap<&'a Name, usize>,
}

impl<'a> Known<'a> {
    pub fn of(history: &'a History) -> Self {
        let mut known = Known::default();
        for event in &history.events {
            known.note_creation(event);
            known.note_opening(event);
        }
        for event in &history.events {
            known.note_exchange(event);
        }
        for event in &history.events {
            known.note_end(event);
        }
        known
    }

    fn note_creation(&mut self, event: &'a Event) {
        if let (Call::Create { user }, Outcome::Created { ticket, handle, expires_at_ms }) =
            (&event.call, &event.outcome)
        {
            self.by_ticket.insert(ticket, self.sessions.len());
            self.by_handle.insert(handle, self.sessions.len());
            self.sessions.push(Session {
                user,
                handle: Some(handle),
                begun_us: event.started_us,
                there_us: event.ended_us,
                ticket_expires_us: expires_at_ms * 1_000,
                exchanges: Vec::new(),
                given: None,
                ends: Vec::new(),
            });
        }
    }

    fn note_opening(&mut self, event: &'a Event) {
        let Call::Open { user, key } = &event.call else { return };
        let at = *self.by_key.entry(key).or_insert(self.sessions.len());
        if at == self.sessions.len() {
            self.sessions.push(Session {
                user,
                handle: None,
                begun_us: event.started_us,
                there_us: u64::MAX,
                ticket_expires_us: u64::MAX,
                exchanges: Vec::new(),
                given: None,
                ends: Vec::new(),
            });
        }
        let session = &mut self.sessions[at];
        session.begun_us = session.begun_us.min(event.started_us);
        if let Outcome::Opened { token, handle, expires_at_ms } = &event.outcome {
            self.by_token.entry(token).or_insert(at);
            self.by_handle.entry(handle).or_insert(at);
            session.handle.get_or_insert(handle);
            session.there_us = session.there_us.min(event.ended_us);
            session.given.get_or_insert((token, expires_at_ms * 1_000));
        }
    }

    fn note_exchange(&mut self, event: &'a Event) {
        let Call::Exchange { ticket, .. } = &event.call else { return };
        let at = self.by_ticket[ticket];
        self.sessions[at].exchanges.push(event);
        if let Outcome::Exchanged { token, expires_at_ms, .. } = &event.outcome {
            self.by_token.entry(token).or_insert(at);
            self.sessions[at].given.get_or_insert((token, expires_at_ms * 1_000));
        }
    }

    fn note_end(&mut self, event: &'a Event) {
        match &event.call {
            Call::End { token } => self.sessions[self.by_token[token]].ends.push(event),
            Call::Revoke { handle } => self.sessions[self.by_handle[handle]].ends.push(event),
            Call::RevokeAll { user } => {
                let theirs = self.sessions.iter_mut().filter(|session| session.user == user);
                theirs.for_each(|session| session.ends.push(event));
            }
            Call::Create { .. }
            | Call::Open { .. }
            | Call::Exchange { .. }
            | Call::Verify { .. }
            | Call::List { .. } => (),
        }
    }

    pub fn session_of(&self, call: &Call) -> Option<&Session<'a>> {
        self.place_of(call).map(|at| &self.sessions[at])
    }

    pub fn place_of(&self, call: &Call) -> Option<usize> {
        let at = match call {
            Call::Exchange { ticket, .. } => self.by_ticket.get(ticket),
            Call::Verify { token } | Call::End { token } => self.by_token.get(token),
            Call::Open { key, .. } => self.by_key.get(key),
            Call::Create { .. } | Call::Revoke { .. } | Call::RevokeAll { .. } | Call::List { .. } => None,
        };
        at.copied()
    }
}

impl Session<'_> {
    /// Some end may have taken effect before this moment.
    pub fn may_have_ended_before(&self, moment_us: u64) -> bool {
        self.ends.iter().any(|end| {
            let may_be_after_creation = match end.outcome {
                Outcome::Outage | Outcome::Unanswered => true,
                Outcome::Acknowledged => end.ended_us >= self.begun_us,
                Outcome::NotConnected
                | Outcome::Refused
                | Outcome::Full
                | Outcome::Created { .. }
                | Outcome::Exchanged { .. }
                | Outcome::Opened { .. }
                | Outcome::Listed { .. }
                | Outcome::Live { .. }
                | Outcome::Wrong(_) => false,
            };
            may_be_after_creation && end.started_us < moment_us
        })
    }

    /// It was acknowledged before this moment, and began when the session was there.
    pub fn surely_ended_by(&self, end: &Event, moment_us: u64) -> bool {
        end.outcome == Outcome::Acknowledged && end.ended_us < moment_us && self.there_us <= end.started_us
    }
}
