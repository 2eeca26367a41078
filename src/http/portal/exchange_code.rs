//! `POST /v2/portal.exchangeCode`: `portal.exchangeSession` by the names that newer clients have for it.
//!
//! Owns: what the request's field and the answer's fields are called.
//! Must not know: anything else; the operation and its rules are those of `exchange_session`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::exchange_session::exchange;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchanged<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<&'a str>,
    expires_at: u64,
}

/// Spends a session ID for a browser session.
pub async fn handle(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    exchange(request, payload, "code", |request, exchanged, access_token| {
        success(request, Exchanged { access_token, expires_at: exchanged.session.expires_at_ms })
    })
    .await
}
