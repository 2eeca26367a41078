//! The fields that `createSession` and `createSessionToken` have in common (API.md section 3).
//!
//! Owns: their names, forms and bounds. `portal` and `scopes` are the names that `slug` and `permissions` have in newer
//! clients. What a root key's entry has as a default stands in for what is left out.
//! Must not know: whether the portal, the permissions or the return URL are allowed.

use serde_json::Value;
use smol_str::SmolStr;
use url::Url;

use crate::domain::invalid::Invalid;
use crate::domain::messages::SessionRequest;
use crate::domain::permission::{MAX_PERMISSIONS, Permission};
use crate::domain::portal::parse_slug;
use crate::domain::portals::backend::Caller;
use crate::domain::return_url::parse_http_url;
use crate::domain::root_key::ToCreate;
use crate::domain::shown_text::check_email;
use crate::fields::{Fields, boolean, integer, object, parsed, shown_text, string, text};
use crate::http::request::body::Body;

const MAX_METADATA_BYTES: usize = 4 * 1024;
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

/// Reads them all; nothing where one is missing or wrong, and `fields` has its fault.
pub fn read(
    fields: &mut Fields<'_, '_>,
    body: &Body,
    caller: &Caller<ToCreate>,
    default_ttl_seconds: u64,
    may_return_to: impl Fn(&str, &Url) -> Result<(), Invalid>,
) -> Option<SessionRequest> {
    let slug = fields.name_used("slug", "portal");
    let slug = match (fields.value(slug), &caller.key.default_portal) {
        (None, Some(default)) => Some(SmolStr::from(default)),
        (None, None) => missing(fields, slug, "default_portal"),
        (Some(_), _) => fields.required(slug, parsed(parse_slug)).map(SmolStr::from),
    };
    let external_id = fields.required("externalId", shown_text(1, 256));
    let permissions = fields.name_used("permissions", "scopes");
    let permissions = match (fields.value(permissions), &caller.key.default_permissions) {
        (None, Some(default)) => Some(default.clone()),
        (None, None) => missing(fields, permissions, "default_permissions"),
        (Some(_), _) => {
            fields.required(permissions, count_permissions);
            fields.list(permissions, |value| Permission::parse(string(value)?))
        }
    };
    let preview = fields.optional("preview", boolean);
    let return_url = fields.optional("returnUrl", |value| {
        let url = parsed(parse_http_url)(value)?;
        slug.as_deref().map_or(Ok(()), |slug| may_return_to(slug, &url))?;
        Ok(url)
    });
    let ttl_seconds = fields.optional("ttlSeconds", integer(*TTL_SECONDS.start(), *TTL_SECONDS.end()));
    let email = fields.optional("email", read_email);
    let external_organization_id = fields.optional("externalOrganizationId", shown_text(1, 256));
    let metadata = fields.optional("metadata", |value| {
        object(value)?;
        body.text_of("metadata").map_or(Ok(None), |text| check_metadata(text).map(Some))
    });
    Some(SessionRequest {
        slug: slug?,
        external_id: external_id?.into(),
        permissions: permissions?,
        preview: preview.unwrap_or(false),
        return_url,
        // Only `createSession` has it.
        path: None,
        session_ttl_ms: ttl_seconds.unwrap_or(default_ttl_seconds) * 1_000,
        email: email.flatten(),
        external_organization_id: external_organization_id.map(SmolStr::from),
        metadata: metadata.flatten(),
    })
}

fn missing<T>(fields: &mut Fields<'_, '_>, name: &str, default: &str) -> Option<T> {
    let fix =
        format!("Add the field {name}, or set {default} of this root key in the gateway's configuration.");
    fields.fault(name, Invalid::new("This field is missing.", fix));
    None
}

/// The type and the entries are checked where the list is read.
fn count_permissions(value: &Value) -> Result<(), Invalid> {
    match value.as_array().map(Vec::len) {
        Some(count) if count == 0 || count > MAX_PERMISSIONS => Err(Invalid::new(
            format!("The list has {count} entries; allowed are 1 to {MAX_PERMISSIONS}."),
            "Name what the user may do, for example [\"keys:read\"].",
        )),
        Some(_) | None => Ok(()),
    }
}

/// An empty text is none: it is what a form without an address sends.
fn read_email(value: &Value) -> Result<Option<SmolStr>, Invalid> {
    let email = text(0, 320)(value)?;
    if email.is_empty() { Ok(None) } else { check_email(email).map(|()| Some(email.into())) }
}

fn check_metadata(json: String) -> Result<String, Invalid> {
    if json.len() <= MAX_METADATA_BYTES {
        return Ok(json);
    }
    let message = format!("The object has {} bytes as JSON; allowed are {MAX_METADATA_BYTES}.", json.len());
    Err(Invalid::new(message, "Keep large data in your own database and put its key here."))
}
