//! `GET /.well-known/jwks.json` (API.md section 10): the public keys, for whoever checks a signed token by himself.
//!
//! Owns: that this one answer may be cached, and for how long.
//! Must not know: keys.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::request::kept::portals;

/// What a gateway without a key answers: a set that is empty, so that a verifier refuses every token.
const NO_KEYS: &str = r#"{"keys":[]}"#;
/// A new key is published so long before it signs (docs/tokens.md, rotation).
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
