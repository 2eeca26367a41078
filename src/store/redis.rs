//! The session store on Redis 6.2 or newer, or Valkey.
//!
//! Owns: calling the scripts. Each operation is one script, and so one atomic step and one round trip, except where the
//! records it touches must first be named. All keys of a user have the same hash tag, so they are on the same node of a
//! cluster.
//! Must not know: the rules of the product, or where a server is. It receives digests, never credentials.

mod find;
mod histories;
mod index;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use redis::{Cmd, Value};

use super::declaring::{Waits, declaring};
use super::history;
use super::idlers::Idlers;
use super::keys::{Keys, digest_text};
use super::link::{Call, RedisLink, Replicas};
pub use super::link::{
    FailureKind, OPERATIONS, PasswordSource, Probe, Servers, StoreObserver, Topology, node_at,
};
use super::ready::{now_ms, readiness};
use super::record;
use super::reply::{self, Reply, begins_with, corrupt, words};
use super::script::{BY_HANDLE, CREATE, EXCHANGE, OPEN, REMOVE, ScriptCall};
use super::secret::{agree, compare};
use super::telling::Telling;
use crate::domain::base62::{self, base62_of};
use crate::domain::credential::Digest;
use crate::domain::events::Went;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::ports::{
    Exchange, ExchangeAttempt, Found, Lookup, Named, NewDirectSession, NewSession, Opening, Peek, Position,
    REPEAT_MS, Readiness, Record, Removal, SessionStore, StoreError, Stored,
};
use crate::domain::secret_mark::{Agreement, SecretMarks};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;

/// What the store promises beyond the contract.
#[derive(Clone, Copy, Debug)]
pub struct Promises {
    /// For one try to reach the store.
    pub timeout: Duration,
    /// Refuse tickets that were minted before a failover or restart of Redis.
    pub fence_failover: bool,
    /// How many replicas must have an exchange before it is answered.
    pub wait_replicas: u64,
    /// How long a session's history outlives it; zero keeps none.
    pub history: Duration,
}

/// Where the store is.
pub struct Place {
    /// Which servers, and how they are reached.
    pub servers: Servers,
    /// What the names of all its keys begin with.
    pub prefix: String,
}

/// One worker thread's store.
pub struct RedisStore {
    link: RedisLink,
    promises: Promises,
    keys: Keys,
    idlers: Idlers,
    telling: Telling,
}

impl RedisStore {
    /// Connects at the first use. Must be made on the thread that uses it. All stores of a process share `probe`.
    pub fn new(
        place: &Place,
        promises: Promises,
        probe: Arc<Probe>,
        observer: Arc<dyn StoreObserver>,
    ) -> Self {
        let link = RedisLink::new(&place.servers, promises.timeout, probe, observer);
        RedisStore {
            link,
            promises,
            keys: Keys::under(&place.prefix),
            telling: Telling(promises.history),
            idlers: Idlers::default(),
        }
    }

    /// For the scripts that mint or check an epoch.
    fn fence(&self) -> &'static str {
        if self.promises.fence_failover { "fence" } else { "" }
    }

    /// Calls a script. An answer whose first word is `success` counts only once the wanted replicas have it.
    async fn when_replicated(
        &self,
        name: &'static str,
        script: &ScriptCall,
        success: &str,
    ) -> Result<Reply, StoreError> {
        let wanted = self.promises.wait_replicas;
        if wanted == 0 {
            return self.link.call(name, Call::Script(script), self.link.deadline()).await;
        }
        let of = |reply: &Value| if begins_with(reply, success) { wanted } else { 0 };
        let replicas = Replicas { of: &of, at_least: wanted, is_doubtful: false };
        let deadline = self.link.deadline_with_wait();
        self.link.call_and_wait(name, Call::Script(script), replicas, deadline).await
    }

    async fn declaring(
        &self,
        name: &'static str,
        script: ScriptCall,
        waits: Waits,
    ) -> Result<Reply, StoreError> {
        declaring(&self.link, name, script, waits, self.promises.wait_replicas).await
    }
}

