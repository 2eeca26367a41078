//! What happened to sessions, on Redis.
//!
//! Must not know: what is done with it. Everything but notes is told by the scripts that change a session.

use async_trait::async_trait;

use super::RedisStore;
use crate::domain::credential::Digest;
use crate::domain::explained::Known;
use crate::domain::history::Happening;
use crate::domain::ports::{Histories, Sought, StoreError};
use crate::domain::user_tag::UserTag;
use crate::store::declaring::Waits;
use crate::store::history;
use crate::store::keys::DigestText;
use crate::store::link::Call;
use crate::store::reply;
use crate::store::scripts::{EXPLAIN, NOTE};

/// A note may take this part of the time that one try of a call may take. Whoever waits for it has an answer already.
const NOTE_PART: u32 = 4;

#[async_trait]
impl Histories for RedisStore {
    async fn explain(&self, tag: UserTag, sought: &Sought) -> Result<Vec<Known>, StoreError> {
        let script = EXPLAIN.on(&[self.keys.index(tag)]);
        let script = match sought {
            Sought::Handle(handle) => {
                script.arg("handle").arg(handle.created_at_ms).arg(handle.suffix.as_str())
            }
            Sought::Ticket(ticket) => script.arg("digest").arg(DigestText::from(ticket).as_bytes()).arg(""),
            Sought::Latest(count) => script.arg("latest").arg(*count).arg(""),
        };
        let reply = self.declaring("explain", script.arg(self.telling.ms()), Waits::No).await?;
        reply::known(tag, &reply)
    }

    async fn note(&self, tag: UserTag, ticket: &Digest, what: &Happening) -> Result<(), StoreError> {
        if !self.telling.is_on() {
            return Ok(());
        }
        let (letter, detail) = history::encode(what);
        let script =
            NOTE.on(&[self.keys.history(tag, ticket)]).arg(letter).arg(detail).arg(self.telling.ms());
        self.link.call_briefly("note", Call::Script(&script), self.promises.timeout / NOTE_PART).await
    }
}
