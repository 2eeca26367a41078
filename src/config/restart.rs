//! What takes effect at a restart only.
//!
//! Owns: which sections these are, and telling which of their keys a reload would have changed.
//! Must not know: what any key means. It keeps digests of values, because some are secret.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::credential::Digest;

const SECTIONS: [&str; 6] = ["server", "store", "errors", "limits", "history", "log"];

/// The digest of each key's value, by the key's path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtRestart(BTreeMap<String, Digest>);

impl AtRestart {
    /// Of a whole document.
    pub fn of(document: &Map<String, Value>) -> Self {
        let sections = SECTIONS.iter().filter_map(|name| Some((name, document.get(*name)?.as_object()?)));
        let keys = sections.flat_map(|(section, keys)| {
            keys.iter()
                .map(move |(name, value)| (format!("{section}.{name}"), Digest::of(&value.to_string())))
        });
        AtRestart(keys.collect())
    }

    /// The paths of all keys that differ.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let names = self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        names.filter(|name| self.0.get(*name) != other.0.get(*name)).map(String::as_str).collect()
    }
}
