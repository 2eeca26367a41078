//! CORS: which pages may read an answer (the Fetch standard; API.md section 1).
//!
//! Owns: the preflight and the headers of actual requests.
//! Must not know: what the endpoint does. Only the portals' own origins, echoed exactly, never `*`. (Not
//! `actix-cors`: it announces credentials to every origin and answers a foreign preflight in its own form.)

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::http::request::kept::portals;

const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key";
const EXPOSED_HEADERS: &str =
    "ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id";
const PREFLIGHT_SECONDS: &str = "600";

/// Answers preflights and marks what a listed origin may read.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let allowed = allowed_origin(&request);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        let mut response = HttpResponse::NoContent().finish();
        if allowed.is_some() {
            set(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
            set(response.headers_mut(), header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            set(response.headers_mut(), header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        }
        request.into_response(response)
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
    Ok(response)
}

fn allowed_origin(request: &ServiceRequest) -> Option<HeaderValue> {
    let value = request.headers().get(header::ORIGIN)?;
    let origin = value.to_str().ok()?;
    let portals = portals(request.request());
    (!portals.catalog().portals_listing(origin).is_empty()).then(|| value.clone())
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
