//! The session store in this process, for a first look and for tests. It serves one gateway and ends with it.
//!
//! Owns: the same guarantees as on Redis, under one lock. (A cache such as `moka` could not change three entries in one
//! step, as an exchange does.)
//! Must not know: the rules of the product.

mod histories;
mod room;
mod users;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use self::users::{Entry, Users};
use super::record;
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::events::Went;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::policy::Idle;
use crate::domain::ports::{
    Clock, Exchange, ExchangeAttempt, Found, Gone, Lookup, Named, NewDirectSession, NewSession,
    NotAllRevoked, OnBehalf, Opening, Peek, Position, REPEAT_MS, Readiness, Record, Removal, SessionStore,
    StoreError, Stored,
};
use crate::domain::session::{PortalSession, State};
use crate::domain::user_tag::UserTag;

/// How long it is remembered at least why a session ended, for the operator.
const GRACE_MS: u64 = 3_600_000;

/// Keeps every session in a map.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    history_ms: u64,
    users: Mutex<Users>,
}

impl MemoryStore {
    /// `clock` decides what has expired.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        MemoryStore { clock, history_ms: 0, users: Mutex::default() }
    }

    /// Keeps what happened to a session for so long after it.
    pub fn keeping(self, history: Duration) -> Self {
        MemoryStore { history_ms: u64::try_from(history.as_millis()).unwrap_or(u64::MAX), ..self }
    }

    /// When a session that ends at this time may be forgotten.
    fn forget_at_ms(&self, ends_at_ms: u64) -> u64 {
        ends_at_ms + self.history_ms.max(GRACE_MS)
    }

    /// Why an exchange finds no ticket. It is told of the session, if that is still known.
    fn refused(&self, users: &mut Users, attempt: &ExchangeAttempt, now_ms: u64) -> Gone {
        let gone = users.fate(attempt.tag, &attempt.ticket, now_ms);
        if let Some(entry) = gone.handle.and_then(|handle| users.at(&handle)) {
            entry.tell(now_ms, Happening::Refused(gone.refusal));
        }
        gone
    }

    fn add(&self, users: &mut Users, mut entry: Entry, created: Happening) -> PortalSession {
        let handle = entry.session.handle;
        entry.history = (self.history_ms > 0).then(Vec::new);
        entry.tell(handle.created_at_ms, created);
        entry.forget_at_ms = self.forget_at_ms(entry.session.expires_at_ms);
        users.remember(handle.tag, entry.forget_at_ms);
        let session = entry.session.clone();
        users.entries.entry(handle.tag).or_default().insert(Position::from(handle), entry);
        session
    }

    fn lock(&self) -> (MutexGuard<'_, Users>, u64) {
        // A panic elsewhere cannot leave an entry half changed, because every change below is one assignment.
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.clock.now_ms();
        users.sweep(now_ms);
        (users, now_ms)
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
        let entry = Entry { ticket: Some(new.ticket), ..Entry::new(session, new.session_ttl_ms, new.policy) };
        let session = self.add(&mut users, entry, Happening::created(&new.grant, &new.root_key));
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
        let Some(went) = users.make_room(new.tag, new.policy, &[], now_ms) else {
            return Ok(Opening::Full);
        };
        let session = record::opened(new, now_ms);
        let entry = Entry { token: Some(new.token), ..Entry::new(session, new.session_ttl_ms, new.policy) };
        let session = self.add(&mut users, entry, Happening::created(&new.grant, &new.root_key));
        Ok(Opening::Done(Stored { went, ..users.stored(session, now_ms) }))
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (mut users, now_ms) = self.lock();
        let ours = users.of(attempt.tag).find(|entry| entry.ticket == Some(attempt.ticket));
        let Some(entry) = ours.filter(|entry| entry.state_at(now_ms) != State::Expired) else {
            return Ok(Exchange::Gone(self.refused(&mut users, attempt, now_ms)));
        };
        let age_ms = now_ms.saturating_sub(entry.session.exchanged_at_ms.unwrap_or(now_ms));
        let is_repeat = entry.token == Some(attempt.token) && age_ms <= REPEAT_MS;
        if entry.token.is_some() && !is_repeat {
            return Ok(Exchange::Gone(self.refused(&mut users, attempt, now_ms)));
        }
        if !attempt.portals.admits(&entry.session.grant.slug) {
            return Ok(Exchange::NotAdmitted(entry.session.clone()));
        }
        if is_repeat {
            return Ok(Exchange::Done(entry.session.clone(), Went::default()));
        }
        let (policy, pending) = (entry.policy, entry.session.clone());
        let Some(went) = users.make_room(attempt.tag, policy, &attempt.held, now_ms) else {
            return Ok(Exchange::Full(pending));
        };
        let Some(entry) = users.at(&pending.handle) else {
            return Ok(Exchange::Gone(Gone::new(Refusal::Unknown, None)));
        };
        let agent = record::user_agent_line(attempt.user_agent.as_deref());
        entry.token = Some(attempt.token);
        entry.session.exchanged_at_ms = Some(now_ms);
        let expires_at_ms = now_ms + entry.session_ttl_ms;
        entry.session.expires_at_ms = expires_at_ms;
        let idle = entry.policy.idle_timeout_ms;
        entry.session.idle = idle.map(|timeout_ms| Idle::begun(timeout_ms, now_ms, expires_at_ms));
        entry.session.user_agent = Some(agent.into_owned()).filter(|line| !line.is_empty());
        entry.forget_at_ms = self.forget_at_ms(entry.session.expires_at_ms);
        entry.tell(now_ms, Happening::exchanged(attempt.user_agent.as_deref()));
        let (session, until_ms) = (entry.session.clone(), entry.forget_at_ms);
        users.remember(attempt.tag, until_ms);
        Ok(Exchange::Done(session, went))
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

    async fn settle(&self, _: UserTag, _: OnBehalf) -> Result<(), StoreError> {
        Ok(())
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
        let (refusal, what) = match removal {
            Removal::Revoked => (Refusal::Revoked, Happening::Revoked),
            Removal::Ended => (Refusal::Ended, Happening::Ended),
            Removal::Replaced => (Refusal::Ended, Happening::Replaced),
        };
        entry.removed = Some(refusal);
        entry.tell(now_ms, what);
        Ok(true)
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, NotAllRevoked> {
        let (mut users, now_ms) = self.lock();
        let mut revoked = 0;
        for entry in users.of(tag) {
            let is_kept = kept == Some(Position::from(entry.session.handle));
            if entry.state_at(now_ms) != State::Expired && !is_kept {
                entry.removed = Some(Refusal::Revoked);
                entry.tell(now_ms, Happening::Revoked);
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

    async fn portals_of(&self, workspace: &str) -> Result<Vec<String>, StoreError> {
        let (users, _) = self.lock();
        let grants =
            users.entries.values().flat_map(|entries| entries.values()).map(|entry| &entry.session.grant);
        let slugs: HashSet<_> =
            grants.filter(|grant| grant.workspace == workspace).map(|grant| grant.slug.to_string()).collect();
        Ok(slugs.into_iter().collect())
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(self.clock.now_ms())
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        Ok(Readiness::Serves)
    }
}
