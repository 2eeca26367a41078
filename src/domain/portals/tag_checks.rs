//! How often a session that was found is checked for whether its user's tag is one that this gateway derives.
//!
//! Owns: that the check, an HMAC for each secret until one fits, costs a verification next to nothing, and that a replica with a few
//! sessions is checked all the same.
//! Must not know: what a tag is.

use std::sync::atomic::{AtomicU32, Ordering};

/// The first ones after the start are all checked: that is when a secret has changed.
const FIRST: u32 = 64;
/// Of the others, each of so many.
const ONE_IN: u32 = 256;

/// Counts the sessions that one worker has found.
#[derive(Debug, Default)]
pub struct TagChecks(AtomicU32);

impl TagChecks {
    pub fn is_due(&self) -> bool {
        let found = self.0.fetch_add(1, Ordering::Relaxed);
        found < FIRST || found.is_multiple_of(ONE_IN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_then_a_few_are_checked() {
        let checks = TagChecks::default();
        let due: Vec<u32> = (0..1_024).filter(|_| checks.is_due()).collect();
        assert_eq!(due, (0..64).chain([256, 512, 768]).collect::<Vec<_>>());
    }
}
