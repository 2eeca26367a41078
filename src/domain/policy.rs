//! A portal's policy for its sessions (API.md section 11).
//!
//! Owns: what an operator may limit. A session keeps the policy that was in force when it was created.
//! Must not know: how a store keeps to it.

/// The most that an idle time-out may be used without being noted: a use is written down once for each such part of it.
const PARTS: u64 = 20;

/// What holds for the sessions of a portal. By default, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionPolicy {
    /// A session that nobody uses for so long is over.
    pub idle_timeout_ms: Option<u64>,
    /// So many sessions of one user may be live.
    pub limit: Option<SessionLimit>,
}

/// How many sessions of one user may be live in a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// At least one.
    pub most: u64,
    /// What happens to one more.
    pub when_full: WhenFull,
}

/// What happens when a user with as many live sessions as there may be opens one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest one ends.
    #[default]
    EndOldest,
    /// The new one is refused, and its ticket stays unspent.
    Refuse,
}

/// The idle time-out of a session, and when it is over if nobody uses it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// How long nobody may use it.
    pub timeout_ms: u64,
    /// By the store's clock, Unix milliseconds; never after the session's own end.
    pub expires_at_ms: u64,
}

impl Idle {
    /// For a session that is used at this moment and ends at `ends_at_ms` in any case.
    pub fn begun(timeout_ms: u64, now_ms: u64, ends_at_ms: u64) -> Self {
        Idle { timeout_ms, expires_at_ms: (now_ms + timeout_ms).min(ends_at_ms) }
    }

    /// The same after a use; it stays as it is while a write would gain little.
    pub fn used(self, now_ms: u64, ends_at_ms: u64) -> Self {
        let renewed = Idle::begun(self.timeout_ms, now_ms, ends_at_ms);
        let gained_ms = renewed.expires_at_ms.abs_diff(self.expires_at_ms);
        if gained_ms >= self.timeout_ms / PARTS { renewed } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_for_each_twentieth_and_never_beyond_the_sessions_end() {
        let idle = Idle::begun(60_000, 1_000_000, 1_100_000);
        assert_eq!(idle.expires_at_ms, 1_060_000);
        for (now_ms, expires_at_ms) in [
            (1_000_000, 1_060_000),
            (1_002_999, 1_060_000),
            (1_003_000, 1_063_000),
            (1_059_999, 1_100_000),
            // The clock went back.
            (990_000, 1_050_000),
        ] {
            assert_eq!(idle.used(now_ms, 1_100_000).expires_at_ms, expires_at_ms, "used at {now_ms}");
        }
        let last = Idle { expires_at_ms: 1_100_000, ..idle };
        assert_eq!(last.used(1_099_000, 1_100_000), last, "nothing is gained any more");
    }
}
