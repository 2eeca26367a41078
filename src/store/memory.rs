//! The session store in this process, for a first look and for tests. It serves one gateway and ends with it.
//!
//! Owns: the same guarantees as on Redis, under one lock. (A cache such as `moka` could not change three entries in one
//! step, as an exchange does.)
//! Must not know: the rules of the product.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::record;
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::handle::Handle;
use crate::domain::policy::{Idle, SessionPolicy};
use crate::domain::ports::{
    Clock, Exchange, ExchangeAttempt, Found, Gone, Lookup, Named, NewDirectSession, NewSession, Opening,
    Peek, Position, REPEAT_MS, Readiness, Record, Removal, SessionStore, StoreError, Stored,
};
use crate::domain::session::{PortalSession, State};
use crate::domain::user_tag::UserTag;

/// How long it is remembered why a session ended, for the operator.
const GRACE_MS: u64 = 3_600_000;
/// Sessions of a user that are counted.
const LOOKED_AT: usize = 100;

/// Keeps every session in a map.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    users: Mutex<Users>,
}

#[derive(Default)]
struct Users {
    entries: HashMap<UserTag, BTreeMap<Position, Entry>>,
    /// When each user's last entry may be dropped, in order of time, so that a sweep touches only what is due.
    forget_at_ms: BTreeMap<(u64, UserTag), ()>,
}

/// One session, dead or alive.
struct Entry {
    session: PortalSession,
    session_ttl_ms: u64,
    policy: SessionPolicy,
    /// Of a session that began with one.
    ticket: Option<Digest>,
    token: Option<Digest>,
    removed: Option<Refusal>,
}

impl Entry {
    fn state_at(&self, now_ms: u64) -> State {
        if self.removed.is_some() { State::Expired } else { self.session.state_at(now_ms) }
    }

    /// Every entry has one of the two.
    fn record(&self) -> Option<Record> {
        self.token.map(Record::Token).or(self.ticket.map(Record::Ticket))
    }

    fn forget_at_ms(&self) -> u64 {
        self.session.expires_at_ms + GRACE_MS
    }
}

impl MemoryStore {
    /// `clock` decides what has expired.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        MemoryStore { clock, users: Mutex::default() }
    }

    fn lock(&self) -> (MutexGuard<'_, Users>, u64) {
        // A panic elsewhere cannot leave an entry half changed, because every change below is one assignment.
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now_ms();
        users.sweep(now_ms);
        (users, now_ms)
    }
}

impl Users {
    fn of(&mut self, tag: UserTag) -> impl Iterator<Item = &mut Entry> {
        self.entries.get_mut(&tag).into_iter().flat_map(BTreeMap::values_mut)
    }

    fn at(&mut self, handle: &Handle) -> Option<&mut Entry> {
        self.entries.get_mut(&handle.tag)?.get_mut(&Position::from(*handle))
    }

    fn stored(&mut self, session: PortalSession, now_ms: u64) -> Stored {
        let live = self.of(session.handle.tag).filter(|entry| entry.state_at(now_ms) != State::Expired);
        let live = live.take(LOOKED_AT).count() as u64;
        Stored { session, live }
    }

    fn remember(&mut self, tag: UserTag, until_ms: u64) {
        self.forget_at_ms.insert((until_ms, tag), ());
    }

    fn sweep(&mut self, now_ms: u64) {
        while let Some((&(due_ms, tag), ())) = self.forget_at_ms.first_key_value() {
            if due_ms > now_ms {
                return;
            }
            self.forget_at_ms.pop_first();
            if let Some(entries) = self.entries.get_mut(&tag) {
                entries.retain(|_, entry| entry.forget_at_ms() > now_ms);
                if entries.is_empty() {
                    self.entries.remove(&tag);
                }
            }
        }
    }

