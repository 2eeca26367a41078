//! The landing's page: whom it asks, and what its form takes along.
//!
//! Owns: that nobody's session is replaced unasked, and by which name people know themselves.
//! Must not know: what becomes of the form.

use actix_web::http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::landing_pass::LandingPass;
use crate::domain::portal::Landing;
use crate::domain::portals::people::Waiting;
use crate::domain::session::PortalSession;
use crate::http::answer::cookies;
use crate::http::answer::pages::{self, Form, Page, Question, View};
use crate::http::answer::traced;
use crate::http::gateway::gateway;
use crate::http::request::cookies::sent_pass;
use crate::http::request::kept::note;

/// The page with the form, and the pass that its browser shows when it sends the form.
pub fn offer(request: &HttpRequest, waiting: &Waiting, goes_on: bool) -> HttpResponse {
    let Waiting { portal, ticket, session, replaces } = waiting;
    note(request, session.handle);
    let gateway = gateway(request);
    let pass = sent_pass(request.headers(), portal).unwrap_or_else(LandingPass::mint);
    let confirms = portal.landing == Landing::Hosted { confirm: true };
    let question = Question {
        confirm: (confirms || replaces.is_some()).then(|| name_beside(session, replaces.as_ref())),
        replaces: replaces.as_ref().map(|other| name_beside(other, Some(session))),
        way_out: session.grant.return_url.clone().or_else(|| portal.return_url.clone()),
    };
    let form = Form {
        // Relative to the page, so that a proxy may put a path before it.
        action: portal.slug.clone(),
        session_id: ticket.expose().to_owned(),
        nonce: gateway.landing_nonces.nonce(&pass, ticket.expose()),
        replaces: replaces.as_ref().map(|other| other.handle.to_string()).unwrap_or_default(),
        // Somebody else's session is never replaced unasked.
        goes_on: goes_on && !confirms && replaces.is_none(),
    };
    let reference = traced::reference(request);
    let view = View { language: gateway.languages.of(request), portal: Some(portal), reference: &reference };
    let Page { html, policy, language } = pages::landing(view, &form, &question);
    let mut response = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CONTENT_LANGUAGE, language))
        .body(html);
    cookies::add(&mut response, cookies::landing_pass(portal, &pass));
    response
}

/// How people know themselves.
fn name_of(session: &PortalSession) -> &str {
    let grant = &session.grant;
    grant.email.as_deref().filter(|email| !email.is_empty()).unwrap_or(&grant.external_id)
}

/// The name, and what tells it from the same name in another organisation or environment.
fn name_beside(session: &PortalSession, other: Option<&PortalSession>) -> String {
    let name = name_of(session);
    if other.is_none_or(|other| name_of(other) != name) {
        return name.to_owned();
    }
    let (organization, environment) =
        (session.grant.external_organization_id.as_deref(), session.grant.environment.name());
    let parts: Vec<_> = organization.into_iter().chain([environment]).collect();
    format!("{name} ({})", parts.join(", "))
}
