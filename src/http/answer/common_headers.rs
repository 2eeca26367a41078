//! The headers of every answer: its id, and those that protect it in browsers and caches.
//!
//! Owns: which headers these are.
//! Must not know: what is answered.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets them. `strict_transport`: browsers reach the gateway over https.
pub fn add_common_headers(headers: &mut HeaderMap, id: &str, strict_transport: bool) {
    // Nothing may be cached unless it says so itself, as the public keys do.
    let may_be_kept = headers.contains_key(header::CACHE_CONTROL);
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    if !may_be_kept {
        set(header::CACHE_CONTROL, "no-store");
        set(header::PRAGMA, "no-cache");
    }
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    // Against other sites that embed the answer. What they may read is decided by CORS.
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if strict_transport {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