/// A repeat of a call by the link has the same; one by a client, at whichever gateway, has another.
fn call_name() -> String {
    base62::text(&base62_of::<4>(rand::random())).to_owned()
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError> {
        let keys = vec![self.keys.ticket(new.tag, &new.ticket), self.keys.index(new.tag)];
        let script = self
            .telling
            .script(&CREATE, keys, Some(self.keys.history(new.tag, &new.ticket)))
            .arg(digest_text(&new.ticket))
            .arg(new.ticket_ttl_ms)
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(&new.grant.slug)
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(self.fence());
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let (created_at_ms, expires_at_ms, live): (u64, u64, u64) =
            self.link.call("create", Call::Script(&script), self.link.deadline()).await?;
        Ok(Stored {
            session: record::created(new, created_at_ms, expires_at_ms),
            live,
            went: Went::default(),
        })
    }

    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        let keys = vec![
            self.keys.browser(new.tag, &new.token),
            self.keys.index(new.tag),
            self.keys.given_out(new.tag, &new.token),
        ];
        let script = self
            .telling
            .script(&OPEN, keys, Some(self.keys.history(new.tag, &new.token)))
            .arg(digest_text(&new.token))
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(&new.grant.slug)
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(REPEAT_MS)
            .arg(call_name())
            .arg(if new.is_repeatable { "repeatable" } else { "" });
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let reply = self.when_replicated("open", &script, "opened").await?;
        reply::opening(new.tag, &reply)
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (tag, ticket, token) = (attempt.tag, &attempt.ticket, &attempt.token);
        let keys = vec![self.keys.ticket(tag, ticket), self.keys.browser(tag, token), self.keys.index(tag)];
        let script = self
            .telling
            .script(&EXCHANGE, keys, Some(self.keys.history(tag, ticket)))
            .arg(digest_text(ticket))
            .arg(digest_text(token))
            .arg(attempt.portals.listed())
            .arg(record::user_agent_line(attempt.user_agent.as_deref()))
            .arg(self.fence())
            .arg(REPEAT_MS)
            .arg(attempt.held.iter().map(digest_text).collect::<Vec<_>>().join(" "))
            .arg(call_name());
        let script = self.telling.told(script, || history::browser(attempt.user_agent.as_deref()));
        let reply = self.when_replicated("exchange", &script, "done").await?;
        reply::exchange(tag, &reply)
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        self.look_at_ticket(tag, ticket).await
    }

    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        self.look_up(tag, token, lookup).await
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        let script = BY_HANDLE.on(vec![self.keys.index(handle.tag)]);
        let script = script.arg(handle.created_at_ms).arg(handle.suffix.as_str());
        let reply = self.declaring("find_by_handle", script, Waits::IfGone).await?;
        match words(&reply).as_slice() {
            ["found", record, state, digest] => Ok(Some(reply::named(handle.tag, record, state, digest)?)),
            ["gone", _] => Ok(None),
            _ => Err(corrupt("an unknown reply of by_handle.lua")),
        }
    }

    async fn settle(&self, tag: UserTag) -> Result<(), StoreError> {
        // No handle has an empty suffix.
        let script = BY_HANDLE.on(vec![self.keys.index(tag)]).arg(0).arg("");
        self.declaring("settle", script, Waits::IfGoneForAnybody).await.map(drop)
    }

    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        let (state, waits, what) = match removal {
            Removal::Revoked => ("r", Waits::Always, Happening::Revoked),
            Removal::Ended => ("e", Waits::Always, Happening::Ended),
            Removal::Replaced => ("e", Waits::No, Happening::Replaced),
        };
        let mut keys = vec![self.keys.index(handle.tag)];
        keys.extend(record.map(|record| match record {
            Record::Ticket(ticket) => self.keys.ticket(handle.tag, &ticket),
            Record::Token(token) => self.keys.browser(handle.tag, &token),
        }));
        let script = self.telling.script(&REMOVE, keys, None);
        let script = script.arg(handle.created_at_ms).arg(handle.suffix.as_str()).arg(state);
        let script = self.telling.told(script, || history::encode(&what).0.to_owned());
        let reply = self.declaring("remove", script, waits).await?;
        match words(&reply).as_slice() {
            ["removed", count, _] => Ok(*count != "0"),
            _ => Err(corrupt("an unknown reply of remove.lua")),
        }
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, StoreError> {
        self.revoke_each(tag, kept).await
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        self.list_page_by_page(tag, before, limit).await
    }

    async fn forget(&self, tag: UserTag, digests: &[Digest]) -> Result<(), StoreError> {
        // Each by itself: a user who may not touch one of them may touch the others.
        let deletions = self.keys.all(tag, digests).into_iter().map(|key| async move {
            let call = Call::Command { key: &key, command: &Cmd::del(&key) };
            self.link.call::<u64>("remove", call, self.link.deadline()).await.map(drop)
        });
        join_all(deletions).await.into_iter().collect()
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        now_ms(&self.link, &self.keys).await
    }

    async fn agree(&self, marks: &SecretMarks) -> Result<Agreement, StoreError> {
        agree(&self.link, &self.keys, marks).await
    }

    async fn compare(&self, marks: &SecretMarks) -> Result<Agreement, StoreError> {
        compare(&self.link, &self.keys, marks).await
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        readiness(&self.link, &self.keys, self.promises.wait_replicas).await
    }
}
