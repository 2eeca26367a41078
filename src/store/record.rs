//! The stored form of a session: version 1 is written, 1 and 2 are read.
//!
//! Owns: a record's lines. A record has three: plain fields, which the Lua
//! scripts read and write too (`scripts/parts/record.lua`), the grant as JSON, which they only pass on, and the
//! browser's user agent. Whatever a later release adds to a line, or after them, is ignored. An unknown version is an
//! error, never an absent session.
//! Must not know: keys, Redis commands.

mod grant;

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};

pub use self::grant::encode_grant;
use self::grant::{corrupt, decode_grant};
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::policy::Idle;
use crate::domain::ports::{NewDirectSession, NewSession, StoreError};
use crate::domain::session::PortalSession;
use crate::domain::shown_text::is_unfit;
use crate::domain::user_tag::UserTag;

/// Of the first line, as far as this release knows them.
const HEAD_FIELDS: usize = 8;

/// Of a user agent, so many are kept.
const AGENT_CHARS: usize = 256;

/// The user agent as it fits into a record: one line, and not too long.
pub fn user_agent_line(user_agent: Option<&str>) -> Cow<'_, str> {
    let text = user_agent.unwrap_or_default();
    // As nearly all are.
    if text.len() <= AGENT_CHARS && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.into();
    }
    text.chars().filter(|c| !is_unfit(*c)).take(AGENT_CHARS).collect()
}

/// Reads a record. `tag` is the user tag in its key.
pub fn decode(tag: UserTag, record: &str) -> Result<PortalSession, StoreError> {
    let (head, rest) = first_line(record);
    let (grant, rest) = first_line(rest);
    let (user_agent, _) = first_line(rest);
    let head = fields(head);
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
        grant: Arc::new(grant),
        exchanged_at_ms,
        expires_at_ms,
        idle,
        user_agent: Some(user_agent).filter(|line| !line.is_empty()).map(str::to_owned),
    })
}

fn first_line(text: &str) -> (&str, &str) {
    memchr(b'\n', text.as_bytes()).map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

/// Empty where there are fewer.
fn fields(head: &str) -> [&str; HEAD_FIELDS] {
    let mut ends = memchr_iter(b' ', head.as_bytes()).chain([head.len()]);
    let mut start = 0;
    std::array::from_fn(|_| {
        let Some(end) = ends.next() else { return "" };
        &head[std::mem::replace(&mut start, end + 1)..end]
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::SessionPolicy;
    use crate::domain::portal_path::PortalPath;
    use crate::domain::return_url::parse_http_url;
    use crate::domain::session::tests::session;

    fn full() -> PortalSession {
        let mut full = session(Some(2_000), 9_000);
        let grant = Arc::make_mut(&mut full.grant);
        grant.external_organization_id = Some("org \"1\"\n".into());
        grant.email = Some("jane@example.com".into());
        grant.preview = true;
        grant.metadata = Some(r#"{"plan":"pro","n":1.50,"nested":{"line":"a\nb"}}"#.into());
        grant.return_url = parse_http_url("https://app.example.com/back?x=1#y").ok();
        grant.path = PortalPath::parse("/invoices/42?q=%22'|{}&x=<y>#/a").ok();
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
        assert_eq!(user_agent_line(Some("a\r\nb\u{0}c\u{7f}")), "abc");
        assert_eq!(user_agent_line(Some("Mozilla/5.0 (~)")), "Mozilla/5.0 (~)");
        assert_eq!(user_agent_line(Some(&"a".repeat(1_000))).len(), 256);
        assert_eq!(user_agent_line(Some(&"é".repeat(1_000))).chars().count(), 256);
        assert_eq!(user_agent_line(None), "");
    }
}
