//! How two sets of signing keys differ.
//!
//! Owns: that they are told by their ids, which are public.
//! Must not know: whose tokens are refused without one.

use crate::tokens::SigningKey;

/// Which come and go, and which signs.
pub fn differences(old: &[SigningKey], new: &[SigningKey]) -> Vec<String> {
    let mut told = Vec::new();
    for key in new.iter().filter(|key| !has(old, key)) {
        told.push(format!("signing key {}: new, and published", key.id()));
    }
    for key in old.iter().filter(|key| !has(new, key)) {
        told.push(format!("signing key {}: gone", key.id()));
    }
    let (before, now) = (old.first().map(SigningKey::id), new.first().map(SigningKey::id));
    if let Some(now) = now.filter(|_| before != now) {
        told.push(format!("signing key {now}: signs from now on"));
    }
    told
}

/// Whether this key is one of them.
pub fn has(keys: &[SigningKey], key: &SigningKey) -> bool {
    keys.iter().any(|other| other.id() == key.id())
}
