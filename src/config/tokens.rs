//! Reads `[tokens]` and a portal's `tokens` section (API.md section 10).
//!
//! Owns: their rules. Key files are read together with the configuration, so that a reload picks up new ones. Messages
//! never repeat any part of a key.
//! Must not know: what a key signs.

use secrecy::SecretString;

use super::files::Files;
use crate::domain::invalid::Invalid;
use crate::domain::signed_token::TokenSettings;
use crate::fields::{Fields, integer, shown_text, string};
use crate::tokens::SigningKey;

/// The default life of a token for other APIs, in seconds.
const DEFAULT_TTL_SECONDS: u64 = 300;

/// `[tokens]`. The first key signs; all are published. And whether any is named, also one that cannot be read.
pub fn read_tokens(mut fields: Fields<'_, '_>, files: &Files) -> (Vec<SigningKey>, bool) {
    let named = fields.value("signing_key_files").and_then(|value| value.as_array());
    let is_any_named = named.is_none_or(|named| !named.is_empty());
    let mut seen: Vec<String> = Vec::new();
    let keys = fields.list("signing_key_files", |value| read_key(string(value)?, files)).unwrap_or_default();
    for (index, key) in keys.iter().enumerate() {
        if seen.iter().any(|id| id == key.id()) {
            let fix = "Name each key once.";
            fields.fault(
                format_args!("signing_key_files[{index}]"),
                Invalid::new("This key is there twice.", fix),
            );
        }
        seen.push(key.id().to_owned());
    }
    fields.finish();
    (keys, is_any_named)
}

fn read_key(path: &str, files: &Files) -> Result<SigningKey, Invalid> {
    let fix = "Name a file that `vestibule keys signing` has made, readable for the gateway's user.";
    let text =
        files.read(path).map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))?;
    SigningKey::read(&SecretString::from(text))
        .map_err(|error| Invalid::new(format!("The file cannot be used: {error}."), fix))
}

/// The fault of what makes signed tokens where there is no key.
pub fn signing_key_missing() -> Invalid {
    let fix = "Run `vestibule keys signing --algorithm ES256` and name its file in tokens.signing_key_files.";
    Invalid::new("With Redis, signed tokens need a key.", fix)
}

/// A portal's `tokens` section. `can_sign`: there is a key, or one is made at the start.
pub fn read_portal_tokens(portal: &mut Fields<'_, '_>, can_sign: bool) -> TokenSettings {
    if portal.value("tokens").is_some() && !can_sign {
        portal.fault("tokens", signing_key_missing());
    }
    let mut fields = portal.section("tokens");
    let ttl_seconds = fields.optional("ttl_seconds", integer(30, 900)).unwrap_or(DEFAULT_TTL_SECONDS);
    let audience = fields.optional("audience", shown_text(1, 256)).map(str::to_owned);
    fields.finish();
    TokenSettings { ttl_seconds, audience }
}
