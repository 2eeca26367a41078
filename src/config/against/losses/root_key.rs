//! Which calls of a backend are refused after a change of its root key, and which do less.
//!
//! Owns: what a call depends on. A new field does not compile until it is looked at here.
//! Must not know: portals that are gone or switched off, which are told by themselves.

use std::fmt::Display;

use crate::domain::catalog::Catalog;
use crate::domain::permission::{Permission, any_covers};
use crate::domain::portal::Portal;
use crate::domain::root_key::{Right, RootKeyEntry};
use crate::domain::token_format::TokenFormat;

/// All of them; of one that is gone, only that.
pub fn of(old: &RootKeyEntry, catalog: &Catalog) -> Vec<String> {
    let name = format!("root key {:?}", old.id);
    let Some(new) = catalog.root_key(&old.digest) else {
        return vec![format!("{name} is gone: calls with it are a 401; the sessions that it made live on")];
    };
    let mut losses = of_scope(old, new, catalog);
    losses.extend(of_defaults(old, new));
    losses.into_iter().map(|loss| format!("{name} {loss}")).collect()
}

/// What follows the key's name.
fn of_scope(old: &RootKeyEntry, new: &RootKeyEntry, catalog: &Catalog) -> Vec<String> {
    let RootKeyEntry {
        workspace,
        environment,
        portals,
        rights,
        permissions,
        // Its name, and how it was found.
        id: _,
        digest: _,
        // Looked at beside this.
        default_portal: _,
        default_permissions: _,
        default_format: _,
    } = old;
    let mut losses = Vec::new();
    if (workspace, environment) != (&new.workspace, &new.environment) {
        losses.push("no longer sees the sessions that it made".to_owned());
    }
    let lost = rights.iter().filter(|right| !new.rights.contains(right)).map(|right| Right::name(*right));
    losses.extend(named("loses the rights", lost));
    let seen = |portal: &&Portal| portals.has(&portal.slug) && portal.workspace == *workspace;
    let seen = catalog.portals().iter().map(AsRef::as_ref).filter(seen);
    let unseen = seen.filter(|portal| !new.portals.has(&portal.slug)).map(|portal| portal.slug.as_str());
    losses.extend(named("no longer sees the portals", unseen));
    // One that covers `old` covers all that `old` covers.
    let above = permissions.iter().filter(|old| !any_covers(&new.permissions, old)).map(Permission::as_str);
    let above = named("may no longer grant", above);
    losses.extend(above.map(|above| format!("{above}: calls that ask for more than it has are a 403")));
    losses
}

/// What stands in where a call says nothing. One that did not stand in before refuses nobody.
fn of_defaults(old: &RootKeyEntry, new: &RootKeyEntry) -> Vec<String> {
    let mut losses = Vec::new();
    match (&old.default_portal, &new.default_portal) {
        (Some(_), None) => {
            losses.push("has no default_portal: calls without slug are a 400".to_owned());
        }
        (Some(before), Some(now)) if before != now => {
            losses.push(format!("makes sessions of {now:?} for calls without slug, before of {before:?}"));
        }
        (Some(_), Some(_)) | (None, Some(_) | None) => {}
    }
    match (&old.default_permissions, &new.default_permissions) {
        (Some(_), None) => {
            losses.push("has no default_permissions: calls without permissions are a 400".to_owned());
        }
        (Some(before), Some(now)) => {
            let lost = before.iter().filter(|old| !any_covers(now, old)).map(Permission::as_str);
            losses.extend(named("no longer grants calls without permissions", lost));
        }
        (None, Some(_) | None) => {}
    }
    match (old.default_format, new.default_format) {
        (TokenFormat::Jwt, TokenFormat::Opaque) => losses.push(
            "makes opaque tokens for calls without format: APIs that check signed ones refuse them"
                .to_owned(),
        ),
        (TokenFormat::Opaque, TokenFormat::Opaque | TokenFormat::Jwt)
        | (TokenFormat::Jwt, TokenFormat::Jwt) => {}
    }
    losses
}

/// None of none.
fn named<T: Display>(what: &str, names: impl Iterator<Item = T>) -> Option<String> {
    let names: Vec<String> = names.map(|name| name.to_string()).collect();
    (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
}
