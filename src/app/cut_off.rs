//! Tells what a new configuration has lost, because a full disk or a writer that was stopped may have cut off a file.
//!
//! Owns: which losses a reload refuses, and which it only tells.
//! Must not know: what the configuration was read from.

use std::collections::HashSet;

use crate::domain::catalog::Catalog;
use crate::domain::invalid::{Fault, Invalid};
use crate::domain::portal::Portal;
use crate::domain::root_key::PortalScope;

/// Of portals in one line.
const MOST_NAMED: usize = 10;

/// Why a reload must not take it. A signal is sent by tools too, after they have written a file; but whoever must take away the
/// only root key cannot wait for a restart.
pub fn refusal(old: &Catalog, new: &Catalog, by_signal: bool) -> Option<Fault> {
    let invalid = if old.would_lose_all_portals(new) {
        let fix = "If it is meant, restart the gateway.";
        Invalid::new("No portal is left, so the file was probably cut off.", fix)
    } else if !by_signal && old.would_lose_all_root_keys(new) {
        let fix = "If it is meant, send SIGHUP.";
        Invalid::new("No root key is left, so the file was probably cut off.", fix)
    } else {
        return None;
    };
    Some(invalid.at("workspaces"))
}

/// The portals that no root key sees any more, if there are any. To take a key away may be meant, and is never refused.
pub fn closed(old: &Catalog, new: &Catalog) -> Option<String> {
    let (before, now) = (Seen::by(old), Seen::by(new));
    let was_seen = |portal: &Portal| old.portal(&portal.slug).is_some_and(|old| before.has(old));
    let closed = new.portals().iter().filter(|portal| !now.has(portal) && was_seen(portal));
    let mut slugs: Vec<&str> = closed.map(|portal| portal.slug.as_str()).take(MOST_NAMED + 1).collect();
    if slugs.len() > MOST_NAMED {
        slugs[MOST_NAMED] = "…";
    }
    (!slugs.is_empty()).then(|| slugs.join(", "))
}

/// What all root keys together see: whole workspaces, and single portals of one.
struct Seen<'c> {
    workspaces: HashSet<&'c str>,
    portals: HashSet<(&'c str, &'c str)>,
}

impl<'c> Seen<'c> {
    fn by(catalog: &'c Catalog) -> Self {
        let mut seen = Seen { workspaces: HashSet::new(), portals: HashSet::new() };
        for key in catalog.root_keys() {
            match &key.portals {
                PortalScope::All => {
                    seen.workspaces.insert(key.workspace.as_str());
                }
                PortalScope::Slugs(slugs) => {
                    seen.portals.extend(slugs.iter().map(|slug| (key.workspace.as_str(), slug.as_str())));
                }
            }
        }
        seen
    }

    fn has(&self, portal: &Portal) -> bool {
        self.workspaces.contains(portal.workspace.as_str())
            || self.portals.contains(&(portal.workspace.as_str(), portal.slug.as_str()))
    }
}
