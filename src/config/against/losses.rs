//! Who is cut off by a change: sessions, links, callers and tokens that worked before it.
//!
//! Owns: the one list of what ends anything. Each sentence says what to do where something can be done.
//! Must not know: how a change is applied.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::signing::has;
use crate::config::settings::Settings;
use crate::config::store::StoreLocation;
use crate::domain::catalog::Catalog;
use crate::domain::portal::{Landing, Portal};
use crate::domain::root_key::RootKeyEntry;

/// All of them. `restarts`: the change needs a restart.
pub fn of(old: &Settings, new: &Settings, restarts: bool) -> Vec<String> {
    let mut losses = Vec::new();
    if old.catalog.would_lose_all_portals(&new.catalog) {
        losses.push("no portal is left: a reload refuses that".to_owned());
    } else if old.catalog.would_lose_all_root_keys(&new.catalog) {
        losses.push("no root key is left: a reload refuses that, unless SIGHUP asks for it".to_owned());
    }
    for portal in old.catalog.portals() {
        losses.extend(of_portal(portal, &new.catalog));
    }
    for key in old.catalog.root_keys() {
        losses.extend(of_root_key(key, &new.catalog));
    }
    // In no order of the catalog's own.
    losses.sort_unstable();
    losses.extend(of_signing_keys(old, new));
    losses.extend(of_store(old, new, restarts));
    losses.extend(of_secret(old, new));
    losses
}

fn of_portal(old: &Portal, catalog: &Catalog) -> Vec<String> {
    let name = format!("portal {:?}", old.slug);
    let Some(new) = catalog.portal(&old.slug) else {
        return vec![format!("{name} is gone: its sessions and links are refused")];
    };
    if new.workspace != old.workspace {
        return vec![format!("{name} is of another workspace: its sessions and links are refused")];
    }
    if old.enabled && !new.enabled {
        return vec![format!(
            "{name} is disabled: its sessions and links are refused until it is enabled again"
        )];
    }
    let mut losses = Vec::new();
    if old.direct && !new.direct {
        losses.push(format!("{name} is direct no more: the tokens of its direct sessions are refused"));
    }
    if !old.direct && new.direct {
        losses.push(format!("{name} is direct: browser tokens that its pages hold themselves are refused"));
    }
    if !still_sent(old, new) {
        losses.push(format!(
            "{name}: its cookie has another name, host or domain, so browsers with a session are signed out"
        ));
    }
    if !links_still_lead(old, new) {
        losses.push(format!(
            "{name}: links that are on their way lead to where the portal was before, and as before"
        ));
    }
    let audience = |portal: &Portal| portal.tokens.audience(&portal.slug).to_owned();
    if audience(old) != audience(new) {
        losses.push(format!(
            "{name}: tokens for the audience {:?} are refused, and APIs that expect it refuse the new ones",
            audience(old)
        ));
    }
    let pages: Vec<&str> =
        old.allowed_origins.iter().filter(|origin| !new.lists_origin(origin)).map(String::as_str).collect();
    if !pages.is_empty() {
        losses.push(format!("{name}: pages of {} are refused", pages.join(", ")));
    }
    losses
}

/// Whether a browser sends the cookie that it has, and under the name that is read.
fn still_sent(old: &Portal, new: &Portal) -> bool {
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    // The browser's `__Host-` is a part of the name.
    let name = |portal: &Portal| {
        let for_one_host = portal.public_url.scheme() == "https" && portal.cookie.domain.is_none();
        (for_one_host, portal.cookie.name.clone())
    };
    let now = host(&new.public_url);
    let reaches = match &old.cookie.domain {
        Some(domain) => now == *domain || now.ends_with(&format!(".{domain}")),
        None => now == host(&old.public_url),
    };
    reaches && name(old) == name(new)
}

