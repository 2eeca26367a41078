//! Room for one more live session of a user who may have only so many.
//!
//! Owns: which sessions go for it.
//! Must not know: how a session is opened.

use super::users::{Entry, Users};
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::events::Went;
use crate::domain::history::Happening;
use crate::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use crate::domain::session::State;
use crate::domain::user_tag::UserTag;

impl Users {
    /// Makes room for one more active session; what went for it, or nothing if there is no room.
    pub fn make_room(
        &mut self,
        tag: UserTag,
        policy: SessionPolicy,
        held: &[Digest],
        now_ms: u64,
    ) -> Option<Went> {
        let mut went = Went::default();
        let Some(SessionLimit { most, when_full }) = policy.limit else { return Some(went) };
        let idle = self.of(tag).filter(|entry| {
            entry.token.is_some() && entry.removed.is_none() && entry.session.is_idle_at(now_ms)
        });
        for entry in idle {
            entry.removed = Some(Refusal::Idle);
            entry.tell(now_ms, Happening::Idle);
            went.idle.push(entry.session.handle);
        }
        let is_held = |entry: &Entry| entry.token.is_some_and(|token| held.contains(&token));
        let active = self.of(tag).filter(|entry| entry.state_at(now_ms) == State::Active);
        let (own, mut live): (Vec<_>, Vec<_>) = active.partition(|entry| is_held(entry));
        // Oldest first. Without the browser's own, which goes in any case.
        let too_many = (live.len() as u64 + 1).saturating_sub(most);
        if too_many > 0 && when_full == WhenFull::Refuse {
            return None;
        }
        let is_full = (live.len() + own.len()) as u64 >= most;
        for entry in live.iter_mut().take(usize::try_from(too_many).unwrap_or(usize::MAX)) {
            entry.removed = Some(Refusal::Displaced);
            entry.tell(now_ms, Happening::Displaced);
            went.displaced.push(entry.session.handle);
        }
        for entry in own.into_iter().filter(|_| is_full) {
            entry.removed = Some(Refusal::Ended);
            entry.tell(now_ms, Happening::Replaced);
            went.replaced.push(entry.session.handle);
        }
        Some(went)
    }
}
