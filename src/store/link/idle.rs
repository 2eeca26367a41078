//! Connections that wait for their next call.
//!
//! Owns: that none is used which is as old as one that broke: what breaks one breaks most.
//! Must not know: what is asked on them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

pub struct Idle<T>(Mutex<Kept<T>>);

struct Kept<T> {
    connections: Vec<T>,
    /// A connection that was made before may be broken too.
    doubtful_before: Option<Instant>,
}

impl<T> Default for Idle<T> {
    fn default() -> Self {
        Idle(Mutex::new(Kept { connections: Vec::new(), doubtful_before: None }))
    }
}

impl<T> Idle<T> {
    /// The one that was used last.
    pub fn take(&self) -> Option<T> {
        self.lock().connections.pop()
    }

    /// For the next call.
    pub fn give_back(&self, connection: T, made_at: Instant) {
        let mut kept = self.lock();
        if kept.doubtful_before.is_none_or(|limit| made_at >= limit) {
            kept.connections.push(connection);
        }
    }

    /// One broke, at this time: no call gets one that is older, nor one that is in use now and is given back later.
    pub fn leave_out_older_than(&self, at: Instant) {
        let mut kept = self.lock();
        kept.connections.clear();
        kept.doubtful_before = Some(at);
    }

    pub fn is_empty(&self) -> bool {
        self.lock().connections.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_connection_that_is_as_old_as_a_broken_one_is_not_used_again() {
        let (idle, made_at) = (Idle::default(), Instant::now());
        let later = made_at + Duration::from_millis(1);
        idle.give_back("unused", made_at);
        idle.leave_out_older_than(later);
        idle.give_back("in use when the other broke", made_at);
        assert!(idle.is_empty());
        idle.give_back("made afterwards", later);
        assert_eq!((idle.take(), idle.take()), (Some("made afterwards"), None));
    }
}
