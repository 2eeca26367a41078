//! Answers without a request: to input that never became one, and to one that was lost in a panic.
//!
//! Owns: that these answers look like all others, but for those of the metrics' listener, and that their id has a line in
//! the log.
//! Must not know: what the request was. There is no route, method or header to read.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;

use super::common_headers::add_common_headers;
use super::problem;
use super::traced;
use crate::domain::error::Error;
use crate::http::gateway::Gateway;
use crate::http::request::kept::new_request_id;
use crate::telemetry::{RouteSeries, Served, in_request_now};

/// The label where there is no route.
pub const NO_ROUTE: &str = "none";
/// The label where there is no method, or an unusual one.
pub const NO_METHOD: &str = "other";

/// The whole answer to a request that was lost while it was served.
pub fn answer(gateway: &Gateway, id: &str, error: &Error, started_at: Instant) -> actix_web::Error {
    let (status, headers, body) = parts(gateway, id, error, started_at.elapsed());
    let mut response = HttpResponse::build(status);
    headers.into_iter().for_each(|header| {
        response.insert_header(header);
    });
    InternalError::from_response("a lost request", response.force_close().body(body)).into()
}

/// The whole answer, as bytes, to what could not be read as a request.
pub fn raw_answer(gateway: &Gateway, status: StatusCode) -> Vec<u8> {
    let id = new_request_id();
    let error = problem::of_status(status);
    let (status, headers, body) = in_request_now(id.clone(), || parts(gateway, &id, &error, Duration::ZERO));
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

/// The same at the metrics' listener: with an id and its line, but without a body, and not counted among the requests.
pub fn bare_answer(status: StatusCode) -> Vec<u8> {
    let id = new_request_id();
    let code = problem::of_status(status).code;
    let (status, _) = problem::status_and_title(code);
    in_request_now(id.clone(), || tell(status, code.wire_name(), Duration::ZERO));
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\nx-request-id: {id}\r\n\r\n")
        .into_bytes()
}

fn parts(gateway: &Gateway, id: &str, error: &Error, took: Duration) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    let body = problem::render(error, &gateway.error_type_base, id, &HeaderMap::new(), &mut headers);
    add_common_headers(&mut headers, id, gateway.strict_transport);
    let (status, _) = problem::status_and_title(error.code);
    gateway.metrics.http.request(&RouteSeries::of(NO_ROUTE), NO_METHOD, status.as_u16(), took);
    let code = error.code.wire_name();
    let served =
        Served { method: NO_METHOD, route: None, status: status.as_u16(), code: Some(code), handle: None };
    traced::end(gateway, &served, took);
    tell(status, code, took);
    (status, headers, body)
}

/// The one line about it. It has the id.
fn tell(status: StatusCode, code: &'static str, took: Duration) {
    tracing::info!(
        target: "vestibule::request",
        route = NO_ROUTE,
        status = status.as_u16(),
        code,
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered without a request",
    );
}
