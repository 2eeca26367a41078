//! `GET /.well-known/jwks.json` (API.md section 10): the public keys, for those who check signed tokens themselves.
//!
//! Owns: that this answer may be cached, and for how long.
//! Must not know: keys.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::request::kept::portals;

/// The answer of a gateway without a key: an empty set, so that a verifier refuses every token.
const NO_KEYS: &str = r#"{"keys":[]}"#;
/// A new key must be published this long before it signs (docs/tokens.md, rotation).
const MAY_BE_KEPT: &str = "public, max-age=300";

/// Serves the key set.
pub async fn handle(request: HttpRequest) -> HttpResponse {
    let portals = portals(&request);
    let keys = portals.catalog().signer().map_or(NO_KEYS, |signer| signer.key_set());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/jwk-set+json"))
        .insert_header((CACHE_CONTROL, MAY_BE_KEPT))
        .body(keys.to_owned())
}
