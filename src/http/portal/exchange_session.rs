//! `POST /v2/portal.exchangeSession` (API.md section 4).
//!
//! Owns: the fields of the request and of the answer, and who gets the token in the body. `portal.exchangeCode` is
//! the same but for the names.
//! Must not know: how a ticket is spent.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::session_view::SessionView;
use crate::domain::error::Error;
use crate::domain::messages::{Asker, ExchangeRequest, ExchangedSession};
use crate::domain::portal_path::PortalPath;
use crate::fields::text;
use crate::http::answer::counting::{DONE, count_exchange};
use crate::http::answer::envelope::success;
use crate::http::answer::new_session::begin;
use crate::http::answer::problem::Problem;
use crate::http::answer::resume::Onward;
use crate::http::gateway::gateway;
use crate::http::request::exchange::{exchange_request, idempotency_key};
use crate::http::request::kept::portals;
use crate::http::request::wishes::is_browser;
use crate::http::request::{auth, body, client_address};

/// A browser session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExchangedSession)]
pub struct Exchanged<'a> {
    /// When it ends, Unix milliseconds.
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    #[schema(example = 86400)]
    expires_in: u64,
    /// What `portal.getSession` tells.
    session: SessionView<'a>,
    /// Where in the portal to go on, at the origin of its `url`: path, query and fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1024, example = "/invoices/42?tab=lines")]
    path: Option<&'a str>,
    /// Its credential, for a Bearer header. Secret; browsers never get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Password, nullable = false, pattern = "^ps_(live|test)_[0-9A-Za-z]{55}$")]
    token: Option<&'a str>,
}

/// Spends a session ID for a browser session.
pub async fn handle(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    exchange(request, payload, "sessionId", |request, exchanged, path, token| {
        let now_ms = gateway(request).store_clock.now_ms();
        let (expires_at, expires_in) =
            (exchanged.session.expires_at_ms, exchanged.session.seconds_left(now_ms));
        let session = SessionView::new(&exchanged.session, &exchanged.portal, now_ms);
        success(request, Exchanged { expires_at, expires_in, session, path, token })
    })
    .await
}

/// The operation under either name. `field` holds the session ID; `answer` gets the place to go
/// on to, and the token if the caller may see it.
pub async fn exchange(
    request: HttpRequest,
    payload: web::Payload,
    field: &'static str,
    answer: impl FnOnce(&HttpRequest, &ExchangedSession, Option<&str>, Option<&str>) -> HttpResponse,
) -> Result<HttpResponse, Problem> {
    let gateway = gateway(&request);
    let client = client_address::of(&request, gateway);
    let body = body::read(&request, payload).await?;
    let session_id = read(&body, field)?;
    let asker = auth::origin(request.headers()).map_or(Asker::Program, Asker::Page);
    let idempotency_key = idempotency_key(request.headers())?;
    let exchange = ExchangeRequest { idempotency_key, ..exchange_request(&request, session_id, asker) };
    let attempt = gateway.limits.begin_exchange(client).await?;
    let result = portals(&request).exchange(exchange).await;
    attempt.end(result.as_ref().err());
    match &result {
        Ok(exchanged) => count_exchange(&request, Some(&exchanged.portal.slug), DONE),
        Err(error) => count_exchange(&request, None, error.code.wire_name()),
    }
    let exchanged = result?;
    let is_browser = is_browser(request.headers());
    let ExchangedSession { session, portal, token, .. } = &exchanged;
    let onward = Onward::of(&request, portal, session, session.grant.path.as_ref());
    let path = onward.path.as_ref().map(PortalPath::as_str);
    let mut response = answer(&request, &exchanged, path, (!is_browser).then(|| token.expose()));
    onward.use_up(&mut response);
    begin(&request, &mut response, &exchanged, client);
    Ok(response)
}

fn read<'b>(body: &'b body::Body, field: &'static str) -> Result<&'b str, Error> {
    // Anything else that is wrong with it is a 401, the same as for every ID that is not live.
    body::fields(body, |fields| fields.required(field, text(1, usize::MAX)))
}
