//! `POST /v2/portal.createSessionToken` (API.md section 9): a direct session and its token.
//!
//! Owns: the fields of the answer, and the two fields that `createSession` does not have.
//! Must not know: how a token is made.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::{created, session_fields};
use crate::domain::error::Error;
use crate::domain::invalid::Invalid;
use crate::domain::messages::DirectRequest;
use crate::domain::portals::backend::Caller;
use crate::domain::root_key::ToCreate;
use crate::domain::token_format::TokenFormat;
use crate::fields::string;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::{Environment, SessionHandle};
use crate::http::gateway::gateway;
use crate::http::request::body::{self, Body};
use crate::http::request::exchange::idempotency_key;
use crate::http::request::kept::portals;

const HOUR_SECONDS: u64 = 3_600;

/// A direct session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenedSession)]
pub struct Opened<'a> {
    /// Its credential, for a Bearer header: `pt_…`, or a JWT. Secret.
    #[schema(format = Password)]
    token: &'a str,
    /// The session's public handle; no credential. A JWT's `jti`.
    id: SessionHandle,
    /// When it ends, Unix milliseconds.
    #[schema(example = 1742000000000u64)]
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    #[schema(example = 3600)]
    expires_in: u64,
    /// Of the root key that asked for it.
    environment: Environment,
    /// For the developer: what is legal in the call and yet doubtful.
    warnings: Vec<&'static str>,
}

/// Opens a direct session.
pub async fn handle(
    request: HttpRequest,
    caller: Caller<ToCreate>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (gateway, portals) = (gateway(&request), portals(&request));
    gateway.limits.check_create(&caller.key)?;
    let body = body::read(&request, payload).await?;
    let asked = read(&body, &caller, |slug, url| portals.may_return_to(&caller, slug, url))?;
    let asked = DirectRequest { idempotency_key: idempotency_key(request.headers())?, ..asked };
    let opened = portals.open(&caller, asked).await?;
    let session = &opened.session;
    created::report(&request, &caller, session);
    let answer = Opened {
        token: opened.token.expose(),
        id: session.handle.into(),
        expires_at: session.expires_at_ms,
        expires_in: session.seconds_left(session.handle.created_at_ms),
        environment: session.grant.environment.into(),
        warnings: opened.warnings.iter().map(|warning| warning.sentence()).collect(),
    };
    Ok(success(&request, answer))
}

fn read(
    body: &Body,
    caller: &Caller<ToCreate>,
    may_return_to: impl Fn(&str, &Url) -> Result<(), Invalid>,
) -> Result<DirectRequest, Error> {
    body::fields(body, |fields| {
        let format = fields.optional("format", |value| {
            TokenFormat::from_name(string(value)?).ok_or_else(|| {
                Invalid::new("Expected \"opaque\" or \"jwt\".", "Leave format out, or send \"jwt\".")
            })
        });
        let format = format.unwrap_or(caller.key.default_format);
        let session = session_fields::read(fields, body, caller, HOUR_SECONDS, may_return_to)?;
        Some(DirectRequest { session, format, idempotency_key: None })
    })
}
