//! CORS: which pages may read an answer (the Fetch standard; API.md section 1).
//!
//! Owns: the preflight and the headers of actual requests. An origin learns only of portals that list it, and is
//! echoed exactly, never as `*`. (`actix-cors` announces credentials to every origin, and answers a foreign preflight
//! in its own form.)
//! Must not know: what the endpoint does.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

use super::problem::Problem;
use crate::http::request::auth::query;
use crate::http::request::kept::{is_withheld, portal_in_question, portals};

const FOR_PREFLIGHTS: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];
const EXPOSED_HEADERS: &str = "hx-redirect, portal-redirect, ratelimit-limit, ratelimit-remaining, \
    ratelimit-reset, retry-after, x-inertia-location, x-request-id";

/// Answers preflights and marks what a listed origin may read.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        let mut response = HttpResponse::NoContent().finish();
        if reader(request.request()).is_some() {
            for (name, value) in FOR_PREFLIGHTS {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
        }
        request.into_response(response)
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    for (name, value) in headers(response.request()) {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Does the same for a refusal that a proxy passes on to a page.
pub fn readable(request: &HttpRequest, problem: Problem) -> Problem {
    headers(request).into_iter().fold(problem, |problem, (name, value)| match value.to_str() {
        Ok(value) => problem.with_header(name, value),
        Err(_) => problem,
    })
}

fn headers(request: &HttpRequest) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![(header::VARY, HeaderValue::from_static("Origin"))];
    if let Some(origin) = reader(request) {
        headers.extend([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS)),
        ]);
    }
    headers
}

/// The origin of the request's page, if it may read the answer: of the portal that the request names, else of the one
/// that it turned out to be about, it must be one. Where no portal is known, nothing is said of any.
fn reader(request: &HttpRequest) -> Option<HeaderValue> {
    if is_withheld(request) {
        return None;
    }
    let value = request.headers().get(header::ORIGIN)?;
    let origin = value.to_str().ok()?;
    let portals = portals(request);
    let catalog = portals.catalog();
    let named = query(request, "slug").next();
    let may_read = match (named, portal_in_question(request)) {
        (Some(slug), _) => catalog.portal(&slug).is_some_and(|portal| portal.lists_origin(origin)),
        (None, Some(portal)) => portal.lists_origin(origin),
        (None, None) => !catalog.portals_listing(origin).is_empty(),
    };
    may_read.then(|| value.clone())
}
