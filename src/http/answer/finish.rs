//! What all requests have in common: an id, the security headers, the rendering of errors, the log line.
//!
//! Owns: the outermost layer of the server; nothing leaves without passing here.
//! Must not know: any endpoint. It logs the route's template, never a path, a query string or a header.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt;

use super::problem::{self, Problem};
use crate::domain::error::{Code, Error};
use crate::http::gateway::{Gateway, gateway};
use crate::http::request::client_address;
use crate::http::request::kept::{keep, new_request_id, noted};
use crate::telemetry::{Audit, audit, in_request};

/// Labels for what has none of its own.
const NO_ROUTE: &str = "none";
const NO_METHOD: &str = "other";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started_at = Instant::now();
    let id = new_request_id();
    let portals = gateway(request.request()).product.now();
    keep(&request, id.clone(), portals);
    in_request(id.clone(), async move {
        // No clone of the request may live across this call: actix's router needs it for itself. Nothing below
        // returns `Err`: handlers and guards answer with responses that carry their error.
        let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
        let response = answered.unwrap_or_else(|_| Err(defect()))?.map_into_boxed_body();
        Ok(complete(response, &id, started_at))
    })
    .await
}

/// A handler has panicked: a defect of ours. The request is lost with it, so this answer goes out bare, and
/// `super::raw_errors` gives it its form.
fn defect() -> actix_web::Error {
    tracing::error!("a request met a defect; the panic's message is on standard error");
    Problem::from(Error::new(Code::UnexpectedError)).into()
}

/// The whole answer to what never became a request: nothing of it can be trusted, so nothing of it is logged.
pub fn finish_raw(gateway: &Gateway, status: StatusCode) -> Vec<u8> {
    let id = new_request_id();
    let error = problem::of_status(status);
    let mut headers = HeaderMap::new();
    let body = problem::render(&error, &gateway.error_type_base, &id, &HeaderMap::new(), &mut headers);
    add_common_headers(&mut headers, &id, gateway.strict_transport);
    let (status, _) = problem::status_and_title(error.code);
    gateway.metrics.request(NO_ROUTE, NO_METHOD, status.as_str(), Duration::ZERO);
    tracing::info!(
        target: "vestibule::request",
        request_id = &*id,
        route = NO_ROUTE,
        status = status.as_u16(),
        code = error.code.wire_name(),
        "answered what could not be read",
    );
    let mut answer =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n", body.len()).into_bytes();
    for (name, value) in &headers {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    answer.extend_from_slice(&body);
    answer
}

fn complete(response: ServiceResponse<BoxBody>, id: &str, started_at: Instant) -> ServiceResponse<BoxBody> {
    let (request, mut response) = response.into_parts();
    let is_done = problem_of(&response).is_some_and(|problem| !problem.is_for_programs());
    let error = error_of(&response);
    if let Some(error) = error.as_ref().filter(|_| !is_done) {
        let type_base = &gateway(&request).error_type_base;
        let body = problem::render(error, type_base, id, request.headers(), response.headers_mut());
        response = response.set_body(BoxBody::new(body));
        *response.status_mut() = problem::status_and_title(error.code).0;
    }
    add_common_headers(response.headers_mut(), id, gateway(&request).strict_transport);
    report(&request, &response, error.as_ref(), started_at);
    ServiceResponse::new(request, response)
}

fn problem_of(response: &HttpResponse) -> Option<&Problem> {
    response.error().and_then(|error| error.as_error::<Problem>())
}

/// Ours as it was made; what actix made on its own account, by its status.
fn error_of(response: &HttpResponse) -> Option<Error> {
    if let Some(problem) = problem_of(response) {
        return Some(problem.error.clone());
    }
    if let Some(error) = response.error().and_then(|error| error.as_error::<Error>()) {
        return Some(error.clone());
    }
    let status = response.status();
    (response.error().is_some() && (status.is_client_error() || status.is_server_error()))
        .then(|| problem::of_status(status))
}

fn add_common_headers(headers: &mut HeaderMap, id: &str, strict_transport: bool) {
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CACHE_CONTROL, "no-store");
    set(header::PRAGMA, "no-cache");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    // For what another site embeds without asking; what it may read, CORS decides.
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if strict_transport {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

fn report(request: &HttpRequest, response: &HttpResponse, error: Option<&Error>, started_at: Instant) {
    let took = started_at.elapsed();
    let gateway = gateway(request);
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or(NO_ROUTE);
    let noted = noted(request);
    let handle = error.and_then(|error| error.handle).or(noted).map(|handle| handle.to_string());
    let handle = handle.as_deref();
    if let Some(refusal) = error.and_then(|error| error.refusal) {
        gateway.metrics.refusal(refusal.name());
        let client = client_address::of(request, &gateway.trusted_proxies).map(|client| client.to_string());
        let reason = Some(refusal.name());
        audit("session.refused", &Audit { handle, reason, client: client.as_deref(), ..Audit::default() });
    }
    // A method can be any token of the client's choice; a metric's label must not.
    let method = if request.method().is_safe() || request.method() == "POST" {
        request.method().as_str()
    } else {
        NO_METHOD
    };
    gateway.metrics.request(route, method, response.status().as_str(), took);
    tracing::info!(
        target: "vestibule::request",
        method,
        route,
        status = response.status().as_u16(),
        code = error.map(|error| error.code.wire_name()),
        handle,
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered",
    );
}
