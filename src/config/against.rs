//! What a change of the configuration would do: to a gateway that runs, and to the people at it.
//!
//! Owns: telling the old configuration from the new one: what a reload takes, what waits for a restart, and who is cut off.
//! It shows values of portals and root keys, which are no secrets, and of everything else the names of keys only.
//! Must not know: where the two came from, or how a reload is done.

mod losses;
mod signing;
mod values;

use super::places::Fault;
use super::settings::Settings;

/// A change, in sentences for its operator.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What a reload takes in.
    pub by_reload: Vec<String>,
    /// Why a reload takes nothing, though a restart would.
    pub refused_by_reload: Vec<Fault>,
    /// What only a restart takes in.
    pub by_restart: Vec<String>,
    /// Who is cut off, signed out or refused by it.
    pub losses: Vec<String>,
}

impl Change {
    /// From `old` to `new`. `reloaded`: the new one as a gateway takes it that runs with the old one.
    pub fn between(old: &Settings, new: &Settings, reloaded: Result<Settings, Vec<Fault>>) -> Self {
        let mut change = Change::default();
        let keys = old.at_restart.differences(&new.at_restart);
        change.by_restart = keys.into_iter().map(str::to_owned).collect();
        match reloaded {
            Ok(reloaded) => {
                change.by_reload = values::differences(&old.catalog, &reloaded.catalog);
                change.by_reload.extend(signing::differences(&old.signing_keys, &new.signing_keys));
                change.by_restart.extend(values::differences(&reloaded.catalog, &new.catalog));
            }
            Err(faults) => {
                change.refused_by_reload = faults;
                change.by_restart.extend(values::differences(&old.catalog, &new.catalog));
                change.by_restart.extend(signing::differences(&old.signing_keys, &new.signing_keys));
            }
        }
        change.losses = losses::of(old, new, !change.by_restart.is_empty());
        change
    }

    /// Whether it does nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Change::default()
    }

    /// Whether a reload takes all of it, and nobody is the worse for it.
    pub fn is_harmless(&self) -> bool {
        self.losses.is_empty() && self.by_restart.is_empty() && self.refused_by_reload.is_empty()
    }
}
