//! What the domain needs from outside: a store of sessions and a clock.
//!
//! Owns: the contract of every store; `tests/store_contract.rs` tests each against it. Methods take digests, so that no
//! plaintext credential can reach a store.
//! Must not know: Redis, or any other implementation.

mod histories;
mod lookup;
mod opening;
mod store_error;

use async_trait::async_trait;

pub use self::histories::{Histories, Sought};
pub use self::lookup::{Found, Gone, Lookup, OnBehalf, Peek};
pub use self::opening::{
    Exchange, ExchangeAttempt, NewDirectSession, NewSession, Opening, REPEAT_MS, Stored,
};
pub use self::store_error::{NotAllRevoked, StoreError};
use super::credential::Digest;
use super::handle::{Handle, HandleSuffix};
use super::secret_mark::{Agreement, Presence, SecretMarks};
use super::session::PortalSession;
use super::user_tag::UserTag;

/// The time, where no store gives it, in Unix milliseconds.
pub trait Clock: Send + Sync {
    /// Now.
    fn now_ms(&self) -> u64;
}

/// Why a session is removed before it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// By the backend.
    Revoked,
    /// By its user.
    Ended,
    /// By another session of the same browser. Nobody asked for it to end, so a failover of the store may undo this
    /// removal, and no other.
    Replaced,
}

/// The digest under which a session's record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of a pending session: its ticket.
    Ticket(Digest),
    /// Of an active one: its browser token or direct token.
    Token(Digest),
}

/// A session that was looked up by its public name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Pending or active.
    pub session: PortalSession,
    /// Where it was stored at that moment.
    pub record: Record,
}

/// A place in a user's list of sessions, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Time of creation.
    pub created_at_ms: u64,
    /// Among sessions of the same millisecond.
    pub suffix: HandleSuffix,
}

impl From<Handle> for Position {
    fn from(handle: Handle) -> Self {
        Position { created_at_ms: handle.created_at_ms, suffix: handle.suffix }
    }
}

/// How well a store serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Everything.
    Serves,
    /// Sessions are found. New ones are not taken at present, for this reason.
    FindsOnly {
        /// For the operator.
        reason: String,
    },
}

/// Holds pending and active sessions. Every method is atomic, and safe to repeat after a lost reply.
#[async_trait]
pub trait SessionStore: Histories + Send + Sync {
    /// Stores a pending session. Carried out once more after its ticket was spent, revoked or expired, it changes nothing.
    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError>;

    /// Opens an active session that no ticket stands for, in one step. A repeat with the same token digest within
    /// [`REPEAT_MS`] finds that session; no repeat opens a second one, or brings back one that has ended.
    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError>;

    /// Spends the ticket and starts the browser session in one step. Of all attempts for one ticket exactly one
    /// succeeds; only a repeat with the same token digest within [`REPEAT_MS`] succeeds again.
    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError>;

    /// Looks a ticket up without spending it.
    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError>;

    /// Looks a browser token or a direct token up. A use moves the end of a session that has an idle time-out.
    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError>;

    /// Looks a pending or active session up by its public name, to revoke it. It reports a session as gone only on the
    /// evidence that a revocation would need too.
    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError>;

    /// Makes sure of an answer that no session is there, for who wants it ended: afterwards whatever has ended of this
    /// user's stays so. An error means that it may come back, or that it is elsewhere; the call is then to be repeated.
    async fn settle(&self, tag: UserTag, behalf: OnBehalf) -> Result<(), StoreError>;

    /// Removes one session, pending or active, and returns whether there was one. Once this returns, nobody finds the
    /// session. An error may mean that it is removed but that a failover could undo that, and [`StoreError::Unconfirmed`] does;
    /// the call is then to be repeated. `record`, if the caller knows it, saves a look-up and finds a session that the user's index has lost.
    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError>;

    /// Revokes all sessions under a tag but the one at `kept`, and returns how many there were. An error means the same
    /// as for a single one, and tells what has ended nonetheless.
    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, NotAllRevoked>;

    /// Lists up to `limit` sessions under a tag that are older than `before`, newest first.
    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError>;

    /// Tells that a portal may have sessions from now on; to be awaited before one begins there. A store in this process
    /// sees it by its sessions.
    async fn begins_at(&self, _workspace: &str, _slug: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// The slugs of a workspace's portals that may have sessions, whichever gateway has begun them. Others may be among them.
    async fn portals_of(&self, workspace: &str) -> Result<Vec<String>, StoreError>;

    /// Forgets all that is kept under a tag that stands for nobody, under these digests of it, and of the workspace without a
    /// name, which is nobody's: for whoever has only tried the store. A store in this process ends with who has tried it.
    async fn forget(&self, _tag: UserTag, _digests: &[Digest]) -> Result<(), StoreError> {
        Ok(())
    }

    /// Its time, Unix milliseconds: the one that all times of sessions are told in.
    async fn now_ms(&self) -> Result<u64, StoreError>;

    /// Compares the secrets with those of the other gateways on the store, and leaves their marks for them. A store in this
    /// process has no other gateway.
    async fn agree(&self, _marks: &SecretMarks, _presence: Presence<'_>) -> Result<Agreement, StoreError> {
        Ok(Agreement::Same)
    }

    /// Takes back that a gateway of this name is there.
    async fn leave(&self, _marks: &SecretMarks, _gateway: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// How well it serves. An error if it serves nobody, or was never able to make a session.
    async fn ready(&self) -> Result<Readiness, StoreError>;
}
