//! A path is matched as it came.
//!
//! Owns: that an encoded spelling of a route is no route. The router decodes what it matches, and a handler decodes its part of a
//! path once more: a proxy that allows and denies by path would judge another one than we serve.
//! (A `#` ends it: the HTTP library has dropped what came behind, before anything of ours reads it.)
//! Must not know: any route, but that none has a `%`.

use actix_web::dev::{ServiceRequest, Url};
use actix_web::http::Uri;
use memchr::memchr;

/// Nothing is there.
const NOWHERE: &str = "/%";

/// To be called before the router. A path with a `%` leads nowhere then, and is still what the request says its path is.
pub fn take_as_it_came(request: &mut ServiceRequest) {
    if memchr(b'%', request.path().as_bytes()).is_some() {
        request.match_info_mut().set(Url::new(Uri::from_static(NOWHERE)));
    }
}
