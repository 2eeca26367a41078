//! How two catalogs differ: which portals and root keys come and go, and which of their values are others.
//!
//! Owns: every value of a portal and of a root key as text, by the name of its key. A new field does not compile until it is
//! told here too.
//! Must not know: what a difference does to anybody.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::domain::catalog::Catalog;
use crate::domain::policy::{SessionPolicy, WhenFull};
use crate::domain::portal::{CookieSettings, Landing, Portal, SameSite};
use crate::domain::root_key::{PortalScope, Right, RootKeyEntry};
use crate::domain::signed_token::TokenSettings;

/// An embedded logo has 16 KiB.
const MOST_CHARS: usize = 100;

type Values = Vec<(&'static str, String)>;

/// A sentence for each portal and each root key that is new or gone, and for each of their values that is another one.
pub fn differences(old: &Catalog, new: &Catalog) -> Vec<String> {
    let mut told = between(&portals(old), &portals(new));
    told.extend(between(&root_keys(old), &root_keys(new)));
    told
}

/// By the name that is shown. Root keys are told apart by their digests: an id may be used twice.
type Entries = BTreeMap<(String, [u8; 32]), Values>;

fn portals(catalog: &Catalog) -> Entries {
    let named = |portal: &Portal| ((format!("portal {:?}", portal.slug), [0; 32]), of_portal(portal));
    catalog.portals().iter().map(|portal| named(portal)).collect()
}

fn root_keys(catalog: &Catalog) -> Entries {
    let named =
        |key: &RootKeyEntry| ((format!("root key {:?}", key.id), *key.digest.as_bytes()), of_root_key(key));
    catalog.root_keys().map(named).collect()
}

fn between(old: &Entries, new: &Entries) -> Vec<String> {
    let mut told = Vec::new();
    for (entry, values) in new {
        let name = &entry.0;
        match old.get(entry) {
            None => told.push(format!("{name}: new")),
            Some(before) => {
                let pairs = before.iter().zip(values).filter(|(before, now)| before != now);
                told.extend(pairs.map(|((key, before), (_, now))| {
                    format!("{name}: {key}: {} → {}", shortened(before), shortened(now))
                }));
            }
        }
    }
    told.extend(
        old.keys().filter(|entry| !new.contains_key(*entry)).map(|entry| format!("{}: gone", entry.0)),
    );
    told
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

fn list<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn or_none<T: Display>(value: &Option<T>) -> String {
    list(value.as_ref())
}

fn of_portal(portal: &Portal) -> Values {
    let Portal {
        workspace,
        slug: _,
        url,
        test_url,
        session_parameter,
        return_url,
        return_urls,
        allowed_origins,
        public_url,
        ticket_ttl_ms,
        policy,
        landing,
        appearance,
        enabled,
        clear_site_data,
        resume,
        cookie,
        direct,
        tokens: TokenSettings { ttl_seconds, audience },
    } = portal;
    let (landing, confirm) = match landing {
        Landing::Portal => ("portal", false),
        Landing::Hosted { confirm } => ("hosted", *confirm),
    };
    let mut values = vec![
        ("workspace", workspace.clone()),
        ("url", url.to_string()),
        ("test_url", or_none(test_url)),
        ("session_parameter", session_parameter.clone()),
        ("return_url", or_none(return_url)),
        ("return_urls", list(return_urls)),
        ("allowed_origins and its own", list(allowed_origins)),
        ("public_url", public_url.to_string()),
        ("session_id_ttl_seconds", (ticket_ttl_ms / 1_000).to_string()),
        ("landing", landing.to_owned()),
        ("confirm", confirm.to_string()),
        ("display_name", or_none(&appearance.display_name)),
        ("logo_url", or_none(&appearance.logo_url)),
        ("primary_color", or_none(&appearance.primary_color)),
        ("enabled", enabled.to_string()),
        ("clear_site_data", clear_site_data.to_string()),
        ("resume", resume.to_string()),
        ("direct", direct.to_string()),
        ("tokens.ttl_seconds", ttl_seconds.to_string()),
        ("tokens.audience", or_none(audience)),
    ];
    values.extend(of_cookie(cookie));
    values.extend(of_policy(policy));
    values
}

fn of_cookie(CookieSettings { name, same_site, partitioned, domain }: &CookieSettings) -> Values {
    let same_site = match same_site {
        SameSite::Lax => "lax",
        SameSite::Strict => "strict",
        SameSite::None => "none",
    };
    vec![
        ("cookie.name", name.clone()),
        ("cookie.same_site", same_site.to_owned()),
        ("cookie.partitioned", partitioned.to_string()),
        ("cookie.domain", or_none(domain)),
    ]
}

fn of_policy(SessionPolicy { idle_timeout_ms, limit }: &SessionPolicy) -> Values {
    let when_full = match limit.as_ref().map(|limit| limit.when_full).unwrap_or_default() {
        WhenFull::EndOldest => "end_oldest",
        WhenFull::Refuse => "refuse",
    };
    vec![
        ("idle_timeout_seconds", (idle_timeout_ms.unwrap_or(0) / 1_000).to_string()),
        ("max_sessions_per_user", limit.map_or(0, |limit| limit.most).to_string()),
        ("when_full", when_full.to_owned()),
    ]
}

fn of_root_key(key: &RootKeyEntry) -> Values {
    let RootKeyEntry {
        workspace,
        id: _,
        digest: _,
        environment,
        portals,
        rights,
        permissions,
        default_portal,
        default_permissions,
        default_format,
    } = key;
    let portals = match portals {
        PortalScope::All => "*".to_owned(),
        PortalScope::Slugs(slugs) => list(slugs),
    };
    let defaults = default_permissions.iter().flatten();
    vec![
        ("workspace", workspace.clone()),
        ("environment", environment.name().to_owned()),
        ("portals", portals),
        ("rights", list(rights.iter().map(|right| Right::name(*right)))),
        ("permissions", list(permissions.iter().map(|permission| permission.as_str()))),
        ("default_portal", or_none(default_portal)),
        ("default_permissions", list(defaults.map(|permission| permission.as_str()))),
        ("default_format", default_format.name().to_owned()),
    ]
}