    /// What is still known of a digest under which nothing is found.
    fn fate(&mut self, tag: UserTag, digest: &Digest, now_ms: u64) -> Gone {
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
            return Gone { is_news: true, ..Gone::new(Refusal::Idle, handle) };
        }
        Gone::new(entry.removed.unwrap_or(Refusal::Expired), handle)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError> {
        let (mut users, now_ms) = self.lock();
        let earlier = users.of(new.tag).find(|entry| entry.ticket == Some(new.ticket));
        if let Some(session) = earlier.map(|entry| entry.session.clone()) {
            return Ok(users.stored(session, now_ms));
        }
        let session = record::created(new, now_ms, now_ms + new.ticket_ttl_ms);
        let entry = Entry {
            session: session.clone(),
            session_ttl_ms: new.session_ttl_ms,
            policy: new.policy,
            ticket: Some(new.ticket),
            token: None,
            removed: None,
        };
        users.remember(new.tag, entry.forget_at_ms());
        users.entries.entry(new.tag).or_default().insert(Position::from(session.handle), entry);
        Ok(users.stored(session, now_ms))
    }

    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        let (mut users, now_ms) = self.lock();
        let earlier = users.of(new.tag).find(|entry| entry.token == Some(new.token));
        if let Some(earlier) = earlier {
            let age_ms = now_ms.saturating_sub(earlier.session.handle.created_at_ms);
            // One that has ended must not come back.
            let is_repeat = earlier.state_at(now_ms) == State::Active && age_ms <= REPEAT_MS;
            let session = earlier.session.clone();
            return Ok(if is_repeat {
                Opening::Done(users.stored(session, now_ms))
            } else {
                Opening::TooLate
            });
        }
        let session = record::opened(new, now_ms);
        let entry = Entry {
            session: session.clone(),
            session_ttl_ms: new.session_ttl_ms,
            policy: new.policy,
            ticket: None,
            token: Some(new.token),
            removed: None,
        };
        users.remember(new.tag, entry.forget_at_ms());
        users.entries.entry(new.tag).or_default().insert(Position::from(session.handle), entry);
        Ok(Opening::Done(users.stored(session, now_ms)))
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (mut users, now_ms) = self.lock();
        let ours = users.of(attempt.tag).find(|entry| entry.ticket == Some(attempt.ticket));
        let Some(entry) = ours.filter(|entry| entry.state_at(now_ms) != State::Expired) else {
            return Ok(Exchange::Gone(users.fate(attempt.tag, &attempt.ticket, now_ms)));
        };
        let age_ms = now_ms.saturating_sub(entry.session.exchanged_at_ms.unwrap_or(now_ms));
        let is_repeat = entry.token == Some(attempt.token) && age_ms <= REPEAT_MS;
        if entry.token.is_some() && !is_repeat {
            return Ok(Exchange::Gone(users.fate(attempt.tag, &attempt.ticket, now_ms)));
        }
        if !attempt.portals.admits(&entry.session.grant.slug) {
            return Ok(Exchange::NotAdmitted(entry.session.clone()));
        }
        if is_repeat {
            return Ok(Exchange::Done(entry.session.clone()));
        }
        let agent = record::user_agent_line(attempt.user_agent.as_deref());
        entry.token = Some(attempt.token);
        entry.session.exchanged_at_ms = Some(now_ms);
        let expires_at_ms = now_ms + entry.session_ttl_ms;
        entry.session.expires_at_ms = expires_at_ms;
        let idle = entry.policy.idle_timeout_ms;
        entry.session.idle = idle.map(|timeout_ms| Idle::begun(timeout_ms, now_ms, expires_at_ms));
        entry.session.user_agent = Some(agent).filter(|line| !line.is_empty());
        let (session, until_ms) = (entry.session.clone(), entry.forget_at_ms());
        users.remember(attempt.tag, until_ms);
        Ok(Exchange::Done(session))
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        let (mut users, now_ms) = self.lock();
        let pending = |entry: &&mut Entry| {
            entry.ticket == Some(*ticket) && entry.token.is_none() && entry.state_at(now_ms) == State::Pending
        };
        let session = users.of(tag).find(pending).map(|entry| entry.session.clone());
        Ok(session.map_or_else(|| Peek::Gone(users.fate(tag, ticket, now_ms)), Peek::Pending))
    }

    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        let (mut users, now_ms) = self.lock();
        let active = users
            .of(tag)
            .find(|entry| entry.token.as_ref() == Some(token) && entry.state_at(now_ms) == State::Active);
        let Some(Entry { session, .. }) = active else {
            return Ok(Found::Gone(users.fate(tag, token, now_ms)));
        };
        if lookup != Lookup::Glance {
            session.idle = session.idle.map(|idle| idle.used(now_ms, session.expires_at_ms));
        }
        Ok(Found::Active(session.clone()))
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        let (mut users, now_ms) = self.lock();
        let entry = users.at(handle).filter(|entry| entry.state_at(now_ms) != State::Expired);
        Ok(entry.and_then(|entry| Some(Named { session: entry.session.clone(), record: entry.record()? })))
    }

    async fn remove(
        &self,
        handle: &Handle,
        _record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        let (mut users, now_ms) = self.lock();
        let Some(entry) = users.at(handle).filter(|entry| entry.state_at(now_ms) != State::Expired) else {
            return Ok(false);
        };
        entry.removed = Some(match removal {
            Removal::Revoked => Refusal::Revoked,
            Removal::Ended | Removal::Replaced => Refusal::Ended,
        });
        Ok(true)
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, StoreError> {
        let (mut users, now_ms) = self.lock();
        let mut revoked = 0;
        for entry in users.of(tag) {
            let is_kept = kept == Some(Position::from(entry.session.handle));
            if entry.state_at(now_ms) != State::Expired && !is_kept {
                entry.removed = Some(Refusal::Revoked);
                revoked += 1;
            }
        }
        Ok(revoked)
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        let (users, now_ms) = self.lock();
        let newest_first = users.entries.get(&tag).into_iter().flat_map(|entries| entries.iter().rev());
        let live = newest_first
            .filter(|(position, _)| before.is_none_or(|before| **position < before))
            .filter(|(_, entry)| entry.state_at(now_ms) != State::Expired);
        Ok(live.take(limit).map(|(_, entry)| entry.session.clone()).collect())
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(self.clock.now_ms())
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        Ok(Readiness::Serves)
    }
}
