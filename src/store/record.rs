//! The stored form of a session: version 1 is written, 1 and 2 are read.
//!
//! Owns: the mapping between record and domain. A record has three lines: plain fields, which the Lua
//! scripts read and write too (`scripts/parts/record.lua`), the grant as JSON, which they only pass on, and the
//! browser's user agent. Whatever a later release adds to a line, or after them, is ignored. An unknown version is an
//! error, never an absent session.
//! Must not know: keys, Redis commands.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::environment::Environment;
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::permission::Permission;
use crate::domain::policy::{Idle, SessionLimit, SessionPolicy, WhenFull};
use crate::domain::portal_path::PortalPath;
use crate::domain::ports::{NewDirectSession, NewSession, StoreError};
use crate::domain::return_url::parse_http_url;
use crate::domain::session::{Grant, PortalSession, SessionKind};
use crate::domain::shown_text::is_unfit;
use crate::domain::user_tag::UserTag;

/// Of the first line, as far as this release knows them.
const HEAD_FIELDS: usize = 8;

/// One letter for each field, because a live session should cost few bytes.
#[derive(Serialize, Deserialize)]
struct GrantRecord<'a> {
    /// First, and in this order, because the scripts read and write these two (`scripts/parts/idle.lua`). They are
    /// here, and not in the first line, because the release before this one passes the grant on as it is.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    idle_timeout_ms: Option<u64>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    idle_until_ms: Option<u64>,
    /// Next, because the scripts read it (`scripts/parts/room.lua`).
    #[serde(rename = "c", borrow, default, skip_serializing_if = "Option::is_none")]
    limit: Option<Cow<'a, str>>,
    #[serde(rename = "w", borrow)]
    workspace: Cow<'a, str>,
    #[serde(rename = "n")]
    environment: &'a str,
    #[serde(rename = "x", borrow)]
    external_id: Cow<'a, str>,
    /// Of characters that JSON never escapes.
    #[serde(rename = "p", borrow)]
    permissions: Vec<&'a str>,
    #[serde(rename = "o", borrow, default, skip_serializing_if = "Option::is_none")]
    external_organization_id: Option<Cow<'a, str>>,
    #[serde(rename = "e", borrow, default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    #[serde(rename = "v", default, skip_serializing_if = "std::ops::Not::not")]
    preview: bool,
    #[serde(rename = "m", borrow, default, skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    /// Only for a direct session. A release that does not know the field takes the session for a browser's.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    direct: bool,
    #[serde(rename = "r", borrow, default, skip_serializing_if = "Option::is_none")]
    return_url: Option<Cow<'a, str>>,
    #[serde(rename = "l", borrow, default, skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
}

/// The grant with its policy, as the scripts pass it on. Everything in it comes from validated values.
pub fn encode_grant(grant: &Grant, policy: &SessionPolicy) -> Result<String, StoreError> {
    let metadata = grant.metadata.as_deref().map(serde_json::from_str).transpose().map_err(corrupt)?;
    let record = GrantRecord {
        idle_timeout_ms: policy.idle_timeout_ms,
        idle_until_ms: None,
        limit: policy.limit.map(|limit| limit_text(limit).into()),
        workspace: grant.workspace.as_str().into(),
        environment: grant.environment.name(),
        external_id: grant.external_id.as_str().into(),
        permissions: grant.permissions.iter().map(Permission::as_str).collect(),
        external_organization_id: grant.external_organization_id.as_deref().map(Cow::from),
        email: grant.email.as_deref().map(Cow::from),
        preview: grant.preview,
        direct: grant.kind == SessionKind::Direct,
        metadata,
        return_url: grant.return_url.as_ref().map(|url| url.as_str().into()),
        path: grant.path.as_ref().map(|path| path.as_str().into()),
    };
    serde_json::to_string(&record).map_err(corrupt)
}

fn limit_text(limit: SessionLimit) -> String {
    let letter = match limit.when_full {
        WhenFull::EndOldest => 'e',
        WhenFull::Refuse => 'r',
    };
    format!("{}{letter}", limit.most)
}

/// The user agent as it fits into a record: one line of at most 256 characters.
pub fn user_agent_line(user_agent: Option<&str>) -> String {
    user_agent.unwrap_or_default().chars().filter(|c| !is_unfit(*c)).take(256).collect()
}

