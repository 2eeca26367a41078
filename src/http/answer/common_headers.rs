//! The headers of every answer: its id, and what keeps browsers and caches from doing harm with it.
//!
//! Owns: which headers these are.
//! Must not know: what is answered.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sets them. `strict_transport`: browsers reach the gateway over https.
pub fn add_common_headers(headers: &mut HeaderMap, id: &str, strict_transport: bool) {
    // Only what says otherwise itself may be kept: the public keys.
    let may_be_kept = headers.contains_key(header::CACHE_CONTROL);
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    if !may_be_kept {
        set(header::CACHE_CONTROL, "no-store");
        set(header::PRAGMA, "no-cache");
    }
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
