//! The mark of the gateways' secret in Redis.
//!
//! Owns: how long it stays: longer than any session that was made under the secret, so that a store on which nobody has
//! been signed in for a day takes any.
//! Must not know: secrets.

use redis::Cmd;

use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::reply::corrupt;
use super::script::SECRET;
use crate::domain::ports::StoreError;
use crate::domain::secret_mark::{Agreement, SecretMarks};

/// 25 hours. Each gateway renews it while it runs.
const STAYS_MS: u64 = 25 * 60 * 60 * 1_000;

/// Compares, and leaves the present mark unless the others have an unknown one.
pub async fn agree(link: &RedisLink, keys: &Keys, marks: &SecretMarks) -> Result<Agreement, StoreError> {
    let script = SECRET.on(vec![keys.secret()]).arg(&marks.present).arg(STAYS_MS).arg(&marks.previous);
    let verdict: String = link.call("agree", Call::Script(&script), link.deadline()).await?;
    match verdict.as_str() {
        "same" => Ok(Agreement::Same),
        "rotation" => Ok(Agreement::InRotation),
        "other" => Ok(Agreement::Other),
        _ => Err(corrupt("an unknown reply of secret.lua")),
    }
}

/// Compares alone.
pub async fn compare(link: &RedisLink, keys: &Keys, marks: &SecretMarks) -> Result<Agreement, StoreError> {
    let key = keys.secret();
    let call = Call::Command { key: &key, command: &Cmd::get(&key) };
    let found: Option<String> = link.call("compare", call, link.deadline()).await?;
    Ok(match found {
        None => Agreement::Same,
        Some(found) if found == marks.present => Agreement::Same,
        Some(found) if marks.previous.contains(&found) => Agreement::InRotation,
        Some(_) => Agreement::Other,
    })
}