/// Whether a link that was made before is of the same form as one that is made after.
fn links_still_lead(old: &Portal, new: &Portal) -> bool {
    match (old.landing, new.landing) {
        (Landing::Hosted { .. }, Landing::Hosted { .. }) => old.public_url == new.public_url,
        (Landing::Hosted { .. }, Landing::Portal) => false,
        (Landing::Portal, Landing::Portal | Landing::Hosted { .. }) => {
            old.url == new.url
                && old.test_url == new.test_url
                && old.session_parameter == new.session_parameter
        }
    }
}

fn of_root_key(old: &RootKeyEntry, catalog: &Catalog) -> Vec<String> {
    let name = format!("root key {:?}", old.id);
    let Some(new) = catalog.root_key(&old.digest) else {
        return vec![format!("{name} is gone: calls with it are a 401; the sessions that it made live on")];
    };
    let mut losses = Vec::new();
    if (&old.workspace, old.environment) != (&new.workspace, new.environment) {
        losses.push(format!("{name} no longer sees the sessions that it made"));
    }
    let lost: Vec<&str> =
        old.rights.iter().filter(|right| !new.rights.contains(right)).map(|right| right.name()).collect();
    if !lost.is_empty() {
        losses.push(format!("{name} loses the rights {}", lost.join(", ")));
    }
    let seen = |portal: &&Portal| old.portals.has(&portal.slug) && portal.workspace == old.workspace;
    let portals = catalog.portals().iter().map(AsRef::as_ref).filter(seen);
    let unseen: Vec<&str> =
        portals.filter(|portal| !new.portals.has(&portal.slug)).map(|portal| portal.slug.as_str()).collect();
    if !unseen.is_empty() {
        losses.push(format!("{name} no longer sees the portals {}", unseen.join(", ")));
    }
    losses
}

fn of_signing_keys(old: &Settings, new: &Settings) -> Vec<String> {
    let gone = old.signing_keys.iter().filter(|key| !has(&new.signing_keys, key));
    let mut losses: Vec<String> = gone
        .map(|key| format!("signing key {} is gone: tokens that it has signed are refused", key.id()))
        .collect();
    if !old.signing_keys.is_empty() && old.server.public_url != new.server.public_url {
        losses.push(
            "server.public_url names the issuer: tokens that are signed before the restart are refused"
                .to_owned(),
        );
    }
    losses
}

fn of_store(old: &Settings, new: &Settings, restarts: bool) -> Option<String> {
    let in_memory = |settings: &Settings| matches!(settings.store.location, StoreLocation::Memory);
    let differences = old.at_restart.differences(&new.at_restart);
    if in_memory(old) && restarts {
        return Some("sessions are in the memory of the process: the restart signs everybody out".to_owned());
    }
    let keys: Vec<&str> =
        differences.into_iter().filter(|key| matches!(*key, "store.url" | "store.prefix")).collect();
    (!keys.is_empty()).then(|| {
        format!("{}: unless the store there holds the same data, everybody is signed out", keys.join(", "))
    })
}

/// In memory there is nothing that another secret could not find.
fn of_secret(old: &Settings, new: &Settings) -> Vec<String> {
    if matches!(old.store.location, StoreLocation::Memory)
        || matches!(new.store.location, StoreLocation::Memory)
    {
        return Vec::new();
    }
    let mut losses = Vec::new();
    let (before, now) = (known(old), known(new));
    if before.iter().any(|secret| !now.contains(secret)) {
        losses.push(
            "a secret is gone (server.secret, server.previous_secrets): sessions that were created under it cannot be \
             listed or revoked by user"
                .to_owned(),
        );
    }
    if !before.contains(&new.server.secret.expose_secret()) {
        losses.push(
            "server.secret is one that the other gateways do not know yet: put it into server.previous_secrets of all \
             first, and restart them"
                .to_owned(),
        );
    }
    losses
}

fn known(settings: &Settings) -> Vec<&str> {
    let server = &settings.server;
    std::iter::once(&server.secret).chain(&server.previous_secrets).map(SecretString::expose_secret).collect()
}
