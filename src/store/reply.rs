//! What the scripts answer, as domain values.
//!
//! Owns: reading a script's reply. One that cannot be read is `Corrupt`, never an absent session, and is logged.
//! Must not know: connections, or what a script does.

use redis::{ParsingError, Value};

use super::history;
use super::keys::read_digest;
use super::record;
use crate::domain::error::Refusal;
use crate::domain::events::Went;
use crate::domain::explained::{Known, Over, Stage};
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::ports::{Exchange, Gone, Named, NewSession, Opening, Record, StoreError, Stored};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;

/// The first word says what the others are.
pub type Reply = Vec<String>;

/// As `str`, to be matched.
pub fn words(reply: &Reply) -> Vec<&str> {
    reply.iter().map(String::as_str).collect()
}

/// Whether open.lua has begun a session, or found the one of an earlier try.
pub fn is_opened(reply: &Value) -> bool {
    begins_with(reply, "opened")
}

/// The same of exchange.lua.
pub fn is_exchanged(reply: &Value) -> bool {
    matches!(reply, Value::BulkString(_)) || begins_with(reply, "done")
}

fn begins_with(reply: &Value, word: &str) -> bool {
    redis::from_redis_value_ref::<Reply>(reply).is_ok_and(|reply| words(&reply).first() == Some(&word))
}

/// When it was created, and how many live sessions there may be if they may be many.
pub fn created(new: &NewSession, reply: &str) -> Result<Stored, StoreError> {
    let (created, live) = reply.split_once(' ').unwrap_or((reply, "0"));
    let (Ok(created_at_ms), Ok(live)) = (created.parse::<u64>(), live.parse()) else {
        return Err(corrupt("an unknown reply of create.lua"));
    };
    let session = record::created(new, created_at_ms, created_at_ms.saturating_add(new.ticket_ttl_ms));
    Ok(Stored { session, live, went: Went::default() })
}

pub fn session(tag: UserTag, record: &str) -> Result<PortalSession, StoreError> {
    record::decode(tag, record)
        .inspect_err(|error| tracing::error!(%error, "a stored session cannot be read"))
}

/// A record alone is the session of an attempt that nothing stood in the way of.
pub fn exchange(tag: UserTag, reply: Value) -> Result<Exchange, StoreError> {
    let unreadable = |error: ParsingError| StoreError::Corrupt(error.to_string());
    if let Value::BulkString(_) = reply {
        let record: String = redis::from_redis_value(reply).map_err(unreadable)?;
        return Ok(Exchange::Done(session(tag, &record)?, Went::default()));
    }
    let reply: Reply = redis::from_redis_value(reply).map_err(unreadable)?;
    match words(&reply).as_slice() {
        ["done", record, went @ ..] => Ok(Exchange::Done(session(tag, record)?, read_went(tag, went)?)),
        ["full", record] => Ok(Exchange::Full(session(tag, record)?)),
        ["not_admitted", record] => Ok(Exchange::NotAdmitted(session(tag, record)?)),
        ["gone", why, created, suffix] => Ok(Exchange::Gone(gone(tag, why, created, suffix)?)),
        _ => Err(corrupt("a pending record of an unknown version")),
    }
}

/// `state` and `digest` as the index has them.
pub fn named(tag: UserTag, record: &str, state: &str, digest: &str) -> Result<Named, StoreError> {
    let digest = read_digest(digest).ok_or_else(|| corrupt("an entry of a user's index without a digest"))?;
    let lies_under = match state {
        "t" => Record::Ticket(digest),
        "b" => Record::Token(digest),
        _ => return Err(corrupt("a live entry of a user's index in an unknown state")),
    };
    Ok(Named { session: session(tag, record)?, record: lies_under })
}

