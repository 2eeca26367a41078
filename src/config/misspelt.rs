//! Variables of the environment that were probably meant for the gateway, and that it does not read.
//!
//! Owns: which these are. A setting that is ignored without a word is found in production.
//! Must not know: what any key means.

use super::layers::PREFIX;
use crate::domain::invalid::{Fault, Invalid};

/// Every key of the sections that are no lists (tests/config/environment.rs compares them with config/default.toml).
pub const KEYS: [(&str, &[&str]); 8] = [
    (
        "server",
        &[
            "listen",
            "metrics_listen",
            "public_url",
            "secret",
            "previous_secrets",
            "workers",
            "drain_seconds",
            "reload_seconds",
            "trusted_proxies",
            "client_address_header",
        ],
    ),
    (
        "store",
        &[
            "url",
            "allow_memory",
            "ca_file",
            "client_cert_file",
            "client_key_file",
            "password_file",
            "prefix",
            "sentinel_username",
            "sentinel_password",
            "sentinel_password_file",
            "timeout_ms",
            "fence_failover",
            "wait_replicas",
        ],
    ),
    ("errors", &["type_base"]),
    ("limits", &["exchange_per_minute", "create_per_minute"]),
    ("history", &["days"]),
    ("tokens", &["signing_key_files"]),
    ("log", &["format", "level"]),
    ("telemetry", &["traces_endpoint", "traces_one_in", "trust_traceparent"]),
];

/// A fault for each variable that names a key of ours in another spelling: with single underscores or in small letters.
/// Others that begin like ours are nobody's fault: Kubernetes makes `VESTIBULE_SERVICE_HOST` of a service's name.
pub fn faults<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Fault> {
    names.filter_map(|name| meant_by(name).map(|meant| fault(name, &meant))).collect()
}

fn fault(name: &str, meant: &str) -> Fault {
    let fix = format!("Write {meant}, or take it out.");
    Invalid::new("This variable is not read: its name is spelt in another way.", fix).at(name)
}

fn meant_by(name: &str) -> Option<String> {
    if name.starts_with(PREFIX) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    if upper.starts_with(PREFIX) {
        return Some(upper);
    }
    let squeezed = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let rest = squeezed(upper.strip_prefix("VESTIBULE_")?);
    KEYS.iter().flat_map(|(section, keys)| keys.iter().map(move |key| (section, key))).find_map(
        |(section, key)| {
            let is_it = rest == squeezed(&format!("{section}{key}"));
            is_it.then(|| format!("{PREFIX}{section}__{key}").to_ascii_uppercase())
        },
    )
}
