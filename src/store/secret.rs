//! The marks of the gateways' secrets in Redis.
//!
//! Owns: how long each stays. That of a secret: longer than any session that was made under it, so that a store on which
//! nobody has been signed in for a day takes any. That of a gateway: until it should have told again that it is there.
//! Must not know: secrets.

use redis::Cmd;

use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::reply::corrupt;
use super::script::SECRET;
use crate::domain::ports::StoreError;
use crate::domain::secret_mark::{AGAIN_AFTER, Agreement, Presence, SecretMarks};

/// 25 hours.
const USED_MS: u64 = 25 * 60 * 60 * 1_000;

/// Twice may fail, and take its time.
#[expect(clippy::cast_possible_truncation, reason = "some minutes")]
const HERE_MS: u64 = AGAIN_AFTER.as_millis() as u64 * 5 / 2;

/// Compares, and leaves what the others are to know, unless this gateway must not start.
pub async fn agree(
    link: &RedisLink,
    keys: &Keys,
    marks: &SecretMarks,
    presence: Presence<'_>,
) -> Result<Agreement, StoreError> {
    let (gateway, serves) = match presence {
        Presence::Looks => ("", false),
        Presence::Starts(gateway) => (gateway, false),
        Presence::Serves(gateway) => (gateway, true),
    };
    let script = SECRET.on(vec![keys.secrets()]).arg(gateway).arg(u8::from(serves)).arg(USED_MS).arg(HERE_MS);
    let script = script.arg(&marks.present).arg(&marks.previous);
    let verdict: String = link.call("agree", Call::Script(&script), link.deadline()).await?;
    match verdict.as_str() {
        "same" => Ok(Agreement::Same),
        "rotation" => Ok(Agreement::InRotation),
        "other" => Ok(Agreement::Other),
        "unannounced" => Ok(Agreement::Unannounced),
        _ => Err(corrupt("an unknown reply of secret.lua")),
    }
}

/// From now on this gateway does not count.
pub async fn leave(
    link: &RedisLink,
    keys: &Keys,
    marks: &SecretMarks,
    gateway: &str,
) -> Result<(), StoreError> {
    let key = keys.secrets();
    let all = [std::slice::from_ref(&marks.present), &marks.previous].concat().join(" ");
    let command = Cmd::zrem(&key, format!("here {gateway} {all}"));
    link.call("leave", Call::Command { key: &key, command: &command }, link.deadline()).await
}
