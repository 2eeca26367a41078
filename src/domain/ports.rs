//! What the domain needs from outside: a store of sessions and a clock.
//!
//! Owns: the contract of every store; `tests/store_contract.rs` tests each against it. Methods take digests, so that no
//! plaintext credential can reach a store.
//! Must not know: Redis, or any other implementation.

mod events;
mod histories;
mod store_error;

use async_trait::async_trait;

pub use self::events::{Event, Events};
pub use self::histories::{Histories, Sought};
pub use self::store_error::StoreError;
use super::credential::Digest;
use super::error::Refusal;
use super::events::Went;
use super::handle::{Handle, HandleSuffix};
use super::policy::SessionPolicy;
use super::secret_mark::{Agreement, SecretMarks};
use super::session::{Grant, PortalSession};
use super::user_tag::UserTag;

/// The time, where no store gives it, in Unix milliseconds.
pub trait Clock: Send + Sync {
    /// Now.
    fn now_ms(&self) -> u64;
}

/// A session to create.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Of the user.
    pub tag: UserTag,
    /// The random part of its handle.
    pub suffix: HandleSuffix,
    /// Of the ticket.
    pub ticket: Digest,
    /// How long the ticket lives.
    pub ticket_ttl_ms: u64,
    /// How long the browser session will live after its exchange.
    pub session_ttl_ms: u64,
    /// What holds for the session all its life.
    pub policy: SessionPolicy,
    /// What it may do.
    pub grant: Grant,
    /// The configured id of the root key that creates it.
    pub root_key: String,
}

/// A direct session to open.
#[derive(Clone, Debug)]
pub struct NewDirectSession {
    /// Of the user.
    pub tag: UserTag,
    /// The random part of its handle.
    pub suffix: HandleSuffix,
    /// Of its token, which is made before the call, so that a repeat of the attempt finds its own success for
    /// [`REPEAT_MS`].
    pub token: Digest,
    /// How long it will live.
    pub session_ttl_ms: u64,
    /// What holds for it all its life.
    pub policy: SessionPolicy,
    /// What it may do.
    pub grant: Grant,
    /// The configured id of the root key that opens it.
    pub root_key: String,
}

/// A session that has just been stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// With the store's times.
    pub session: PortalSession,
    /// Live sessions of its user among the newest 100; 0 where there are too few to be worth counting.
    pub live: u64,
    /// What had to go for it.
    pub went: Went,
}

/// What became of an attempt to open a direct session.
#[derive(Clone, Debug)]
pub enum Opening {
    /// It is active under the attempt's token.
    Done(Stored),
    /// The same attempt was made before, too long ago to be repeated, or its session has ended since.
    TooLate,
    /// The user has as many live sessions as the policy allows. Nothing was opened.
    Full,
}

/// How long a repeated attempt finds its own success. It is meant for a lost reply or a double click, not for later.
pub const REPEAT_MS: u64 = 60_000;

/// An attempt to exchange a ticket for a browser token.
#[derive(Clone, Debug)]
pub struct ExchangeAttempt {
    /// Of the user, as the ticket carries it.
    pub tag: UserTag,
    /// Of the ticket.
    pub ticket: Digest,
    /// Of the browser token, which is made before the call, so that a repeat of the attempt finds its own success for
    /// [`REPEAT_MS`].
    pub token: Digest,
    /// Whose tickets may be spent.
    pub portals: PortalFilter,
    /// Of the browser.
    pub user_agent: Option<String>,
    /// Tokens of sessions that the browser has and the new one replaces. Where there is a limit, they count for nothing.
    pub held: Vec<Digest>,
}

/// Which portals' tickets may be spent. It is applied before the ticket is spent, so a refused one stays unspent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalFilter {
    /// Only the portals of these slugs.
    Only(Vec<String>),
    /// All but the portals of these slugs.
    AllBut(Vec<String>),
}

impl PortalFilter {
    /// Whether tickets of this portal may be spent.
    pub fn admits(&self, slug: &str) -> bool {
        match self {
            PortalFilter::Only(slugs) => slugs.iter().any(|listed| listed == slug),
            PortalFilter::AllBut(slugs) => !slugs.iter().any(|listed| listed == slug),
        }
    }
}

/// What became of an attempt to exchange.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// The ticket is spent, the session is active under the attempt's token. With what had to go for it.
    Done(PortalSession, Went),
    /// The user has as many live sessions as the policy allows; the ticket is unspent.
    Full(PortalSession),
    /// The filter does not admit the ticket's portal; the ticket is unspent.
    NotAdmitted(PortalSession),
    /// There is no such ticket.
    Gone(Gone),
}

/// What looking at a ticket found. The ticket is unchanged.
#[derive(Clone, Debug)]
pub enum Peek {
    /// It waits to be spent.
    Pending(PortalSession),
    /// There is no such ticket.
    Gone(Gone),
}

/// Whether a look-up of a token is a use of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Somebody is at work with it, so it is not idle.
    Use {
        /// Whether sessions of its portal have an idle time-out, where that is known. It only tells which question to
        /// ask first; the session itself decides.
        idles: Option<bool>,
    },
    /// It is only looked at.
    Glance,
}

/// What a look-up of a token found.
#[derive(Clone, Debug)]
pub enum Found {
    /// Live.
    Active(PortalSession),
    /// There is no such session.
    Gone(Gone),
}

/// What the operator is told of something that is not there.
#[derive(Clone, Debug)]
pub struct Gone {
    /// `Unknown`, `Expired`, `Idle`, `Used`, `Revoked` or `Ended`, as far as the user's index still tells.
    pub refusal: Refusal,
    /// The session it was, if that is still known.
    pub handle: Option<Handle>,
    /// Nobody had noticed its end before.
    pub is_news: bool,
}

impl Gone {
    /// Of something that ended at its time, on somebody's wish, or never was.
    pub fn new(refusal: Refusal, handle: Option<Handle>) -> Self {
        Gone { refusal, handle, is_news: false }
    }
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

    /// Removes one session, pending or active, and returns whether there was one. Once this returns, nobody finds the
    /// session. An error may mean that it is removed but that a failover could undo that; the call is then to be
    /// repeated. `record`, if the caller knows it, saves a look-up and finds a session that the user's index has lost.
    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError>;

    /// Revokes all sessions under a tag but the one at `kept`, and returns how many there were. An error means the same
    /// as for a single one.
    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, StoreError>;

    /// Lists up to `limit` sessions under a tag that are older than `before`, newest first.
    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError>;

    /// Its time, Unix milliseconds: the one that all times of sessions are told in.
    async fn now_ms(&self) -> Result<u64, StoreError>;

    /// Compares the secret with that of the other gateways on the store, and leaves its mark for them. A store in this
    /// process has no other gateway.
    async fn agree(&self, _marks: &SecretMarks) -> Result<Agreement, StoreError> {
        Ok(Agreement::Same)
    }

    /// How well it serves. An error if it serves nobody, or was never able to make a session.
    async fn ready(&self) -> Result<Readiness, StoreError>;
}
