//! CORS: which pages may read an answer (the Fetch standard; API.md section 1).
//!
//! Owns: the preflight and the headers of actual requests. An origin learns only of portals that list it, and is
//! echoed exactly, never as `*`. (`actix-cors` announces credentials to every origin, and answers a foreign preflight
//! in its own form.)
//! Must not know: what the endpoint does.

use actix_web::guard::GuardContext;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::problem::Problem;
use crate::http::request::auth::query;
use crate::http::request::kept::{is_withheld, portal_in_question, portals};

const FOR_PREFLIGHTS: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, idempotency-key"),
    ),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
];
const BY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const WITH_CREDENTIALS: HeaderValue = HeaderValue::from_static("true");
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "hx-redirect, portal-redirect, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, \
     x-inertia-location, x-request-id",
);

/// Registered with a route whose answers pages may read.
pub struct ForPages;

/// Whether a browser asks ahead, with `OPTIONS`, what a page may send.
pub fn is_preflight(request: &GuardContext<'_>) -> bool {
    let head = request.head();
    head.method == Method::OPTIONS && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers that question.
pub async fn preflight(request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    if reader(&request).is_some() {
        for (name, value) in FOR_PREFLIGHTS {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Marks what a listed origin may read, if the route is [`ForPages`].
pub fn mark(request: &HttpRequest, response: &mut HeaderMap) {
    if request.app_data::<ForPages>().is_some() {
        each_header(request, |name, value| response.append(name, value));
    }
}

/// Does the same for a refusal that a proxy passes on to a page.
pub fn readable(request: &HttpRequest, problem: Problem) -> Problem {
    let mut readable = problem;
    each_header(request, |name, value| readable.add_header(name, value));
    readable
}

fn each_header(request: &HttpRequest, mut add: impl FnMut(HeaderName, HeaderValue)) {
    add(header::VARY, BY_ORIGIN);
    if let Some(origin) = reader(request) {
        add(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        add(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, WITH_CREDENTIALS);
        add(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
}

/// The origin of the request's page, if it may read the answer: of the portal that the request names, else of the one
/// that it turned out to be about, it must be one. Where no portal is known, nothing is said of any.
fn reader(request: &HttpRequest) -> Option<HeaderValue> {
    let value = request.headers().get(header::ORIGIN)?;
    if is_withheld(request) {
        return None;
    }
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
