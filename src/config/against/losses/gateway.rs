//! Whom a change of the gateway's own settings cuts off: its addresses, limits, store, secret and keys.
//!
//! Owns: what is lost with each. Values are not shown: some are secret.
//! Must not know: portals or root keys.

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use crate::config::against::signing::has;
use crate::config::sections::{Limits, Server};
use crate::config::settings::Settings;
use crate::config::store::{Store, StoreLocation};

/// All of them. `restarts`: the change needs a restart.
pub fn of(old: &Settings, new: &Settings, restarts: bool) -> Vec<String> {
    let mut losses = of_signing_keys(old, new);
    losses.extend(of_location(old, new, restarts));
    losses.extend(of_secret(old, new));
    losses.extend(of_addresses(&old.server, &new.server));
    losses.extend(of_limits(old.limits, new.limits));
    losses.extend(of_answers(&old.store, &new.store));
    losses
}

fn of_signing_keys(old: &Settings, new: &Settings) -> Vec<String> {
    let gone = old.signing_keys.iter().filter(|key| !has(&new.signing_keys, key));
    let mut losses: Vec<String> = gone
        .map(|key| format!("signing key {} is gone: tokens that it has signed are refused", key.id()))
        .collect();
    match (old.signing_keys.first(), new.signing_keys.first()) {
        (Some(_), Some(signs)) if !has(&old.signing_keys, signs) => losses.push(format!(
            "signing key {} signs without having been published before: for up to 10 minutes, APIs that have read the keys \
             refuse its tokens",
            signs.id()
        )),
        (None, Some(_)) if in_memory(&old.store) => losses.push(
            "tokens are refused that the key has signed which the gateway made at its start".to_owned(),
        ),
        (Some(_) | None, Some(_) | None) => {}
    }
    if !old.signing_keys.is_empty() && old.server.public_url != new.server.public_url {
        losses.push(
            "server.public_url names the issuer: tokens that are signed before the restart are refused"
                .to_owned(),
        );
    }
    losses
}

fn in_memory(store: &Store) -> bool {
    matches!(store.location, StoreLocation::Memory)
}

fn of_location(old: &Settings, new: &Settings, restarts: bool) -> Option<String> {
    let differences = old.at_restart.differences(&new.at_restart);
    if in_memory(&old.store) && restarts {
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
    if in_memory(&old.store) || in_memory(&new.store) {
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

fn of_addresses(old: &Server, new: &Server) -> Vec<String> {
    let mut losses = Vec::new();
    if old.listen != new.listen {
        losses.push("server.listen: whoever still calls the old address gets no answer".to_owned());
    }
    let is_believed = |proxy: &&IpNet| new.trusted_proxies.iter().any(|now| now.contains(*proxy));
    let key = if old.client_address_header != new.client_address_header {
        "server.client_address_header"
    } else if !old.trusted_proxies.iter().all(|proxy| is_believed(&proxy)) {
        "server.trusted_proxies"
    } else {
        return losses;
    };
    losses.push(format!(
        "{key}: all who come by a proxy that is not believed any more share one limit, and can be refused for each other"
    ));
    losses
}

/// 0 is no limit.
fn of_limits(old: Limits, new: Limits) -> Vec<String> {
    let Limits { exchange_per_minute, create_per_minute } = new;
    let lower = |name: &str, before: u32, now: u32| {
        let is_lower = now != 0 && (before == 0 || now < before);
        is_lower.then(|| format!("{name} is lower: calls beyond it are a 429"))
    };
    let exchange = lower("limits.exchange_per_minute", old.exchange_per_minute, exchange_per_minute);
    exchange
        .into_iter()
        .chain(lower("limits.create_per_minute", old.create_per_minute, create_per_minute))
        .collect()
}

/// In memory nothing fails over, and no replica is waited for.
fn of_answers(old: &Store, new: &Store) -> Vec<String> {
    let mut losses = Vec::new();
    if in_memory(old) || in_memory(new) {
        return losses;
    }
    let mut tell = |loss: &str| losses.push(loss.to_owned());
    if new.timeout < old.timeout {
        tell("store.timeout_ms is lower: calls for which the store takes longer are a 503");
    }
    if new.wait_replicas > old.wait_replicas {
        tell("store.wait_replicas is higher: a sign-in is a 503 while fewer replicas answer");
    }
    if new.fence_failover && !old.fence_failover {
        tell(
            "store.fence_failover: links that are made before a failover or restart of Redis are refused after it",
        );
    }
    losses
}
