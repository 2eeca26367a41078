//! The form of a refusal: the one place that chooses page, redirect or problem.
//!
//! Owns: who goes home, who reads a page, and which page tells what.
//! Must not know: any endpoint, or what a page looks like.

use actix_web::HttpRequest;
use actix_web::http::header::SET_COOKIE;

use super::bounces::Bounces;
use super::cookies;
use super::pages::{self, Form, Message, View};
use super::problem::Problem;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::presented::Presented;
use crate::http::gateway::gateway;
use crate::http::request::cookies::sent_bounces;
use crate::http::request::kept::{id_of, portals};
use crate::http::request::wishes::{accepts, is_navigation};

/// Answers a refusal. A person's navigation goes home if that is known and may help, else a page says what
/// happened; a program gets the problem. An outage has no home: it is not a logout. `retry`: the form that the
/// person may send again.
pub fn refuse(request: &HttpRequest, presented: &Presented, error: Error, retry: Option<&Form>) -> Problem {
    let message = match message_of(&error) {
        Some(message) if is_navigation(request.method(), request.headers()) => message,
        Some(_) | None => return error.into(),
    };
    let gateway = gateway(request);
    let portals = portals(request);
    let portal = presented.portal(portals.catalog());
    if let (Message::Home(home), Some(portal)) = (message, portal)
        && let Some(url) = &home.url
        && let Some(bounces) =
            Bounces::one_more(&sent_bounces(request.headers()).unwrap_or_default(), gateway.clock.now_ms())
    {
        let cookie = cookies::bounces(portal, &bounces).to_string();
        return Problem::redirect(error.clone(), url).with_header(SET_COOKIE, &cookie);
    }
    if !accepts(request.headers(), "text/html") {
        return error.into();
    }
    let reference = id_of(request);
    let language = gateway.languages.of(request);
    let view = View { language, portal: portal.map(|portal| &**portal), reference: &reference };
    let page = pages::message(view, message, retry);
    Problem::page(error, page)
}

/// What a person is told; nothing where only whoever wrote the request can mend it.
fn message_of(error: &Error) -> Option<Message<'_>> {
    if let Some(home) = &error.home {
        return Some(Message::Home(home));
    }
    match error.code {
        Code::Forbidden if error.refusal == Some(Refusal::PortalDisabled) => Some(Message::PortalDisabled),
        Code::InsufficientPermissions => Some(Message::NoAccess),
        Code::ServiceUnavailable => Some(Message::ServiceUnavailable),
        Code::Forbidden
        | Code::RouteNotFound
        | Code::RateLimited
        | Code::PortalTokenMissing
        | Code::PortalSessionNotFound
        | Code::UnexpectedError => Some(Message::SomethingWrong),
        Code::Missing
        | Code::Malformed
        | Code::KeyNotFound
        | Code::PortalConfigNotFound
        | Code::InvalidInput
        | Code::RequestBodyUnreadable
        | Code::UnsupportedMediaType
        | Code::RequestBodyTooLarge
        | Code::RequestTimeout
        | Code::MethodNotAllowed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_page_or_none() {
        let told = |code, refusal| Error { refusal, ..Error::new(code) };
        let disabled = told(Code::Forbidden, Some(Refusal::PortalDisabled));
        assert_eq!(message_of(&disabled), Some(Message::PortalDisabled));
        let foreign = told(Code::Forbidden, Some(Refusal::OriginNotListed));
        assert_eq!(message_of(&foreign), Some(Message::SomethingWrong));
        // An outage is never told as an end of the session.
        let outage = told(Code::ServiceUnavailable, None);
        assert_eq!(message_of(&outage), Some(Message::ServiceUnavailable));
        // Whoever wrote a bad request needs to read what is wrong with it.
        assert_eq!(message_of(&told(Code::InvalidInput, None)), None);
    }
}
