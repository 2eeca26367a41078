//! What a store is asked about a credential, and what it answers.
//!
//! Must not know: how a store finds it.

use crate::domain::error::Refusal;
use crate::domain::handle::Handle;
use crate::domain::session::PortalSession;

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

/// Who wants to be sure that a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBehalf {
    /// Whoever likes, with a credential of their own making. Few of them are served at a time.
    Anybody,
    /// A backend with its root key, or a user who has shown a live session.
    Known,
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
