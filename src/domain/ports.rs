//! What the domain needs from outside: a store of sessions and a clock.
//!
//! Owns: the contract of every store; `tests/store_contract.rs` proves it of each.
//! Must not know: Redis, or any other implementation. Its methods take digests, so that no plaintext
//! credential can reach a store.

use async_trait::async_trait;

use super::credential::Digest;
use super::error::{Code, Error, Refusal};
use super::handle::{Handle, HandleSuffix};
use super::session::{Grant, PortalSession};
use super::user_tag::UserTag;

/// The time where no store tells it. Unix milliseconds.
pub trait Clock: Send + Sync {
    /// Now.
    fn now_ms(&self) -> u64;
}

/// Why a store gave no answer. Absence is never an error, and an error never means absence.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Not reached, or no answer in time.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// It answered with something this version cannot read.
    #[error("the store holds a record that cannot be read: {0}")]
    Corrupt(String),
}

impl From<StoreError> for Error {
    /// An outage or an unreadable record: both mean that nothing is known, and both are a 503. The store has
    /// logged which.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Corrupt(_) => Error::new(Code::ServiceUnavailable),
        }
    }
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
    /// How long the browser session will live from its exchange on.
    pub session_ttl_ms: u64,
    /// What it may do.
    pub grant: Grant,
}

/// A direct session to open.
#[derive(Clone, Debug)]
pub struct NewDirectSession {
    /// Of the user.
    pub tag: UserTag,
    /// The random part of its handle.
    pub suffix: HandleSuffix,
    /// Of its token, which was made before the call: a repeat of the same attempt finds its own success by it, for
    /// [`REPEAT_MS`] after it.
    pub token: Digest,
    /// How long it will live.
    pub session_ttl_ms: u64,
    /// What it may do.
    pub grant: Grant,
}

/// What became of an attempt to open a direct session.
#[derive(Clone, Debug)]
pub enum Opening {
    /// It is active under the attempt's token.
    Done(PortalSession),
    /// The same attempt was made before, and is too long ago to be repeated.
    TooLate,
}

/// How long a repeated exchange finds its own success: for a lost reply or a double click, not for later.
pub const REPEAT_MS: u64 = 60_000;

/// An attempt to exchange a ticket for a browser token.
#[derive(Clone, Debug)]
pub struct ExchangeAttempt {
    /// Of the user, as the ticket carries it.
    pub tag: UserTag,
    /// Of the ticket.
    pub ticket: Digest,
    /// Of the browser token, which was made before the call. A repeat of the same attempt finds its own
    /// success by it, for [`REPEAT_MS`] after it.
    pub token: Digest,
    /// Whose tickets may be spent.
    pub portals: PortalFilter,
    /// Of the browser.
    pub user_agent: Option<String>,
}

/// Decides before a ticket is spent whether its portal takes part; a refused one stays unspent.
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
    /// The ticket is spent, the session is active under the attempt's token.
    Done(PortalSession),
    /// The filter does not admit the ticket's portal; the ticket is unspent.
    NotAdmitted(PortalSession),
    /// There is no such ticket.
    Gone(Gone),
}

/// What a look at a ticket found; it is as it was before.
#[derive(Clone, Debug)]
pub enum Peek {
    /// It waits to be spent.
    Pending(PortalSession),
    /// There is no such ticket.
    Gone(Gone),
}

/// What a look-up of a browser token found.
#[derive(Clone, Debug)]
pub enum Found {
    /// Live.
    Active(PortalSession),
    /// There is no such session.
    Gone(Gone),
}

/// The operator's account of something that is not there.
#[derive(Clone, Debug)]
pub struct Gone {
    /// As far as the user's index still tells: `Unknown`, `Expired`, `Used`, `Revoked` or `Ended`.
    pub refusal: Refusal,
    /// The session it was, if that is still known.
    pub handle: Option<Handle>,
}

/// Why a session is removed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// By the backend.
    Revoked,
    /// By its user.
    Ended,
    /// By another session of the same browser. The only removal that a failover of the store may undo: its user
    /// asked for nothing to end.
    Replaced,
}

/// What a session's record lies under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of a pending session: its ticket.
    Ticket(Digest),
    /// Of an active one: its browser token.
    Token(Digest),
}

/// A session that was looked up by its public name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Pending or active.
    pub session: PortalSession,
    /// Where it lay at that moment.
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

/// Holds pending and active sessions. Every method is atomic, and safe to repeat after a lost reply.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a pending session and returns it with the store's times.
    async fn create(&self, new: &NewSession) -> Result<PortalSession, StoreError>;

    /// Opens an active session that no ticket stands for, in one step.
    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError>;

    /// Spends the ticket and starts the browser session in one step. Of all attempts for one ticket exactly
    /// one is ever done, unless an attempt with the same token digest is repeated within [`REPEAT_MS`].
    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError>;

    /// Looks a ticket up without spending it.
    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError>;

    /// Looks a browser token up.
    async fn find(&self, tag: UserTag, token: &Digest) -> Result<Found, StoreError>;

    /// Looks a pending or active session up by its public name, to revoke it: that it is gone is told only by
    /// what a revocation would be told by.
    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError>;

    /// Removes one session, pending or active; whether there was one. From its return on, nobody finds it. An error
    /// may mean that it is removed, but not yet safe from a failover: then it is to be repeated.
    /// `record`, where the caller knows it, spares a look for it, and finds the session even if the user's index has
    /// lost it.
    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError>;

    /// Revokes all sessions under a tag; how many there were. An error means what it means for a single one.
    async fn revoke_all(&self, tag: UserTag) -> Result<u64, StoreError>;

    /// Up to `limit` sessions under a tag, newest first, older than `before`.
    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError>;

    /// Whether it answers and takes writes.
    async fn ready(&self) -> Result<(), StoreError>;
}
