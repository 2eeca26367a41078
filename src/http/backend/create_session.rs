//! `POST /v2/portal.createSession` (API.md section 3).
//!
//! Owns: the fields of the request and of the answer. Newer clients call `slug` and `permissions` `portal` and
//! `scopes`; the answer has what either kind of client reads.
//! Must not know: whether the portal, the permissions or the return URL are allowed.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

use crate::domain::error::Error;
use crate::domain::invalid::Invalid;
use crate::domain::messages::SessionRequest;
use crate::domain::permission::Permission;
use crate::domain::portals::backend::Caller;
use crate::domain::return_url::parse_http_url;
use crate::domain::shown_text::check_email;
use crate::fields::{boolean, integer, object, parsed, shown_text, string, text};
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::SessionHandle;
use crate::http::gateway::gateway;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::{note, portals};
use crate::telemetry::{Audit, audit};

const MAX_PERMISSIONS: usize = 100;
const MAX_METADATA_BYTES: usize = 4 * 1024;
const DAY_SECONDS: u64 = 86_400;

/// A session that waits for its browser.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedSession)]
pub struct Created<'a> {
    /// The credential of the redirect, single use. Secret.
    #[schema(format = Password, pattern = "^pst_(live|test)_[0-9A-Za-z]{55}$")]
    session_id: &'a str,
    /// Where to send the browser. Secret: it holds the session ID.
    #[schema(format = "uri", example = "https://portal.example.com/?session=pst_live_…")]
    url: &'a str,
    /// When the session ID ends, Unix milliseconds.
    #[schema(example = 1742000000000u64)]
    expires_at: u64,
    /// The session's public handle; no credential.
    id: SessionHandle,
}

/// Creates a pending session.
pub async fn handle(
    request: HttpRequest,
    caller: Caller,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (gateway, portals) = (gateway(&request), portals(&request));
    gateway.limits.check_create(&caller.key)?;
    let body = body::read(&request, payload).await?;
    let asked = read(&body, |slug, url| portals.may_return_to(&caller, slug, url))?;
    let created = portals.create(&caller, asked).await?;
    let grant = &created.session.grant;
    let handle = created.session.handle.to_string();
    note(&request, created.session.handle);
    gateway.metrics.created(&grant.slug, grant.environment.name());
    let (portal, root_key) = (Some(grant.slug.as_str()), Some(caller.key.id.as_str()));
    audit("session.created", &Audit { handle: Some(&handle), portal, root_key, ..Audit::default() });
    Ok(success(
        &request,
        Created {
            session_id: created.ticket.expose(),
            url: created.url.as_str(),
            expires_at: created.session.expires_at_ms,
            id: created.session.handle.into(),
        },
    ))
}

fn read(
    body: &Body,
    may_return_to: impl Fn(&str, &Url) -> Result<(), Invalid>,
) -> Result<SessionRequest, Error> {
    body::fields(body, |fields| {
        let slug = fields.name_used("slug", "portal");
        let slug = fields.required(slug, parsed(crate::domain::catalog::parse_slug));
        let external_id = fields.required("externalId", shown_text(1, 256));
        let permissions = fields.name_used("permissions", "scopes");
        fields.required(permissions, count_permissions);
        let permissions = fields.list(permissions, |value| Permission::parse(string(value)?));
        let preview = fields.optional("preview", boolean);
        let return_url = fields.optional("returnUrl", |value| {
            let url = parsed(parse_http_url)(value)?;
            slug.as_deref().map_or(Ok(()), |slug| may_return_to(slug, &url))?;
            Ok(url)
        });
        let ttl_seconds = fields.optional("ttlSeconds", integer(60, DAY_SECONDS));
        let email = fields.optional("email", read_email);
        let external_organization_id = fields.optional("externalOrganizationId", shown_text(1, 256));
        let metadata = fields.optional("metadata", |value| {
            object(value)?;
            body.text_of("metadata").map_or(Ok(None), |text| check_metadata(text).map(Some))
        });
        Some(SessionRequest {
            slug: slug?,
            external_id: external_id?,
            permissions: permissions?,
            preview: preview.unwrap_or(false),
            return_url,
            session_ttl_ms: ttl_seconds.unwrap_or(DAY_SECONDS) * 1_000,
            email: email.flatten(),
            external_organization_id,
            metadata: metadata.flatten(),
        })
    })
}

/// Type and entries are checked when the list is read.
fn count_permissions(value: &Value) -> Result<(), Invalid> {
    match value.as_array().map(Vec::len) {
        Some(count) if count == 0 || count > MAX_PERMISSIONS => Err(Invalid::new(
            format!("The list has {count} entries; allowed are 1 to {MAX_PERMISSIONS}."),
            "Name what the user may do, for example [\"keys:read\"].",
        )),
        Some(_) | None => Ok(()),
    }
}

/// An empty text counts as absent: forms send it if no address was entered.
fn read_email(value: &Value) -> Result<Option<String>, Invalid> {
    let email = text(0, 320)(value)?;
    if email.is_empty() { Ok(None) } else { check_email(&email).map(|()| Some(email)) }
}

fn check_metadata(json: String) -> Result<String, Invalid> {
    if json.len() <= MAX_METADATA_BYTES {
        return Ok(json);
    }
    let message = format!("The object has {} bytes as JSON; allowed are {MAX_METADATA_BYTES}.", json.len());
    Err(Invalid::new(message, "Keep large data in your own database and put its key here."))
}
