//! What happened to sessions, in this process.
//!
//! Must not know: what is done with it.

use async_trait::async_trait;

use super::MemoryStore;
use crate::domain::credential::Digest;
use crate::domain::explained::Known;
use crate::domain::history::Happening;
use crate::domain::ports::{Histories, Sought, StoreError};
use crate::domain::user_tag::UserTag;

#[async_trait]
impl Histories for MemoryStore {
    async fn explain(&self, tag: UserTag, sought: &Sought) -> Result<Vec<Known>, StoreError> {
        let (mut users, now_ms) = self.lock();
        let mut known: Vec<Known> = users
            .of(tag)
            .filter(|entry| match sought {
                Sought::Handle(handle) => entry.session.handle == *handle,
                Sought::Ticket(ticket) => entry.ticket == Some(*ticket),
                Sought::Latest(_) => true,
            })
            .map(|entry| entry.known_at(now_ms))
            .collect();
        known.reverse();
        if let Sought::Latest(count) = sought {
            known.truncate(*count);
        }
        Ok(known)
    }

    async fn note(&self, tag: UserTag, ticket: &Digest, what: &Happening) -> Result<(), StoreError> {
        let (mut users, now_ms) = self.lock();
        if let Some(entry) = users.of(tag).find(|entry| entry.ticket == Some(*ticket)) {
            entry.tell(now_ms, what.clone());
        }
        Ok(())
    }
}
