//! The session that a page's request turned out to be of.
//!
//! Owns: that from then on the answer is about this session and its portal alone; that a page which the portal does not
//! list reads nothing, not even its refusal.
//! Must not know: how a session is found.

use actix_web::HttpRequest;

use crate::domain::error::{Error, Refusal};
use crate::domain::messages::CurrentSession;
use crate::http::request::kept::{note_with_portal, withhold};

/// Notes what was found.
pub fn found(request: &HttpRequest, result: Result<CurrentSession, Error>) -> Result<CurrentSession, Error> {
    match &result {
        Ok(current) => note_with_portal(request, current.session.handle, &current.portal),
        // Another portal may list the page, and would let it read this.
        Err(error) if error.refusal == Some(Refusal::OriginNotListed) => withhold(request),
        Err(_) => {}
    }
    result
}
