//! What happens to sessions without anybody's asking for it.
//!
//! Owns: which sessions went for another one, and what the operator is told of them.
//! Must not know: how it is told.

use super::handle::Handle;

/// The sessions of a user that were found to be over, or ended, when another one was opened under a limit. A repeat of the
/// call is told of those it displaced; a repeat by somebody else of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Went {
    /// The oldest ones, to make room.
    pub displaced: Vec<Handle>,
    /// The browser's own.
    pub replaced: Vec<Handle>,
    /// They were over already, and nobody had noticed.
    pub idle: Vec<Handle>,
}

/// What happens to a session without anybody's asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// It was found to be over because nobody had used it.
    Idle,
    /// It was the oldest of too many, and made room.
    Displaced {
        /// Of its portal.
        slug: &'a str,
    },
}

/// Who tells the operator what happened.
pub trait Events: Send + Sync {
    /// Called once for each event.
    fn happened(&self, event: Event<'_>, handle: Handle);

    /// A session was found that this gateway does not find by its user: it was created under a `server.secret` that this
    /// gateway does not know. Called for each that is noticed: most are not looked at.
    fn under_another_secret(&self, handle: Handle);
}
