//! The marks of the gateways' secrets in Redis.
//!
//! Owns: how long each stays. That of a secret: longer than any session that was made under it, so that a store on which
//! nobody has been signed in for a day takes any. That of a gateway: until it should have told again that it is there.
//! Must not know: secrets.

use redis::Cmd;

use super::LONGER_THAN_SESSIONS_MS;
use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::reply::corrupt;
use super::scripts::SECRET;
use crate::domain::ports::StoreError;
use crate::domain::secret_mark::{AGAIN_AFTER, Agreement, Presence, SecretMarks};

/// Twice may fail, and take its time.
#[expect(clippy::cast_possible_truncation, reason = "some minutes")]
const HERE_MS: u64 = AGAIN_AFTER.as_millis() as u64 * 3;

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
    let script = SECRET
        .on(&[keys.secrets()])
        .arg(gateway)
        .arg(u8::from(serves))
        .arg(LONGER_THAN_SESSIONS_MS)
        .arg(HERE_MS);
    let script = script.arg(&marks.present).arg(&marks.previous);
    let of_former = of_former_release(link, keys, marks).await?;
    if of_former == Agreement::Other && !serves {
        return Ok(of_former);
    }
    let verdict: String = link.call("agree", Call::Script(&script), link.deadline()).await?;
    let agreement = match verdict.as_str() {
        "same" => of_former,
        "rotation" => Agreement::InRotation,
        "other" => Agreement::Other,
        "unannounced" => Agreement::Unannounced,
        _ => return Err(corrupt("an unknown reply of secret.lua")),
    };
    if !gateway.is_empty() && matches!(agreement, Agreement::Same | Agreement::InRotation) {
        // A server whose memory is full refuses it; then the next time.
        let _ = tell_former_release(link, keys, marks).await;
    }
    Ok(agreement)
}

/// Gateways of 0.2.0 compare a mark of their own, the last one's that has started or told again. To be taken out with the
/// second release after it.
async fn of_former_release(
    link: &RedisLink,
    keys: &Keys,
    marks: &SecretMarks,
) -> Result<Agreement, StoreError> {
    let key = keys.former_secret();
    let call = Call::Command { key: key.as_bytes(), command: &Cmd::get(&key) };
    let found: Option<String> = link.call("agree", call, link.deadline()).await?;
    Ok(match found {
        Some(found) if found == marks.present => Agreement::Same,
        Some(found) if marks.previous.contains(&found) => Agreement::InRotation,
        Some(_) => Agreement::Other,
        None => Agreement::Same,
    })
}

async fn tell_former_release(link: &RedisLink, keys: &Keys, marks: &SecretMarks) -> Result<(), StoreError> {
    let key = keys.former_secret();
    let mut command = Cmd::set(&key, &marks.present);
    let call = Call::Command { key: key.as_bytes(), command: command.arg("PX").arg(LONGER_THAN_SESSIONS_MS) };
    link.call("agree", call, link.deadline()).await
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
    link.call("leave", Call::Command { key: key.as_bytes(), command: &command }, link.deadline()).await
}