pub fn opening(tag: UserTag, reply: &Reply) -> Result<Opening, StoreError> {
    match words(reply).as_slice() {
        ["opened", record, live, went @ ..] => {
            let live = live.parse().map_err(|_| corrupt("an unknown reply of open.lua"))?;
            let went = read_went(tag, went)?;
            Ok(Opening::Done(Stored { session: session(tag, record)?, live, went }))
        }
        ["late"] => Ok(Opening::TooLate),
        ["full"] => Ok(Opening::Full),
        _ => Err(corrupt("a session's record of an unknown version")),
    }
}

/// The session, or what is still known of it.
pub fn found(tag: UserTag, reply: &Reply) -> Result<Result<PortalSession, Gone>, StoreError> {
    match words(reply).as_slice() {
        ["found", record] => Ok(Ok(session(tag, record)?)),
        ["gone", why, created, suffix] => Ok(Err(gone(tag, why, created, suffix)?)),
        _ => Err(corrupt("an unknown reply of fate.lua")),
    }
}

/// What is still known of each session. One that ended in a way that this release does not know is left out.
pub fn known(tag: UserTag, reply: &Reply) -> Result<Vec<Known>, StoreError> {
    let words = words(reply);
    let Some((&"known", sessions)) = words.split_first() else {
        return Err(corrupt("an unknown reply of explain.lua"));
    };
    let mut known = Vec::new();
    for one in sessions.chunks(6) {
        let &[created, suffix, why, stage, record, told] = one else {
            return Err(corrupt("an unknown reply of explain.lua"));
        };
        let (Ok(created_at_ms), Ok(suffix)) = (created.parse(), HandleSuffix::parse(suffix)) else {
            return Err(corrupt("an entry of a user's index without a handle"));
        };
        let now = match why {
            "live" => Ok(session(tag, record)?),
            "expired" => Err(Over::Expired),
            "idle" => Err(Over::Idle),
            "revoked" => Err(Over::Revoked),
            "ended" => Err(Over::Ended),
            "displaced" => Err(Over::Displaced),
            _ => continue,
        };
        let stage = match stage {
            "link" => Stage::Link,
            "exchanged" => Stage::Exchanged,
            _ => Stage::Direct,
        };
        let handle = Handle { tag, created_at_ms, suffix };
        known.push(Known { handle, stage, now, events: history::decode(told) });
    }
    Ok(known)
}

/// Why each went, when it was created, and its suffix.
fn read_went(tag: UserTag, words: &[&str]) -> Result<Went, StoreError> {
    let mut went = Went::default();
    for told in words.chunks(3) {
        let unknown = || corrupt("an unknown end of a session that made room");
        let [why, created, suffix] = *told else { return Err(unknown()) };
        let handle = read_handle(tag, created, suffix).ok_or_else(unknown)?;
        match why {
            "displaced" => went.displaced.push(handle),
            "replaced" => went.replaced.push(handle),
            "idle" => went.idle.push(handle),
            _ => return Err(unknown()),
        }
    }
    Ok(went)
}

fn read_handle(tag: UserTag, created: &str, suffix: &str) -> Option<Handle> {
    let suffix = HandleSuffix::parse(suffix).ok()?;
    Some(Handle { tag, created_at_ms: created.parse().ok()?, suffix })
}

pub fn corrupt(what: &str) -> StoreError {
    tracing::error!(what, "a stored session cannot be read");
    StoreError::Corrupt(what.to_owned())
}

fn gone(tag: UserTag, why: &str, created: &str, suffix: &str) -> Result<Gone, StoreError> {
    let refusal = match why {
        "unknown" => Refusal::Unknown,
        "expired" => Refusal::Expired,
        "used" => Refusal::Used,
        "idle" | "idle_now" => Refusal::Idle,
        "displaced" => Refusal::Displaced,
        "revoked" => Refusal::Revoked,
        "ended" => Refusal::Ended,
        "fenced" => Refusal::Fenced,
        _ => return Err(corrupt("an entry of a user's index in an unknown state")),
    };
    Ok(Gone { refusal, handle: read_handle(tag, created, suffix), is_news: why == "idle_now" })
}
