//! What goes through a user's index page by page: listing, and revoking all.
//!
//! Owns: how much one script does, so that a user with many sessions holds up nobody else's.
//! Must not know: how a script is called.

use super::RedisStore;
use super::begin::call_name;
use crate::domain::ports::{NotAllRevoked, Position, StoreError};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;
use crate::store::declaring::Waits;
use crate::store::reply::{self, Reply, corrupt, words};
use crate::store::script::words_of;
use crate::store::scripts::{LIST, REVOKE_ALL};

/// How many records one call touches: well below a millisecond of Redis's time.
const BATCH: usize = 200;

impl RedisStore {
    pub(super) async fn revoke_each(
        &self,
        tag: UserTag,
        kept: Option<Position>,
    ) -> Result<u64, NotAllRevoked> {
        let mut ended = 0;
        let (mut created, mut suffix) = words_of(None);
        let (kept_created, kept_suffix) = words_of(kept);
        loop {
            let script = self.telling.script(&REVOKE_ALL, &[self.keys.index(tag)]);
            let script = script.arg(&created).arg(&suffix).arg(BATCH).arg(&kept_created).arg(&kept_suffix);
            let script = script.arg(&call_name::<8>()[..]);
            let script = self.telling.told(script, String::new);
            let reply = self.declaring("revoke_all", script, Waits::Always).await.map_err(|none| {
                let unconfirmed = removed(&none.unconfirmed).map_or(0, |(count, ..)| count);
                NotAllRevoked { ended, unconfirmed, why: none.why }
            })?;
            let Some((count, next_created, next_suffix)) = removed(&reply) else {
                let why = corrupt("an unknown reply of revoke_all.lua");
                return Err(NotAllRevoked { ended, unconfirmed: 0, why });
            };
            ended += count;
            if next_created.is_empty() {
                return Ok(ended);
            }
            (created, suffix) = (next_created.to_owned(), next_suffix.to_owned());
        }
    }

    pub(super) async fn list_page_by_page(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        let mut sessions = Vec::new();
        // More with every page, because expired records have taken up places in it.
        let mut wanted = limit.min(BATCH);
        let (mut created, mut suffix) = words_of(before);
        loop {
            let script = LIST.on(&[self.keys.index(tag)]).arg(&created).arg(&suffix).arg(BATCH).arg(wanted);
            wanted = (wanted * 4).min(BATCH);
            let reply = self.declaring("list", script, Waits::No).await?;
            let ["page", next_created, next_suffix, ref records @ ..] = words(&reply)[..] else {
                return Err(corrupt("an unknown reply of list.lua"));
            };
            for record in records {
                sessions.push(reply::session(tag, record)?);
            }
            if next_created.is_empty() || sessions.len() >= limit {
                sessions.truncate(limit);
                return Ok(sessions);
            }
            (created, suffix) = (next_created.to_owned(), next_suffix.to_owned());
        }
    }
}

/// How many sessions a batch has ended, and where the next one begins; both words empty where nothing is left.
fn removed(reply: &Reply) -> Option<(u64, &str, &str)> {
    let ["removed", count, _, created, suffix] = words(reply)[..] else { return None };
    Some((count.parse().unwrap_or(0), created, suffix))
}
