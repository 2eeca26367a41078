//! The grant of a record: one line of JSON, with the session's policy at its beginning.
//!
//! Owns: the letter and place of each field. The scripts pass the line on, and read and write only its beginning
//! (`scripts/parts/idle.lua`, `scripts/parts/room.lua`).
//! Must not know: the other lines of a record.

mod plain;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use self::plain::Plain;
use crate::domain::environment::Environment;
use crate::domain::permission::Permission;
use crate::domain::policy::{Idle, SessionLimit, SessionPolicy, WhenFull};
use crate::domain::portal_path::PortalPath;
use crate::domain::ports::StoreError;
use crate::domain::return_url::parse_http_url;
use crate::domain::session::{Grant, SessionKind};
use crate::json;

/// Without one of these it is no grant.
const REQUIRED: &[u8] = b"wnxp";

/// One letter for each field, because a live session should cost few bytes.
#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(Debug))]
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
    #[serde(rename = "p", serialize_with = "write_texts", deserialize_with = "read_texts")]
    permissions: Cow<'a, [Permission]>,
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
        permissions: grant.permissions.as_slice().into(),
        external_organization_id: grant.external_organization_id.as_deref().map(Cow::from),
        email: grant.email.as_deref().map(Cow::from),
        preview: grant.preview,
        direct: grant.kind == SessionKind::Direct,
        metadata,
        return_url: grant.return_url.as_ref().map(|url| url.as_str().into()),
        path: grant.path.as_ref().map(|path| path.as_str().into()),
    };
    String::from_utf8(json::to_vec(&record).map_err(corrupt)?).map_err(corrupt)
}

fn limit_text(limit: SessionLimit) -> String {
    let letter = match limit.when_full {
        WhenFull::EndOldest => 'e',
        WhenFull::Refuse => 'r',
    };
    format!("{}{letter}", limit.most)
}

/// The error names only the position of the fault: a grant holds personal data, and errors are logged.
pub(super) fn decode_grant(slug: &str, json: &str) -> Result<(Grant, Option<Idle>), String> {
    let record = match read_plain(json) {
        Some(record) => record,
        None => serde_json::from_str(json)
            .map_err(|error| format!("the grant is unreadable at column {}", error.column()))?,
    };
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
        permissions: record.permissions.into_owned(),
        preview: record.preview,
        kind: if record.direct { SessionKind::Direct } else { SessionKind::Browser },
        metadata: record.metadata.map(|raw| raw.get().to_owned()),
        return_url,
        path,
    };
    Ok((grant, idle))
}

/// The same as serde reads, or nothing.
fn read_plain(json: &str) -> Option<GrantRecord<'_>> {
    let mut record = GrantRecord::default();
    Plain::read(json, REQUIRED, |name, value| {
        match name {
            b'i' => record.idle_timeout_ms = Some(value.number()?),
            b'u' => record.idle_until_ms = Some(value.number()?),
            b'c' => record.limit = Some(value.text()?.into()),
            b'w' => record.workspace = value.text()?.into(),
            b'n' => record.environment = value.text()?,
            b'x' => record.external_id = value.text()?.into(),
            b'p' => {
                let mut permissions = Vec::with_capacity(4);
                value.texts(|text| permissions.extend(held(text)))?;
                record.permissions = permissions.into();
            }
            b'o' => record.external_organization_id = Some(value.text()?.into()),
            b'e' => record.email = Some(value.text()?.into()),
            b'v' => record.preview = value.yes()?,
            b'd' => record.direct = value.yes()?,
            b'r' => record.return_url = Some(value.text()?.into()),
            b'l' => record.path = Some(value.text()?.into()),
            _ => return None,
        }
        Some(())
    })?;
    Some(record)
}

/// What another release allowed and this one does not counts as not there, and takes nothing from the rest.
fn held(text: &str) -> Option<Permission> {
    Permission::parse_loosely(text).ok()
}

/// Of characters that JSON never escapes.
fn write_texts<S: Serializer>(permissions: &[Permission], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(permissions.iter().map(Permission::as_str))
}

fn read_texts<'de, 'a, D: Deserializer<'de>>(from: D) -> Result<Cow<'a, [Permission]>, D::Error> {
    Ok(Vec::<&str>::deserialize(from)?.into_iter().filter_map(held).collect())
}

pub(super) fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts, and whether they are plain.
    const GRANTS: &[(&str, bool)] = &[
        (r#"{"w":"acme","n":"live","x":"user_1","p":["keys:read","keys:create"]}"#, true),
        (r#"{"i":60000,"u":1742000000000,"c":"3e","w":"acme","n":"test","x":"ä€😀","p":["*"]}"#, true),
        (r#"{"w":"a","n":"live","x":"","p":["käse","","*"],"o":"o","e":"e@x","v":true,"d":true}"#, true),
        (r#"{"p":["*"],"l":"/a?b=c#d","r":"https://a.example/","x":"u","n":"live","w":"a"}"#, true),
        (r#"{"i":0,"w":"a","n":"live","x":"u","p":["*"]}"#, true),
        (r#"{"w":"a","n":"live","x":"u","p":["*"],"m":{"a":[1,"}"]}}"#, false),
        (r#"{"w":"a","n":"live","x":"a\"b\u00e4","p":["*"]}"#, false),
        (r#"{"w":"a", "n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"w":"a","n":"live","x":"u","p":[]}"#, false),
        (r#"{"w":"a","n":"live","x":"u","p":["*"],"v":false,"e":null}"#, false),
        (r#"{"z":1,"w":"a","n":"live","x":"u","p":["*"],"later":["a"]}"#, false),
        (r#"{"i":1e3,"w":"a","n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"i":007,"w":"a","n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"i":99999999999999999999,"w":"a","n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"i":,"w":"a","n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"w":"a","w":"b","n":"live","x":"u","p":["*"]}"#, false),
        (r#"{"w":"a","n":"live","p":["*"]}"#, false),
        (r#"{"w":"a","n":"live","x":"u","p":"*"}"#, false),
        ("{\"w\":\"a\",\"n\":\"live\",\"x\":\"a\tb\",\"p\":[\"*\"]}", false),
        (r#"{"w":"a","n":"live","x":"u","p":["*"]}}"#, false),
        ("{}", false),
        ("", false),
    ];

    fn assert_same(json: &str) {
        if let Some(read) = read_plain(json) {
            let expected: GrantRecord<'_> = serde_json::from_str(json).expect(json);
            assert_eq!(format!("{read:?}"), format!("{expected:?}"), "{json}");
        }
    }

    #[test]
    fn a_plain_grant_is_read_as_serde_reads_it() {
        for (json, is_plain) in GRANTS {
            assert_eq!(read_plain(json).is_some(), *is_plain, "{json}");
            assert_same(json);
        }
    }

    /// No end, and no byte that is another one, makes it something that serde reads differently.
    #[test]
    fn what_is_nearly_plain_is_never_read_differently() {
        for (json, _) in GRANTS {
            for at in 0..json.len() {
                let cut = json.get(..at).map(str::to_owned);
                let changed = ["\"", "\\", ",", "}", "]", "0", "a", " ", ""]
                    .map(|other| Some([json.get(..at)?, other, json.get(at + 1..)?].concat()));
                for text in changed.into_iter().chain([cut]).flatten() {
                    assert_same(&text);
                }
            }
        }
    }
}
