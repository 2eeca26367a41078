//! The playground's clock: real time, until somebody clicks "Expire now".
//!
//! Owns: how far it is ahead of real time.
//! Must not know: who reads it. Only `vestibule dev` has such a clock; a real gateway uses the time of its machine or
//! of Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::ports::Clock;

/// A little more than the longest life of a session: a longer jump would be of no use.
const LONGEST_JUMP_MS: u64 = 86_400_000 + 60_000;

/// A clock that can jump ahead, and never back.
pub struct PlaygroundClock {
    real: Arc<dyn Clock>,
    ahead_ms: AtomicU64,
}

/// The jump would go beyond the end of any session.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no session lasts so long; jump to the end of one")]
pub struct TooFar;

impl PlaygroundClock {
    /// Starts at real time.
    pub fn new(real: Arc<dyn Clock>) -> Self {
        PlaygroundClock { real, ahead_ms: AtomicU64::new(0) }
    }

    /// Jumps to just after `at_ms`, if it is not later already. Returns the length of the jump in ms.
    pub fn jump_past(&self, at_ms: u64) -> Result<u64, TooFar> {
        let (real_ms, now_ms) = (self.real.now_ms(), self.now_ms());
        let distance_ms = at_ms.saturating_add(1).saturating_sub(now_ms);
        if distance_ms > LONGEST_JUMP_MS {
            return Err(TooFar);
        }
        let ahead_ms = (now_ms + distance_ms).saturating_sub(real_ms);
        // If two jumps happen at once, the longer one counts.
        self.ahead_ms.fetch_max(ahead_ms, Ordering::SeqCst);
        Ok(distance_ms)
    }
}

impl Clock for PlaygroundClock {
    fn now_ms(&self) -> u64 {
        self.real.now_ms() + self.ahead_ms.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still;

    impl Clock for Still {
        fn now_ms(&self) -> u64 {
            1_000
        }
    }

    #[test]
    fn it_jumps_ahead_only_and_no_further_than_a_session_lasts() {
        let clock = PlaygroundClock::new(Arc::new(Still));
        assert_eq!(clock.now_ms(), 1_000);
        assert_eq!(clock.jump_past(86_401_000), Ok(86_400_001));
        assert_eq!(clock.now_ms(), 86_401_001);
        assert_eq!(clock.jump_past(5_000), Ok(0));
        assert_eq!(clock.jump_past(86_401_000 + 2 * 86_400_000), Err(TooFar));
        assert_eq!(clock.jump_past(u64::MAX), Err(TooFar));
        assert_eq!(clock.now_ms(), 86_401_001);
    }
}
