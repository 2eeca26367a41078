//! The stored record: what is read can be written and is then read as the same; a record belongs to the user
//! under whose key it stood, whatever it says itself; another version is an error.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use vestibule::domain::environment::Environment;
use vestibule::domain::handle::{Handle, HandleSuffix};
use vestibule::domain::permission::Permission;
use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::portal_path::PortalPath;
use vestibule::domain::ports::StoreError;
use vestibule::domain::return_url::parse_http_url;
use vestibule::domain::session::{Grant, PortalSession, SessionKind};
use vestibule::domain::user_tag::UserTag;
use vestibule::store::fuzzing::{decode, encode_grant, user_agent_line};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tag = UserTag::parse("0123456789abcdef").expect("a tag");
    match decode(tag, text) {
        Ok(session) => {
            assert_eq!(session.handle.tag, tag);
            let version = text.split_ascii_whitespace().next();
            assert!(matches!(version, Some("1" | "2")), "a record of another version was read");
            round_trip(&session);
        }
        Err(error) => assert!(matches!(error, StoreError::Corrupt(_)), "unreadable is never an outage"),
    }
    if let Some(session) = session_of(tag, text) {
        round_trip(&session);
    }
});

/// As the scripts lay it out (`src/store/scripts/parts/record.lua`).
fn record_of(session: &PortalSession) -> String {
    let grant = encode_grant(
        &session.grant,
        &SessionPolicy { idle_timeout_ms: session.idle.map(|idle| idle.timeout_ms), limit: None },
    )
    .expect("a grant encodes");
    assert!(!grant.contains('\n'), "a grant is one line");
    let (exchanged, expires) = (session.exchanged_at_ms.unwrap_or(0), session.expires_at_ms);
    let Handle { created_at_ms, suffix, .. } = session.handle;
    let (suffix, slug) = (suffix.as_str(), &session.grant.slug);
    let agent = session.user_agent.as_deref().unwrap_or_default();
    format!("1 {created_at_ms} {exchanged} {expires} 7000 {suffix} {slug} -\n{grant}\n{agent}")
}

fn round_trip(session: &PortalSession) {
    let record = record_of(session);
    assert_eq!(decode(session.handle.tag, &record).as_ref().ok(), Some(session), "{record}");
    let newer = record.replacen('1', "3", 1);
    assert!(decode(session.handle.tag, &newer).is_err());
}

/// A session whose free texts are the fuzzer's: what a backend may send, one field a line.
fn session_of(tag: UserTag, text: &str) -> Option<PortalSession> {
    let mut fields = text.split('\u{1f}');
    let external_id = fields.next()?.to_owned();
    let mut next = || fields.next().map(str::to_owned);
    let (external_organization_id, email, user_agent) = (next(), next(), next());
    let metadata = next().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let permissions = text.split(' ').filter_map(|text| Permission::parse(text).ok()).collect();
    let return_url = text.split(' ').find_map(|text| parse_http_url(text).ok());
    let path = text.split(' ').find_map(|text| PortalPath::parse(text).ok());
    Some(PortalSession {
        handle: Handle {
            tag,
            created_at_ms: text.len() as u64,
            suffix: HandleSuffix::parse("abcdefgh").ok()?,
        },
        grant: Arc::new(Grant {
            workspace: "acme".into(),
            slug: "my-portal".into(),
            environment: Environment::Test,
            external_id: external_id.into(),
            external_organization_id: external_organization_id.map(Into::into),
            email: email.map(Into::into),
            permissions,
            kind: if text.len().is_multiple_of(3) { SessionKind::Direct } else { SessionKind::Browser },
            preview: text.len().is_multiple_of(2),
            metadata: metadata.map(|value| value.to_string()),
            return_url,
            path,
        }),
        exchanged_at_ms: Some(text.len() as u64 + 1),
        expires_at_ms: text.len() as u64 + 2,
        idle: None,
        user_agent: Some(user_agent_line(user_agent.as_deref()).into_owned()).filter(|line| !line.is_empty()),
    })
}
