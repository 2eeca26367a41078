//! The grant of a record: one line of JSON, with the session's policy at its beginning.
//!
//! Owns: the letter and place of each field. The scripts pass the line on, and read and write only its beginning
//! (`scripts/parts/idle.lua`, `scripts/parts/room.lua`).
//! Must not know: the other lines of a record.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use crate::domain::environment::Environment;
use crate::domain::permission::Permission;
use crate::domain::policy::{Idle, SessionLimit, SessionPolicy, WhenFull};
use crate::domain::portal_path::PortalPath;
use crate::domain::ports::StoreError;
use crate::domain::return_url::parse_http_url;
use crate::domain::session::{Grant, SessionKind};
use crate::json;

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
    /// The first of what the scripts do not read: a grant that begins here has no policy, and `exchange_look.lua` takes the
    /// short way.
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
    let record: GrantRecord<'_> = serde_json::from_str(json)
        .map_err(|error| format!("the grant is unreadable at column {}", error.column()))?;
    let return_url = record.return_url.as_deref().and_then(|url| parse_http_url(url).ok());
    let path = record.path.as_deref().and_then(|path| PortalPath::parse(path).ok());
    // A release that does not know the time-out has exchanged it, and set no end.
    let expires_at_ms = record.idle_until_ms.unwrap_or(u64::MAX);
    let idle = record.idle_timeout_ms.map(|timeout_ms| Idle { timeout_ms, expires_at_ms });
    let grant = Grant {
        workspace: record.workspace.into(),
        slug: slug.into(),
        environment: Environment::from_name(record.environment).ok_or("the environment is unknown")?,
        external_id: record.external_id.into(),
        external_organization_id: record.external_organization_id.map(SmolStr::from),
        email: record.email.map(SmolStr::from),
        permissions: record.permissions.into_owned(),
        preview: record.preview,
        kind: if record.direct { SessionKind::Direct } else { SessionKind::Browser },
        metadata: record.metadata.map(|raw| raw.get().to_owned()),
        return_url,
        path,
    };
    Ok((grant, idle))
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
    Ok(Vec::<Held>::deserialize(from)?.into_iter().filter_map(|Held(permission)| permission).collect())
}

/// So that there is only one list, in which they stay.
struct Held(Option<Permission>);

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&str>::deserialize(from).map(|text| Held(held(text)))
    }
}

pub(super) fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
