//! Names that may be used once only.
//!
//! Owns: telling where else a name is used. With many files, that is the first question.
//! Must not know: what the names are for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::places::Places;

/// Where each name was used first.
pub struct Uses<'p, N> {
    paths: HashMap<N, String>,
    places: &'p Places,
}

impl<'p, N: Eq + Hash> Uses<'p, N> {
    /// None is used yet.
    pub fn new(places: &'p Places) -> Self {
        Uses { paths: HashMap::new(), places }
    }

    /// Uses a name. If it has been used before: where.
    pub fn other(&mut self, name: N, path: String) -> Option<String> {
        match self.paths.entry(name) {
            Entry::Occupied(first) => {
                let place = self.places.of(first.get()).map(ToString::to_string);
                Some(place.unwrap_or_else(|| first.get().clone()))
            }
            Entry::Vacant(free) => {
                free.insert(path);
                None
            }
        }
    }
}