/// Reads a record. `tag` is the user tag in its key.
pub fn decode(tag: UserTag, record: &str) -> Result<PortalSession, StoreError> {
    let (head, rest) = record.split_once('\n').unwrap_or((record, ""));
    let (grant, rest) = rest.split_once('\n').unwrap_or((rest, ""));
    let user_agent = rest.split('\n').next().unwrap_or_default();
    let mut fields = head.split_ascii_whitespace();
    let head: [&str; HEAD_FIELDS] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    let unknown = || StoreError::Corrupt(format!("unknown version or head of a record of {tag:?}"));
    let ["1" | "2", created, exchanged, expires, _ttl, suffix, slug, epoch] = head else {
        return Err(unknown());
    };
    if epoch.is_empty() {
        return Err(unknown());
    }
    let time = |text: &str| text.parse::<u64>().map_err(corrupt);
    let suffix = HandleSuffix::parse(suffix).map_err(|_| StoreError::Corrupt("a handle suffix".into()))?;
    let handle = Handle { tag, created_at_ms: time(created)?, suffix };
    let in_session = |error: String| StoreError::Corrupt(format!("{handle}: {error}"));
    let (grant, idle) = decode_grant(slug, grant).map_err(in_session)?;
    let exchanged_at_ms = Some(time(exchanged)?).filter(|&time| time != 0);
    let expires_at_ms = time(expires)?;
    let idle = idle.filter(|_| exchanged_at_ms.is_some());
    let idle = idle.map(|idle| Idle { expires_at_ms: idle.expires_at_ms.min(expires_at_ms), ..idle });
    Ok(PortalSession {
        handle,
        grant,
        exchanged_at_ms,
        expires_at_ms,
        idle,
        user_agent: Some(user_agent).filter(|line| !line.is_empty()).map(str::to_owned),
    })
}

/// The error names only the position of the fault: a grant holds personal data, and errors are logged.
fn decode_grant(slug: &str, json: &str) -> Result<(Grant, Option<Idle>), String> {
    let record: GrantRecord<'_> = serde_json::from_str(json)
        .map_err(|error| format!("the grant is unreadable at column {}", error.column()))?;
    // What another release allowed and this one does not counts as not there, and takes nothing from the rest.
    let permissions =
        record.permissions.iter().filter_map(|text| Permission::parse_loosely(text).ok()).collect();
    let return_url = record.return_url.as_deref().and_then(|url| parse_http_url(url).ok());
    let path = record.path.as_deref().and_then(|path| PortalPath::parse(path).ok());
    // A release that does not know the time-out has exchanged it, and set no end.
    let expires_at_ms = record.idle_until_ms.unwrap_or(u64::MAX);
    let idle = record.idle_timeout_ms.map(|timeout_ms| Idle { timeout_ms, expires_at_ms });
    let grant = Grant {
        workspace: record.workspace.into_owned(),
        slug: slug.to_owned(),
        environment: Environment::from_name(record.environment).ok_or("the environment is unknown")?,
        external_id: record.external_id.into_owned(),
        external_organization_id: record.external_organization_id.map(Cow::into_owned),
        email: record.email.map(Cow::into_owned),
        permissions,
        preview: record.preview,
        kind: if record.direct { SessionKind::Direct } else { SessionKind::Browser },
        metadata: record.metadata.map(|raw| raw.get().to_owned()),
        return_url,
        path,
    };
    Ok((grant, idle))
}

/// The session that `create` has just stored, with the store's times.
pub fn created(new: &NewSession, created_at_ms: u64, expires_at_ms: u64) -> PortalSession {
    PortalSession {
        handle: Handle { tag: new.tag, created_at_ms, suffix: new.suffix },
        grant: new.grant.clone(),
        exchanged_at_ms: None,
        expires_at_ms,
        idle: None,
        user_agent: None,
    }
}

