//! How often each ticket's page was fetched in advance.
//!
//! Owns: that such a fetch, which is refused in any case, costs the store and the log no more than a history keeps of it.
//! Must not know: what is told of a fetch.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::credential::Digest;
use crate::domain::history::MOST_OPENINGS_ALIKE;

/// Tickets that one worker remembers, in some 200 kilobytes. Then it begins anew.
const MOST: usize = 4_096;

/// Those that one worker has told of.
#[derive(Default)]
pub struct Prefetches(Mutex<HashMap<Digest, usize>>);

impl Prefetches {
    /// Whether one more of this ticket is worth telling.
    pub fn has_room_for(&self, ticket: &Digest) -> bool {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(ticket).is_none_or(|count| *count < MOST_OPENINGS_ALIKE)
    }

    /// One of a ticket that exists is told. Others are not counted, so that invented ones drive out none.
    pub fn count(&self, ticket: Digest) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST && !told.contains_key(&ticket) {
            told.clear();
        }
        *told.entry(ticket).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ticket_is_told_of_a_few_times_and_only_so_many_are_remembered() {
        let prefetches = Prefetches::default();
        let ticket = |number: usize| Digest::of(&number.to_string());
        for _ in 0..MOST_OPENINGS_ALIKE {
            assert!(prefetches.has_room_for(&ticket(0)));
            prefetches.count(ticket(0));
        }
        assert!(!prefetches.has_room_for(&ticket(0)) && prefetches.has_room_for(&ticket(1)));
        (1..=MOST).for_each(|number| prefetches.count(ticket(number)));
        assert!(prefetches.0.lock().expect("no panic").len() <= MOST);
    }
}
