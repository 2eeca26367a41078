//! `GET` and `POST /portal/{slug}` (API.md section 6): the gateway's own way into a portal.
//!
//! Owns: that looking never spends a ticket, and that only the page's own form does.
//! Must not know: how a ticket is spent, or how a page looks.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
};
use actix_web::{HttpRequest, HttpResponse, web};
use url::Url;

use crate::domain::catalog::{Landing, SESSION_PARAMETER};
use crate::domain::error::{Code, Error};
use crate::domain::landing_pass::LandingPass;
use crate::domain::messages::{Asker, ExchangeRequest};
use crate::domain::portals::people::{Arrival, Entry, SignedIn, Waiting};
use crate::domain::presented::Presented;
use crate::domain::session::PortalSession;
use crate::http::answer::cookies;
use crate::http::answer::new_session::begin;
use crate::http::answer::pages::{self, Form, Page, Question, View};
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::{refuse, refuse_unseen};
use crate::http::gateway::gateway;
use crate::http::request::cookies::sent_pass;
use crate::http::request::exchange::exchange_request;
use crate::http::request::kept::{id_of, note, portals};
use crate::http::request::wishes::{FETCH_SITE, is_click};
use crate::http::request::{auth, body, client_address};

/// Shows the page that leads into the portal, or goes on where nothing is left to do.
pub async fn show(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    refuse_unseen(&request)?;
    let presented = auth::visiting(&request, &slug);
    let session_id = auth::query_of_link(&request, SESSION_PARAMETER).find(|text| !text.is_empty());
    let goes_on = is_click(request.headers());
    arrive(&request, &presented, session_id.as_deref(), goes_on).await
}

/// Spends a ticket that the page's own form brings; any other form leads to the page.
pub async fn enter(
    request: HttpRequest,
    slug: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (gateway, portals) = (gateway(&request), portals(&request));
    let client = client_address::of(&request, gateway);
    let fields = ["session", "nonce", "replaces"];
    let [session_id, nonce, replaces] = body::read_form(&request, payload, fields).await?;
    let presented = auth::visiting(&request, &slug);
    let sent = portals.catalog().portal(&slug).and_then(|portal| sent_pass(request.headers(), portal));
    let pass = sent.filter(|pass| {
        is_own_page(request.headers()) && gateway.landing_nonces.vouches(&nonce, pass, &session_id)
    });
    let Some(pass) = pass else {
        return show_again(&request, &presented, &session_id).await;
    };
    let form = Form { action: action(&presented), session_id, nonce, replaces, goes_on: false };
    let refuse = |error| refuse(&request, &presented, error, Some(&form));
    let asker = Asker::Landing(slug.into_inner());
    let exchange = ExchangeRequest {
        idempotency_key: pass.idempotency_key().ok(),
        ..exchange_request(&request, &form.session_id, asker)
    };
    let limited = |exceeded| refuse(Error::new(Code::RateLimited)).with_limit(exceeded);
    let attempt = gateway.limits.begin_exchange(client).await.map_err(limited)?;
    let result = portals.enter(&presented, exchange, &form.replaces).await;
    attempt.end(result.as_ref().err());
    gateway.metrics.exchange(match &result {
        Ok(Entry::Exchanged(_)) => "done",
        Ok(Entry::SignedIn(_)) => "signed_in_already",
        Ok(Entry::Unasked(_)) => "asked_again",
        Err(error) => error.code.wire_name(),
    });
    match result {
        Ok(entry) => Ok(entered(&request, entry, client)),
        Err(error) => Err(refuse(error)),
    }
}

fn entered(request: &HttpRequest, entry: Entry, client: Option<IpAddr>) -> HttpResponse {
    match entry {
        Entry::Exchanged(exchanged) => {
            let mut response = go_to(exchanged.portal.url_for(exchanged.session.grant.environment));
            begin(request, &mut response, &exchanged, client);
            response
        }
        Entry::SignedIn(SignedIn { handle, url }) => {
            note(request, handle);
            go_to(&url)
        }
        Entry::Unasked(waiting) => refused_form(offer(request, &waiting, false)),
    }
}

/// The page once more, which waits for its button: the form that came was not the one that it has now.
async fn show_again(
    request: &HttpRequest,
    presented: &Presented,
    session_id: &str,
) -> Result<HttpResponse, Problem> {
    let session_id = Some(session_id).filter(|text| !text.is_empty());
    arrive(request, presented, session_id, false).await.map(refused_form)
}

/// A page that answers a form says that the form was not taken.
fn refused_form(mut response: HttpResponse) -> HttpResponse {
    if response.status().is_success() {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

/// Under `no-referrer` a form of our own page has `Origin: null`, and so has many a foreign one; the browser
/// vouches by `Sec-Fetch-Site`. One too old for that shows by the nonce that it was given the page.
fn is_own_page(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none")
}

async fn arrive(
    request: &HttpRequest,
    presented: &Presented,
    session_id: Option<&str>,
    goes_on: bool,
) -> Result<HttpResponse, Problem> {
    let refuse = |error| refuse(request, presented, error, None);
    Ok(match portals(request).arrive(presented, session_id).await.map_err(refuse)? {
        Arrival::SignedIn(SignedIn { handle, url }) => {
            note(request, handle);
            go_to(&url)
        }
        Arrival::Waiting(waiting) => offer(request, &waiting, goes_on),
    })
}

/// The page with the form, and the pass that its browser shows when it sends the form.
fn offer(request: &HttpRequest, waiting: &Waiting, goes_on: bool) -> HttpResponse {
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
        action: portal.slug.clone(),
        session_id: ticket.expose().to_owned(),
        nonce: gateway.landing_nonces.nonce(&pass, ticket.expose()),
        replaces: replaces.as_ref().map(|other| other.handle.to_string()).unwrap_or_default(),
        // Somebody else's session is never replaced unasked.
        goes_on: goes_on && !confirms && replaces.is_none(),
    };
    let reference = id_of(request);
    let view = View { language: gateway.languages.of(request), portal: Some(portal), reference: &reference };
    let Page { html, policy, language } = pages::landing(view, &form, &question);
    let mut response = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CONTENT_LANGUAGE, language))
        .body(html);
    cookies::add(&mut response, &cookies::landing_pass(portal, &pass));
    response
}

/// How people know themselves.
fn name_of(session: &PortalSession) -> String {
    let grant = &session.grant;
    grant.email.clone().filter(|email| !email.is_empty()).unwrap_or_else(|| grant.external_id.clone())
}

/// The name, and what tells it from the same name in another organisation or environment.
fn name_beside(session: &PortalSession, other: Option<&PortalSession>) -> String {
    let name = name_of(session);
    if other.is_none_or(|other| name_of(other) != name) {
        return name;
    }
    let (organization, environment) =
        (session.grant.external_organization_id.as_deref(), session.grant.environment.name());
    let parts: Vec<_> = organization.into_iter().chain([environment]).collect();
    format!("{name} ({})", parts.join(", "))
}

/// Relative to the page, so that a proxy may put a path before it.
fn action(presented: &Presented) -> String {
    presented.slug.clone().unwrap_or_default()
}

fn go_to(url: &Url) -> HttpResponse {
    let mut response = HttpResponse::SeeOther().finish();
    // A URL is ASCII.
    if let Ok(url) = HeaderValue::from_str(url.as_str()) {
        response.headers_mut().insert(LOCATION, url);
    }
    response
}
