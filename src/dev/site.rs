//! What the demo app and the demo portal have in common: files, headers, the journal, the button that makes the
//! playground's clock jump, and who may call them.
//!
//! Owns: the pages' content security policy, and that only the playground's own pages, at their own addresses, get an
//! answer. Otherwise any page on the web could make a browser call a server on this machine.
//! Must not know: what an app or a portal does.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::guard::{Any, Get, Head};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, Route, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::clock::PlaygroundClock;
use super::journal::{Actor, Entry, Journal, Step};
use super::visitor::{self, VISITOR};
use crate::domain::ports::Clock;

/// A page reports one step at a time.
const MAX_REPORT_BYTES: usize = 32 * 1_024;

/// The three origins, as browsers see them.
#[derive(Clone, Debug)]
pub struct Places {
    /// Of the gateway.
    pub gateway: String,
    /// Of the demo app.
    pub app: String,
    /// Of the demo portal.
    pub portal: String,
}

/// One of the two demo servers.
#[derive(Clone)]
pub struct Site {
    /// Its own origin.
    pub origin: String,
    /// Another origin whose pages may call it.
    pub friend: Option<String>,
    /// The content security policy of its pages.
    pub policy: String,
    /// All three origins.
    pub places: Places,
    /// Whether the portal is the developer's own.
    pub has_own_portal: bool,
    /// Shared by both servers.
    pub journal: Arc<Journal>,
    /// The gateway's clock.
    pub clock: Arc<PlaygroundClock>,
}

/// The policy of a page that has its own scripts and styles, may call its own server and `callable`, and whose forms
/// may lead to `forms`.
pub fn policy(callable: &[&str], forms: &[&str]) -> String {
    let connect = [&["'self'"], callable].concat().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {connect}; \
         form-action {}; base-uri 'none'; frame-ancestors 'none'",
        forms.join(" ")
    )
}

/// The files, the journal and the clock.
pub fn routes(config: &mut web::ServiceConfig) {
    let json = web::JsonConfig::default().limit(MAX_REPORT_BYTES);
    config
        .app_data(json)
        .route("/style.css", read().to(|| file("text/css", include_str!("assets/style.css"))))
        .route("/common.js", read().to(|| file("text/javascript", include_str!("assets/common.js"))))
        .route("/icon.svg", read().to(|| file("image/svg+xml", include_str!("assets/icon.svg"))))
        .route("/journal", web::post().to(report))
        .route("/journal/clear", web::post().to(clear))
        .route("/expire", web::post().to(expire));
}

/// A route for GET and HEAD. actix leaves out the body of an answer to HEAD.
pub fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

/// A file of the site.
pub async fn file(kind: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))).body(content)
}

/// Sends the browser on.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// What both pages show: the addresses, the gateway's time, the journal.
pub fn state(site: &Site) -> Value {
    json!({
        "places": {
            "gateway": site.places.gateway, "app": site.places.app, "portal": site.places.portal,
        },
        "hasOwnPortal": site.has_own_portal,
        "nowMs": site.clock.now_ms(),
        "journal": site.journal.entries(),
    })
}

async fn report(site: web::Data<Site>, entry: web::Json<Entry>) -> HttpResponse {
    site.journal.add(&entry);
    HttpResponse::NoContent().finish()
}

async fn clear(site: web::Data<Site>) -> HttpResponse {
    site.journal.clear();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expire {
    expires_at: u64,
}

async fn expire(site: web::Data<Site>, asked: web::Json<Expire>) -> HttpResponse {
    let distance_ms = match site.clock.jump_past(asked.expires_at) {
        Ok(distance_ms) => distance_ms,
        Err(error) => return HttpResponse::BadRequest().json(json!({ "message": error.to_string() })),
    };
    let minutes = distance_ms.div_ceil(60_000);
    site.journal.add(&Entry::Step(Step {
        actor: Actor::Playground,
        title: format!("The clock jumps ahead by {} h {} min", minutes / 60, minutes % 60),
        reason: "Only a playground can do this. Every other session ages by the same time.".into(),
        request: None,
        answer: None,
    }));
    HttpResponse::NoContent().finish()
}

/// The outermost layer: refuses foreign callers, and adds the headers of every answer.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(site) = request.app_data::<web::Data<Site>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let visitor = visitor::sent(request.headers());
    let mut response = match refusal(&site, &request) {
        Some((status, words)) => request.into_response(HttpResponse::build(status).body(words)),
        None => VISITOR.scope(visitor.clone(), next.call(request)).await?.map_into_boxed_body(),
    };
    let headers = response.headers_mut();
    visitor::introduce(&visitor, headers);
    set(headers, header::CONTENT_SECURITY_POLICY, &site.policy);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not a page's whole address, which may have a session ID in it. And not nothing: the `Origin` of the app's forms
    // would be `null`.
    set(headers, header::REFERRER_POLICY, "strict-origin");
    set(headers, header::CACHE_CONTROL, "no-store");
    set(headers, header::VARY, "Origin");
    if let Some(origin) = origin.filter(|origin| site.friend.as_deref().is_some_and(|it| origin == it)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    Ok(response)
}

/// Why a request is refused: its host is a foreign name for this machine, or a foreign page sent it.
fn refusal(site: &Site, request: &ServiceRequest) -> Option<(StatusCode, String)> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(header::HOST) != site.origin.strip_prefix("http://") {
        return Some((StatusCode::MISDIRECTED_REQUEST, format!("Open {} instead.", site.origin)));
    }
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let origin = header(header::ORIGIN);
    let is_ours = origin.is_some() && (origin == Some(&site.origin) || origin == site.friend.as_deref());
    let words = "Only the playground's own pages may send something here.";
    (!reads && !is_ours).then(|| (StatusCode::FORBIDDEN, words.into()))
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
