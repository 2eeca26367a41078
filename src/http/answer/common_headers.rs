//! The headers of every answer: its id, and those that protect it in browsers and caches.
//!
//! Owns: which headers these are. Nothing else sets one of them, but for the public keys, which may be cached.
//! Must not know: what is answered.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them. `strict_transport`: browsers reach the gateway over https.
pub fn add_common_headers(headers: &mut HeaderMap, id: &str, strict_transport: bool) {
    let may_be_kept = headers.contains_key(header::CACHE_CONTROL);
    // Added, not put in the place of others: that takes twice as long.
    let mut add = |name, value| headers.append(name, value);
    // Nothing may be cached unless it says so itself.
    if !may_be_kept {
        add(header::CACHE_CONTROL, NO_STORE);
        add(header::PRAGMA, NO_CACHE);
    }
    add(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    add(header::REFERRER_POLICY, NO_REFERRER);
    // Against other sites that embed the answer. What they may read is decided by CORS.
    add(header::CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
    if strict_transport {
        add(header::STRICT_TRANSPORT_SECURITY, FOR_A_YEAR);
    }
    add_request_id(headers, id);
}

/// The id alone, where there is nothing to protect.
pub fn add_request_id(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.append(REQUEST_ID, id);
    }
}
