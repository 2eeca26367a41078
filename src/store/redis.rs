//! The session store on Redis 6.2 or newer, or Valkey.
//!
//! Owns: what all operations have in common; `redis/` has them. Each is one script, and so one atomic step and one round
//! trip, except where the records it touches must first be named. All keys of a user have the same hash tag, so they are
//! on the same node of a cluster.
//! Must not know: the rules of the product, or where a server is. It receives digests, never credentials.

mod begin;
mod end;
mod find;
mod histories;
mod index;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::begun_portals::begun_portals;
pub use super::consent::Consent;
use super::declaring::{NoAnswer, Waits, declaring};
use super::idlers::Idlers;
use super::keys::Keys;
use super::link::RedisLink;
pub use super::link::{
    FailureKind, OPERATIONS, PasswordSource, Probe, Servers, StoreObserver, Topology, node_at,
};
use super::ready::{now_ms, readiness};
use super::reply::Reply;
use super::script::ScriptCall;
use super::secret::{agree, leave};
use super::telling::Telling;
use crate::domain::credential::Digest;
use crate::domain::handle::Handle;
use crate::domain::ports::{
    Exchange, ExchangeAttempt, Found, Lookup, Named, NewDirectSession, NewSession, NotAllRevoked, OnBehalf,
    Opening, Peek, Position, Readiness, Record, Removal, SessionStore, StoreError, Stored,
};
use crate::domain::secret_mark::{Agreement, Presence, SecretMarks};
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
    consent: Arc<Consent>,
}

impl RedisStore {
    /// Connects at the first use. Must be made on the thread that uses it. All stores of a process share `probe` and
    /// `consent`.
    pub fn new(
        place: &Place,
        promises: Promises,
        probe: Arc<Probe>,
        consent: Arc<Consent>,
        observer: Arc<dyn StoreObserver>,
    ) -> Self {
        let link = RedisLink::new(&place.servers, promises.timeout, probe, observer);
        RedisStore {
            link,
            promises,
            keys: Keys::under(&place.prefix),
            telling: Telling(promises.history),
            idlers: Idlers::default(),
            consent,
        }
    }

    /// That this gateway and the others know each other's secret. Compares only until it was so once.
    async fn agreed(&self) -> Result<(), StoreError> {
        let Some((marks, gateway)) = self.consent.needed() else { return Ok(()) };
        match self.agree(marks, Presence::Starts(gateway)).await? {
            Agreement::Same | Agreement::InRotation => Ok(()),
            Agreement::Other | Agreement::Unannounced => {
                let reason = "this gateway has another server.secret than the others on the store, and ends";
                Err(StoreError::Unavailable(reason.into()))
            }
        }
    }

    async fn may_answer_by_user(&self) -> Result<(), StoreError> {
        self.agreed().await?;
        if let Some((marks, gateway)) = self.consent.outdated() {
            self.agree(marks, Presence::Serves(gateway)).await?;
        }
        self.consent.to_answer_by_user()
    }

    async fn declaring(
        &self,
        name: &'static str,
        script: ScriptCall,
        waits: Waits,
    ) -> Result<Reply, NoAnswer> {
        declaring(&self.link, name, script, waits, self.promises.wait_replicas).await
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError> {
        self.agreed().await?;
        self.begin_pending(new).await
    }

    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        self.agreed().await?;
        self.begin_direct(new).await
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        self.agreed().await?;
        self.begin_browser(attempt).await
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        self.look_at_ticket(tag, ticket).await
    }

    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        self.look_up(tag, token, lookup).await
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        self.look_up_by_handle(handle).await
    }

    async fn settle(&self, tag: UserTag, behalf: OnBehalf) -> Result<(), StoreError> {
        self.make_sure(tag, behalf).await
    }

    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        self.end_one(handle, record, removal).await
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, NotAllRevoked> {
        self.may_answer_by_user().await.map_err(NotAllRevoked::nothing)?;
        self.revoke_each(tag, kept).await
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        self.may_answer_by_user().await?;
        self.list_page_by_page(tag, before, limit).await
    }

    async fn begins_at(&self, workspace: &str, slug: &str) -> Result<(), StoreError> {
        self.agreed().await?;
        self.consent.begun.tell(&self.link, &self.keys, workspace, slug).await
    }

    async fn portals_of(&self, workspace: &str) -> Result<Vec<String>, StoreError> {
        begun_portals(&self.link, &self.keys, workspace).await
    }

    async fn forget(&self, tag: UserTag, digests: &[Digest]) -> Result<(), StoreError> {
        self.delete_all(tag, digests).await
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        now_ms(&self.link, &self.keys).await
    }

    async fn agree(&self, marks: &SecretMarks, presence: Presence<'_>) -> Result<Agreement, StoreError> {
        let compared = agree(&self.link, &self.keys, marks, presence).await?;
        self.consent.heard(compared, presence);
        if let Presence::Serves(_) = presence {
            self.consent.begun.tell_again(&self.link, &self.keys).await;
        }
        Ok(compared)
    }

    async fn leave(&self, marks: &SecretMarks, gateway: &str) -> Result<(), StoreError> {
        leave(&self.link, &self.keys, marks, gateway).await
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        let found = readiness(&self.link, &self.keys, self.promises.wait_replicas).await?;
        self.agreed().await?;
        Ok(found)
    }
}