/// The session that `open` has just stored, with the store's time.
pub fn opened(new: &NewDirectSession, now_ms: u64) -> PortalSession {
    let expires_at_ms = now_ms + new.session_ttl_ms;
    let idle = new.policy.idle_timeout_ms.map(|timeout_ms| Idle::begun(timeout_ms, now_ms, expires_at_ms));
    PortalSession {
        handle: Handle { tag: new.tag, created_at_ms: now_ms, suffix: new.suffix },
        grant: new.grant.clone(),
        exchanged_at_ms: Some(now_ms),
        expires_at_ms,
        idle,
        user_agent: None,
    }
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;

    fn full() -> PortalSession {
        let mut full = session(Some(2_000), 9_000);
        full.grant.external_organization_id = Some("org \"1\"\n".into());
        full.grant.email = Some("jane@example.com".into());
        full.grant.preview = true;
        full.grant.metadata = Some(r#"{"plan":"pro","n":1.50,"nested":{"line":"a\nb"}}"#.into());
        full.grant.return_url = parse_http_url("https://app.example.com/back?x=1#y").ok();
        full.grant.path = PortalPath::parse("/invoices/42?q=%22'|{}&x=<y>#/a").ok();
        assert!(full.grant.path.is_some());
        full.user_agent = Some("Mozilla/5.0".into());
        full
    }

    fn record_of(session: &PortalSession) -> String {
        let policy = SessionPolicy { idle_timeout_ms: session.idle.map(|idle| idle.timeout_ms), limit: None };
        let mut grant = encode_grant(&session.grant, &policy).expect("a grant encodes");
        if let Some(Idle { timeout_ms, expires_at_ms }) = session.idle {
            let beginning = format!("{{\"i\":{timeout_ms},");
            assert!(grant.starts_with(&beginning), "where the scripts look for it: {grant}");
            grant = grant.replacen(&beginning, &format!("{beginning}\"u\":{expires_at_ms},"), 1);
        }
        let exchanged = session.exchanged_at_ms.unwrap_or(0);
        let suffix = session.handle.suffix.as_str();
        let agent = user_agent_line(session.user_agent.as_deref());
        let created = session.handle.created_at_ms;
        format!(
            "1 {created} {exchanged} {} 7000 {suffix} my-portal -\n{grant}\n{agent}",
            session.expires_at_ms
        )
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let idle = Some(Idle { timeout_ms: 60_000, expires_at_ms: 8_000 });
        for session in
            [session(None, 9_000), session(Some(2_000), 9_000), full(), PortalSession { idle, ..full() }]
        {
            assert_eq!(decode(session.handle.tag, &record_of(&session)).expect("decodes"), session);
        }
    }

    #[test]
    fn an_unknown_version_or_a_cut_record_is_corrupt_never_absent() {
        let good = full();
        let record = record_of(&good);
        let newer = format!("3{}", &record[1..]);
        let cut = &record[..record.len() / 2];
        for bad in ["", "1", "hello", &newer, cut, &record.replace("my-portal -", "my-portal")] {
            let result = decode(good.handle.tag, bad);
            assert!(matches!(result, Err(StoreError::Corrupt(_))), "{bad:?} gave {result:?}");
        }
    }

    #[test]
    fn a_permission_that_would_not_be_granted_any_more_is_read() {
        let good = full();
        let record = record_of(&good).replace("keys:read", "keys..read");
        let session = decode(good.handle.tag, &record).expect("decodes");
        assert_eq!(session.grant.permissions[0].as_str(), "keys..read");
    }

    #[test]
    fn what_a_later_release_adds_is_passed_over() {
        let good = full();
        let record = record_of(&good);
        let (head, rest) = record.split_once('\n').expect("lines");
        let (head, rest) = (format!("2{} 86400 later", &head[1..]), rest.replacen('{', r#"{"zz":[{}],"#, 1));
        assert_eq!(decode(good.handle.tag, &format!("{head}\n{rest}\nlater")).expect("decodes"), good);
    }

    #[test]
    fn a_permission_of_another_grammar_is_not_held_and_leaves_the_others_as_they_are() {
        let good = full();
        let held = r#""p":["keys:read""#;
        let record = record_of(&good).replace(held, &format!("{held},\"keys read\""));
        assert!(record.contains("keys read"), "{record}");
        assert_eq!(decode(good.handle.tag, &record).expect("decodes"), good);
    }

    #[test]
    fn errors_about_a_record_tell_nothing_of_its_user() {
        let good = full();
        let bad = record_of(&good).replace("\"p\":", "\"p\":7,\"q\":");
        let error = decode(good.handle.tag, &bad).expect_err("the grant is broken").to_string();
        assert!(!error.contains("user_123") && !error.contains("jane"), "{error}");
    }

    #[test]
    fn a_user_agent_is_one_short_line() {
        assert_eq!(user_agent_line(Some("a\r\nb\u{0}c")), "abc");
        assert_eq!(user_agent_line(Some(&"é".repeat(1_000))).chars().count(), 256);
        assert_eq!(user_agent_line(None), "");
    }
}
