//! Whose sessions have an idle time-out, as far as a worker has seen.
//!
//! Owns: which question is asked first about a token whose portal nothing tells: a session with a time-out then costs
//! one round trip from the second time on, and any other always a plain `GET`. A wrong guess costs a round trip, no more.
//! Must not know: sessions, Redis.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::user_tag::UserTag;

/// Of one worker, half a megabyte. Then it begins anew.
const MOST: usize = 16_384;

/// The users.
#[derive(Default)]
pub struct Idlers(Mutex<HashSet<UserTag>>);

impl Idlers {
    /// Whether this user's last session had a time-out.
    pub fn has(&self, tag: UserTag) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&tag)
    }

    /// Notes what was seen.
    pub fn note(&self, tag: UserTag, idles: bool) {
        let mut tags = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !idles {
            tags.remove(&tag);
            return;
        }
        if tags.len() >= MOST {
            tags.clear();
        }
        tags.insert(tag);
    }
}
