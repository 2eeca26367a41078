//! `POST /v2/portal.exchangeSession` (API.md section 4).
//!
//! Owns: the fields of the request and of the answer, and who gets the token in the body; all but the names
//! is the same for `portal.exchangeCode`.
//! Must not know: how a ticket is spent.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value};

use super::auth::{self, gateway};
use super::problem::Problem;
use super::session_view::SessionView;
use super::{body, client_address, cookie, finish};
use crate::domain::credential::BrowserToken;
use crate::domain::error::Error;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::messages::{Asker, ExchangeRequest, ExchangedSession};
use crate::fields::text;
use crate::telemetry::{Audit, audit};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchanged<'a> {
    expires_at: u64,
    session: SessionView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// Spends a session ID for a browser session.
pub async fn handle(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    exchange(request, payload, "sessionId", |request, exchanged, token| {
        let expires_at = exchanged.session.expires_at_ms;
        let session = SessionView::new(&exchanged.session, &exchanged.portal);
        finish::success(request, Exchanged { expires_at, session, token })
    })
    .await
}

/// The operation under either of its names: `field` has the session ID, and `answer` gets the token if the
/// caller may see it.
pub async fn exchange(
    request: HttpRequest,
    payload: web::Payload,
    field: &'static str,
    answer: impl FnOnce(&HttpRequest, &ExchangedSession, Option<&str>) -> HttpResponse,
) -> Result<HttpResponse, Problem> {
    let gateway = gateway(&request);
    let client = client_address::of(&request, &gateway.trusted_proxies);
    if let Some(client) = client {
        gateway.limits.check_exchange(client)?;
    }
    let body = body::read(&request, payload).await?;
    let session_id = read(&body, field)?;
    let asker = auth::origin(request.headers()).map_or(Asker::Program, Asker::Page);
    let idempotency_key = idempotency_key(request.headers())?;
    let exchange = ExchangeRequest { idempotency_key, ..exchange_request(&request, &session_id, asker) };
    let result = gateway.portals.exchange(exchange).await;
    gateway.metrics.exchange(result.as_ref().map_or_else(|error| error.code.wire_name(), |_| "done"));
    let exchanged = result?;
    let is_browser = auth::is_browser(request.headers());
    let mut response = answer(&request, &exchanged, (!is_browser).then(|| exchanged.token.expose()));
    begin(&request, &mut response, &exchanged, client);
    Ok(response)
}

/// Hands a session to its browser: the cookies and the audit lines.
pub fn begin(
    request: &HttpRequest,
    response: &mut HttpResponse,
    exchanged: &ExchangedSession,
    client: Option<IpAddr>,
) {
    finish::note(request, exchanged.session.handle);
    report(exchanged, client.map(|client| client.to_string()).as_deref());
    for cookie in cookie::begin(&exchanged.portal, &exchanged.session, &exchanged.token) {
        cookie::add(response, &cookie);
    }
}

fn read(body: &Map<String, Value>, field: &'static str) -> Result<String, Error> {
    // Whatever else is wrong with it is told as 401, the same for everything that is no live ID.
    body::fields(body, |fields| fields.required(field, text(1, usize::MAX)))
}

/// What every exchange takes from its request, whoever asks.
pub fn exchange_request<'a>(request: &HttpRequest, session_id: &'a str, asker: Asker) -> ExchangeRequest<'a> {
    let headers = request.headers();
    let held = cookie::sent(headers, &gateway(request).portals.catalog()).sessions.into_iter();
    let user_agent =
        headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    ExchangeRequest {
        session_id,
        asker,
        idempotency_key: None,
        user_agent,
        held: held.filter_map(|(portal, text)| Some((portal, BrowserToken::parse(&text).ok()?))).collect(),
    }
}

/// Two different keys, or one that is no text, are as wrong as one that is too short.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Error> {
    let values: Vec<_> = headers.get_all(IDEMPOTENCY_KEY).collect();
    let text = match values.as_slice() {
        [] => return Ok(None),
        [value] => value.to_str().unwrap_or_default(),
        [_, _, ..] => "",
    };
    let key = IdempotencyKey::parse(text);
    key.map(Some).map_err(|invalid| Error::invalid(vec![invalid.at("header.Idempotency-Key")]))
}

fn report(exchanged: &ExchangedSession, client: Option<&str>) {
    let portal = Some(exchanged.portal.slug.as_str());
    let handle = exchanged.session.handle.to_string();
    audit("session.exchanged", &Audit { handle: Some(&handle), portal, client, ..Audit::default() });
    match &exchanged.replaced {
        Ok(None) => {}
        Ok(Some(old)) => {
            audit(
                "session.replaced",
                &Audit { handle: Some(&old.to_string()), portal, client, ..Audit::default() },
            );
        }
        Err(error) => tracing::warn!(%error, handle, "the browser's former session could not be ended"),
    }
}
