//! What a store is asked for when a session begins, and what it answers: creations, openings and exchanges.
//!
//! Must not know: how a store does it.

use std::sync::Arc;

use super::lookup::Gone;
use crate::domain::admitted_portals::AdmittedPortals;
use crate::domain::credential::Digest;
use crate::domain::events::Went;
use crate::domain::handle::HandleSuffix;
use crate::domain::policy::SessionPolicy;
use crate::domain::session::{Grant, PortalSession};
use crate::domain::user_tag::UserTag;

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
    pub grant: Arc<Grant>,
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
    /// Whether its caller can name the same token again, by an `Idempotency-Key`. Then the store remembers for as long as
    /// the session could have lived that it was given out: whatever ends the session, and however many come after it.
    pub is_repeatable: bool,
    /// How long it will live.
    pub session_ttl_ms: u64,
    /// What holds for it all its life.
    pub policy: SessionPolicy,
    /// What it may do.
    pub grant: Arc<Grant>,
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
    /// Whose tickets may be spent. It is applied before the ticket is spent, so a refused one stays unspent.
    pub portals: AdmittedPortals,
    /// Of the browser.
    pub user_agent: Option<String>,
    /// Tokens of sessions that the browser has and the new one replaces. Where there is a limit, they count for nothing.
    pub held: Vec<Digest>,
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
