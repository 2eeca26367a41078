//! The form of a refusal. This is the only place that chooses between page, redirect and problem.
//!
//! Owns: who goes home, who gets a page, and which one. Only a person who is really there is sent anywhere.
//! Must not know: any endpoint, or what a page looks like.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, SET_COOKIE};
use url::Url;

use super::bounces::Bounces;
use super::cookies;
use super::pages::{self, Form, Message, View};
use super::problem::Problem;
use super::traced;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::presented::Presented;
use crate::http::gateway::gateway;
use crate::http::request::cookies::sent_bounces;
use crate::http::request::kept::portals;
use crate::http::request::wishes::{Waiting, accepts, waiting};

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const PORTAL_REDIRECT: HeaderName = HeaderName::from_static("portal-redirect");

/// Answers a refusal. A person's navigation goes home if home is known and may help; otherwise a page says what
/// happened. A script gets the form that its library understands, a program the problem. In an outage nobody is sent
/// home, because it is no logout. `retry`: the form that the person may send again.
pub fn refuse(request: &HttpRequest, presented: &Presented, error: Error, retry: Option<&Form>) -> Problem {
    let home = error.home.as_ref().and_then(|home| home.url.clone());
    match (waiting(request.method(), request.headers()), home) {
        (Waiting::Person, home) => refuse_person(request, presented, error, home.as_ref(), retry),
        (Waiting::Htmx, Some(home)) => Problem::from(error).with_header(HX_REDIRECT, home.as_str()),
        (Waiting::Inertia, Some(home)) => Problem::inertia_location(error, &home),
        // The page makes Turbo leave the frame and load the address as a whole, which is a navigation.
        (Waiting::TurboFrame, Some(_)) => told_by_page(request, presented, error, retry),
        (Waiting::Nobody, _) => unseen(error),
        (Waiting::Htmx | Waiting::Inertia | Waiting::TurboFrame, None) | (Waiting::Program, _) => {
            error.into()
        }
    }
}

/// Answers a refusal that has nothing to do with who asks.
pub fn refuse_anybody(request: &HttpRequest, error: Error) -> Problem {
    refuse(request, &Presented::default(), error, None)
}

/// Answers a refusal to a proxy that cannot redirect and takes the address from a header.
pub fn refuse_by_status(request: &HttpRequest, error: Error) -> Problem {
    if waiting(request.method(), request.headers()) == Waiting::Nobody {
        return unseen(error);
    }
    let home = error.home.as_ref().and_then(|home| home.url.clone());
    let problem = Problem::from(error);
    match home {
        Some(home) => problem.with_header(PORTAL_REDIRECT, home.as_str()),
        None => problem,
    }
}

/// Refuses what is fetched ahead of time, where even a success would send somebody on.
pub fn refuse_unseen(request: &HttpRequest) -> Result<(), Problem> {
    if waiting(request.method(), request.headers()) != Waiting::Nobody {
        return Ok(());
    }
    let error = Error::new(Code::Forbidden);
    Err(unseen(error.with_detail("This page is not there to be fetched ahead of time.")))
}

/// A browser that prefetches drops an error, and asks again when a person is there.
fn unseen(error: Error) -> Problem {
    Error { home: None, ..error }.into()
}

fn refuse_person(
    request: &HttpRequest,
    presented: &Presented,
    error: Error,
    home: Option<&Url>,
    retry: Option<&Form>,
) -> Problem {
    let portals = portals(request);
    if let (Some(home), Some(portal)) = (home, presented.portal(portals.catalog()))
        && let Some(bounces) = Bounces::one_more(
            &sent_bounces(request.headers()).unwrap_or_default(),
            gateway(request).clock.now_ms(),
        )
    {
        let cookie = cookies::bounces(portal, &bounces);
        return Problem::redirect(error, home).with_header(SET_COOKIE, cookie.as_str());
    }
    if !accepts(request.headers(), "text/html") {
        return error.into();
    }
    told_by_page(request, presented, error, retry)
}

fn told_by_page(request: &HttpRequest, presented: &Presented, error: Error, retry: Option<&Form>) -> Problem {
    let Some(message) = message_of(&error) else {
        return error.into();
    };
    let portals = portals(request);
    let portal = presented.portal(portals.catalog()).map(|portal| &**portal);
    let reference = traced::reference(request);
    let view = View { language: gateway(request).languages.of(request), portal, reference: &reference };
    let page = pages::message(view, message, retry);
    Problem::page(error, page)
}

/// What a person is told. `None` if only the author of the request can fix it.
fn message_of(error: &Error) -> Option<Message<'_>> {
    if let Some(home) = &error.home {
        return Some(Message::Home(home));
    }
    match error.code {
        Code::Forbidden if error.refusal == Some(Refusal::PortalDisabled) => Some(Message::PortalDisabled),
        Code::InsufficientPermissions => Some(Message::NoAccess),
        Code::TooManySessions => Some(Message::TooManySessions),
        Code::ServiceUnavailable => Some(Message::ServiceUnavailable),
        Code::RouteNotFound | Code::MethodNotAllowed => Some(Message::NotFound),
        Code::Forbidden
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
        | Code::RequestTimeout => None,
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
        for code in [Code::RouteNotFound, Code::MethodNotAllowed] {
            assert_eq!(message_of(&Error::new(code)), Some(Message::NotFound));
        }
        // An outage must never look like the end of the session.
        let outage = told(Code::ServiceUnavailable, None);
        assert_eq!(message_of(&outage), Some(Message::ServiceUnavailable));
        // The author of a bad request needs to read what is wrong with it.
        assert_eq!(message_of(&told(Code::InvalidInput, None)), None);
    }
}
