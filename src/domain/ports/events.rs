//! What happens to sessions by itself, for the operator's log.
//!
//! Must not know: how it is told.

use crate::domain::handle::Handle;

/// What happens to a session without anybody's asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was found to be over because nobody had used it.
    Idle,
}

/// Who tells the operator what happened.
pub trait Events: Send + Sync {
    /// Called once for each event.
    fn happened(&self, event: Event, handle: Handle);
}
