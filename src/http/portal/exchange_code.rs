//! `POST /v2/portal.exchangeCode`: `portal.exchangeSession` under the names that newer clients use.
//!
//! Owns: what the request's field and the answer's fields are called.
//! Must not know: anything else; the operation and its rules are those of `exchange_session`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::exchange_session::exchange;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::gateway::gateway;

/// A browser session that has begun, under newer names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExchangedCode)]
pub struct Exchanged<'a> {
    /// Its credential, for a Bearer header. Secret; browsers never get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Password, nullable = false, pattern = "^ps_(live|test)_[0-9A-Za-z]{55}$")]
    access_token: Option<&'a str>,
    /// When it ends, Unix milliseconds.
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    expires_in: u64,
    /// Where in the portal to go on, at the origin of its `url`: path, query and fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1024, example = "/invoices/42?tab=lines")]
    path: Option<&'a str>,
}

/// Spends a session ID for a browser session.
pub async fn handle(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    exchange(request, payload, "code", |request, exchanged, path, access_token| {
        let session = &exchanged.session;
        let expires_in = session.seconds_left(gateway(request).store_clock.now_ms());
        success(request, Exchanged { access_token, expires_at: session.expires_at_ms, expires_in, path })
    })
    .await
}
