//! What takes effect at a restart only.
//!
//! Owns: which sections these are, and telling which of their keys a reload would have changed.
//! Must not know: what any key means. It keeps digests of values, because some are secret.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::files::Files;
use crate::domain::credential::Digest;

const SECTIONS: [&str; 7] = ["server", "store", "errors", "limits", "history", "log", "telemetry"];

/// Where one replica listens. Two on one machine must differ in it, and have the same configuration all the same.
const OF_ONE_REPLICA: [&str; 2] = ["server.listen", "server.metrics_listen"];

/// Of everything that a reload takes in. `signing_keys`: their ids.
pub fn digest_of_rest<'a>(
    document: &Map<String, Value>,
    signing_keys: impl Iterator<Item = &'a str>,
) -> Digest {
    let others = document.iter().filter(|(name, _)| !SECTIONS.contains(&name.as_str()));
    let mut text: String = others.map(|(name, value)| format!("{name} {value}\n")).collect();
    signing_keys.for_each(|id| text += &format!("{id}\n"));
    Digest::of(&text)
}

/// The digest of each value, by its key's path, or by the variable that stands for no key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtRestart(BTreeMap<String, Digest>);

impl AtRestart {
    /// Of a whole document. A key that names a file stands for what the file held too.
    pub fn of(document: &Map<String, Value>, files: &Files) -> Self {
        let sections = SECTIONS.iter().filter_map(|name| Some((name, document.get(*name)?.as_object()?)));
        let digest = |value: &Value| digest(&value.to_string(), value.as_str(), files);
        let keys = sections.flat_map(|(section, keys)| {
            keys.iter().map(move |(name, value)| (format!("{section}.{name}"), digest(value)))
        });
        AtRestart(keys.collect())
    }

    /// Adds a variable that stands for no key. `path`: the file that it names.
    pub fn add(&mut self, variable: &str, value: &str, path: Option<&str>, files: &Files) {
        self.0.insert(variable.to_owned(), digest(value, path, files));
    }

    /// Of what is in force where these values were there at the start and the rest came later: 48 bits, which a metric's
    /// double holds exactly. It may be shown: with Redis there is a secret in it that nobody can guess.
    pub fn hash_with(&self, rest: &Digest) -> u64 {
        let shared = self.0.iter().filter(|(name, _)| !OF_ONE_REPLICA.contains(&name.as_str()));
        let mut text: String = shared.map(|(name, digest)| format!("{name} {}\n", digest.to_hex())).collect();
        text.push_str(&rest.to_hex());
        let digest = Digest::of(&text);
        digest.as_bytes()[..6].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }

    /// The names of all that differ.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let names = self.0.keys().chain(other.0.keys().filter(|name| !self.0.contains_key(*name)));
        names.filter(|name| self.0.get(*name) != other.0.get(*name)).map(String::as_str).collect()
    }
}

fn digest(value: &str, path: Option<&str>, files: &Files) -> Digest {
    let held = path.and_then(|path| files.digest(path)).map(|held| held.to_hex());
    Digest::of(&format!("{value} {}", held.unwrap_or_default()))
}
