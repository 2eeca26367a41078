//! Who is cut off by a change: sessions, links, callers and tokens that worked before it.
//!
//! Owns: the one list of what ends anything, or makes it less. Each sentence says what to do where something can be done.
//! `tests/config/cut_off.rs` has a line for every key.
//! Must not know: how a change is applied.

mod fresh;
mod gateway;
mod portal;
mod root_key;
mod unnamed;

use crate::config::settings::Settings;

/// All of them. `restarts`: the change needs a restart.
pub fn of(old: &Settings, new: &Settings, restarts: bool) -> Vec<String> {
    let mut losses = Vec::new();
    if old.catalog.would_lose_all_portals(&new.catalog) {
        losses.push("no portal is left: a reload refuses that".to_owned());
    } else if old.catalog.would_lose_all_root_keys(&new.catalog) {
        losses.push("no root key is left: a reload refuses that, unless SIGHUP asks for it".to_owned());
    }
    for portal in old.catalog.portals() {
        losses.extend(portal::of(portal, &new.catalog));
    }
    for key in old.catalog.root_keys() {
        losses.extend(root_key::of(key, &new.catalog));
    }
    losses.extend(unnamed::of(&old.catalog, &new.catalog, &old.server.public_url));
    // In no order of the catalog's own.
    losses.sort_unstable();
    losses.extend(gateway::of(old, new, restarts));
    losses
}
