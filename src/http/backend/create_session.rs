//! `POST /v2/portal.createSession` (API.md section 3).
//!
//! Owns: the fields of the answer, which has what older and newer clients read, and the field that only this call has.
//! Must not know: whether the portal, the permissions or the return URL are allowed.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::{created, session_fields};
use crate::domain::error::Error;
use crate::domain::invalid::Invalid;
use crate::domain::messages::SessionRequest;
use crate::domain::portal_path::PortalPath;
use crate::domain::portals::backend::Caller;
use crate::domain::root_key::ToCreate;
use crate::fields::parsed;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::SessionHandle;
use crate::http::gateway::gateway;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::portals;

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
    /// Whole seconds until then, by the server's clock.
    #[schema(example = 900)]
    expires_in: u64,
    /// The session's public handle; no credential.
    id: SessionHandle,
    /// For the developer: what is legal in the call and yet doubtful.
    warnings: Vec<&'static str>,
}

/// Creates a pending session.
pub async fn handle(
    request: HttpRequest,
    caller: Caller<ToCreate>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (gateway, portals) = (gateway(&request), portals(&request));
    gateway.limits.check_create(&caller.key)?;
    let body = body::read(&request, payload).await?;
    let asked = read(&body, &caller, |slug, url| portals.may_return_to(&caller, slug, url))?;
    let created = portals.create(&caller, asked).await?;
    created::report(&request, &caller, &created.session);
    Ok(success(
        &request,
        Created {
            session_id: created.ticket.expose(),
            url: created.url.as_str(),
            expires_at: created.session.expires_at_ms,
            expires_in: created.session.seconds_left(created.session.handle.created_at_ms),
            id: created.session.handle.into(),
            warnings: created.warnings.iter().map(|warning| warning.sentence()).collect(),
        },
    ))
}

fn read(
    body: &Body,
    caller: &Caller<ToCreate>,
    may_return_to: impl Fn(&str, &Url) -> Result<(), Invalid>,
) -> Result<SessionRequest, Error> {
    body::fields(body, |fields| {
        let path = fields.optional("path", parsed(PortalPath::parse));
        let session = session_fields::read(fields, body, caller, DAY_SECONDS, may_return_to)?;
        Some(SessionRequest { path, ..session })
    })
}
