//! What happened to sessions, as a store keeps it for a while.
//!
//! Owns: this part of the contract of every store; `tests/store_contract/history.rs` tests it.
//! Must not know: who asks.

use async_trait::async_trait;

use super::store_error::StoreError;
use crate::domain::credential::Digest;
use crate::domain::explained::Known;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::user_tag::UserTag;

/// Which sessions of a user are to be explained.
#[derive(Clone, Copy, Debug)]
pub enum Sought {
    /// The one of this name.
    Handle(Handle),
    /// The one that began with this ticket.
    Ticket(Digest),
    /// So many of the newest.
    Latest(usize),
}

/// Keeps for a while what happened to sessions. Losing it fails nothing.
#[async_trait]
pub trait Histories {
    /// What is still known of sessions under a tag, dead or alive, newest first. It changes nothing and is no use of them.
    async fn explain(&self, tag: UserTag, sought: &Sought) -> Result<Vec<Known>, StoreError>;

    /// Adds what changes nothing, such as a refusal, to the history of the session that began with this ticket. All other
    /// events are written in the step that they are about. Without a history nothing happens. A request waits for it, so a
    /// store gives up soon.
    async fn note(&self, tag: UserTag, ticket: &Digest, what: &Happening) -> Result<(), StoreError>;
}
