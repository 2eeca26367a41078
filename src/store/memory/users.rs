//! What the store in this process keeps: each user's sessions, dead and alive.
//!
//! Must not know: the lock around it, or what a session is asked for.

use std::collections::{BTreeMap, HashMap};

use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::events::Went;
use crate::domain::explained::{Known, Over, Stage};
use crate::domain::handle::Handle;
use crate::domain::history::{self, Happening, HistoryEvent};
use crate::domain::policy::SessionPolicy;
use crate::domain::ports::{Gone, Position, Record, Stored};
use crate::domain::session::{PortalSession, State};
use crate::domain::user_tag::UserTag;

/// Sessions of a user that are counted.
const LOOKED_AT: usize = 100;

#[derive(Default)]
pub struct Users {
    pub entries: HashMap<UserTag, BTreeMap<Position, Entry>>,
    /// When each user's last entry may be dropped, in order of time, so that a sweep touches only what is due.
    pub forget_at_ms: BTreeMap<(u64, UserTag), ()>,
}

/// One session, dead or alive.
pub struct Entry {
    pub session: PortalSession,
    pub session_ttl_ms: u64,
    pub policy: SessionPolicy,
    /// Of a session that began with one.
    pub ticket: Option<Digest>,
    pub token: Option<Digest>,
    pub removed: Option<Refusal>,
    /// Until when anything of it is remembered.
    pub forget_at_ms: u64,
    /// What happened to it, if a history is kept.
    pub history: Option<Vec<HistoryEvent>>,
}

impl Entry {
    /// Under no digest yet.
    pub fn new(session: PortalSession, session_ttl_ms: u64, policy: SessionPolicy) -> Self {
        let (ticket, token, removed, history) = (None, None, None, None);
        Entry { session, session_ttl_ms, policy, ticket, token, removed, forget_at_ms: 0, history }
    }

    /// Adds to its history, if one is kept.
    pub fn tell(&mut self, at_ms: u64, what: Happening) {
        if let Some(events) = &mut self.history {
            history::add(events, HistoryEvent { at_ms, what });
        }
    }

    pub fn state_at(&self, now_ms: u64) -> State {
        if self.removed.is_some() { State::Expired } else { self.session.state_at(now_ms) }
    }

    /// Every entry has one of the two.
    pub fn record(&self) -> Option<Record> {
        self.token.map(Record::Token).or(self.ticket.map(Record::Ticket))
    }

    pub fn known_at(&self, now_ms: u64) -> Known {
        let stage = match (self.ticket, self.token) {
            (Some(_), None) => Stage::Link,
            (Some(_), Some(_)) => Stage::Exchanged,
            (None, _) => Stage::Direct,
        };
        let now = if self.state_at(now_ms) == State::Expired {
            Err(self.over_at(now_ms))
        } else {
            Ok(self.session.clone())
        };
        let events = self.history.clone().unwrap_or_default();
        Known { handle: self.session.handle, stage, now, events }
    }

    /// Of a session that is over.
    fn over_at(&self, now_ms: u64) -> Over {
        if self.removed == Some(Refusal::Revoked) {
            Over::Revoked
        } else if self.removed == Some(Refusal::Idle) {
            Over::Idle
        } else if self.removed == Some(Refusal::Displaced) {
            Over::Displaced
        } else if self.removed.is_some() {
            Over::Ended
        } else if self.session.is_idle_at(now_ms) {
            Over::Idle
        } else {
            Over::Expired
        }
    }
}

impl Users {
    pub fn of(&mut self, tag: UserTag) -> impl Iterator<Item = &mut Entry> {
        self.entries.get_mut(&tag).into_iter().flat_map(BTreeMap::values_mut)
    }

    pub fn at(&mut self, handle: &Handle) -> Option<&mut Entry> {
        self.entries.get_mut(&handle.tag)?.get_mut(&Position::from(*handle))
    }

    pub fn stored(&mut self, session: PortalSession, now_ms: u64) -> Stored {
        let live = self.of(session.handle.tag).filter(|entry| entry.state_at(now_ms) != State::Expired);
        let live = live.take(LOOKED_AT).count() as u64;
        Stored { session, live, went: Went::default() }
    }

    pub fn remember(&mut self, tag: UserTag, until_ms: u64) {
        self.forget_at_ms.insert((until_ms, tag), ());
    }

    pub fn sweep(&mut self, now_ms: u64) {
        while let Some((&(due_ms, tag), ())) = self.forget_at_ms.first_key_value() {
            if due_ms > now_ms {
                return;
            }
            self.forget_at_ms.pop_first();
            if let Some(entries) = self.entries.get_mut(&tag) {
                entries.retain(|_, entry| entry.forget_at_ms > now_ms);
                if entries.is_empty() {
                    self.entries.remove(&tag);
                }
            }
        }
    }

    /// What is still known of a digest under which nothing is found.
    pub fn fate(&mut self, tag: UserTag, digest: &Digest, now_ms: u64) -> Gone {
        let found = self.entries.get_mut(&tag).and_then(|entries| {
            let mut newest_first = entries.values_mut().rev();
            newest_first.find(|entry| entry.ticket == Some(*digest) || entry.token.as_ref() == Some(digest))
        });
        let Some(entry) = found else {
            return Gone::new(Refusal::Unknown, None);
        };
        let handle = Some(entry.session.handle);
        if entry.token.is_some() && entry.ticket == Some(*digest) {
            return Gone::new(Refusal::Used, handle);
        }
        if entry.removed.is_none() && entry.session.is_idle_at(now_ms) {
            entry.removed = Some(Refusal::Idle);
            entry.tell(now_ms, Happening::Idle);
            return Gone { is_news: true, ..Gone::new(Refusal::Idle, handle) };
        }
        Gone::new(entry.removed.unwrap_or(Refusal::Expired), handle)
    }
}
