//! Peers that tell a client's address and are not believed.
//!
//! Owns: that the operator hears of each once, and of no more than a few: anybody can send such a header.
//! Must not know: which peers are believed, or which header it is.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// A proxy that was forgotten is among the first.
const MOST: usize = 8;

/// Those that were heard of.
#[derive(Default)]
pub struct Untrusted(Mutex<HashSet<IpAddr>>);

impl Untrusted {
    /// Whether this one is worth a line.
    pub fn is_news(&self, peer: IpAddr) -> bool {
        let mut heard_of = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard_of.len() < MOST && heard_of.insert(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_and_only_a_few_are() {
        let untrusted = Untrusted::default();
        let peer = |last| IpAddr::from([10, 0, 0, last]);
        assert!(untrusted.is_news(peer(0)) && !untrusted.is_news(peer(0)));
        let told = (1..=200).filter(|last| untrusted.is_news(peer(*last))).count();
        assert_eq!(told, MOST - 1);
    }
}
