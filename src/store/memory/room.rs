//! Room for one more live session of a user who may have only so many.
//!
//! Owns: which sessions go for it.
//! Must not know: how a session is opened.

use super::users::{Entry, Users};
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::events::Went;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use crate::domain::user_tag::UserTag;

/// So many sessions end in one call at most, of each kind, as on Redis. Who has more live ones, from before there was a
/// limit, loses the others with the next calls.
const AT_ONCE: usize = 200;

impl Users {
    /// Makes room for one more active session; what went for it, or nothing if there is no room.
    pub fn make_room(
        &mut self,
        tag: UserTag,
        policy: SessionPolicy,
        held: &[Digest],
        now_ms: u64,
    ) -> Option<Went> {
        let Some(SessionLimit { most, when_full }) = policy.limit else { return Some(Went::default()) };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let open: Vec<&mut Entry> = self.of(tag).filter(|entry| is_open(entry, now_ms)).collect();
        if open.len() < most {
            return Some(Went::default());
        }
        let (idle, in_use): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|entry| entry.session.is_idle_at(now_ms));
        let is_held = |entry: &&mut Entry| entry.token.is_some_and(|token| held.contains(&token));
        // Oldest first. Without the browser's own, which goes in any case.
        let (own, mut live): (Vec<_>, Vec<_>) = in_use.into_iter().partition(is_held);
        let (is_full, total) = (live.len() >= most, live.len() + own.len());
        if is_full && when_full == WhenFull::Refuse {
            return None;
        }
        let mut went = Went::default();
        for entry in idle.into_iter().take(AT_ONCE) {
            went.idle.push(end(entry, Refusal::Idle, Happening::Idle, now_ms));
        }
        for entry in own.into_iter().filter(|_| total >= most) {
            went.replaced.push(end(entry, Refusal::Ended, Happening::Replaced, now_ms));
        }
        if is_full {
            // The newest that goes first, in any case: so those that were opened under the limit never outnumber it.
            let mut surplus = live.drain(..=live.len() - most);
            let newest = surplus.next_back();
            for entry in newest.into_iter().chain(surplus.take(AT_ONCE - 1)) {
                went.displaced.push(end(entry, Refusal::Displaced, Happening::Displaced, now_ms));
            }
        }
        Some(went)
    }
}

/// Active and not removed, used or not.
fn is_open(entry: &Entry, now_ms: u64) -> bool {
    entry.token.is_some() && entry.removed.is_none() && now_ms < entry.session.expires_at_ms
}

fn end(entry: &mut Entry, refusal: Refusal, what: Happening, now_ms: u64) -> Handle {
    entry.removed = Some(refusal);
    entry.tell(now_ms, what);
    entry.session.handle
}
