//! `GET` and `POST /portal/{slug}` (API.md section 6): the gateway's own way into a portal.
//!
//! Owns: that looking never spends a ticket, and that only the page's own form does.
//! Must not know: how a ticket is spent, or how a page looks.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use super::landing_page::offer;
use crate::domain::error::{Code, Error};
use crate::domain::history::LooksLike;
use crate::domain::landing_pass::LandingPass;
use crate::domain::messages::{Asker, ExchangeRequest};
use crate::domain::portal::{Portal, SESSION_PARAMETER};
use crate::domain::portal_path::PortalPath;
use crate::domain::portals::people::{Arrival, Entry, SignedIn, Waiting};
use crate::domain::presented::Presented;
use crate::domain::session::PortalSession;
use crate::http::answer::counting::{ASKED_AGAIN, DONE, SIGNED_IN_ALREADY, count_exchange};
use crate::http::answer::new_session::begin;
use crate::http::answer::pages::Form;
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::{refuse, refuse_unseen};
use crate::http::answer::resume::Onward;
use crate::http::gateway::gateway;
use crate::http::request::cookies::sent_pass;
use crate::http::request::exchange::exchange_request;
use crate::http::request::kept::{note, portals};
use crate::http::request::wishes::{FETCH_SITE, is_click, looks_like};
use crate::http::request::{auth, body, client_address};
use crate::telemetry::{SessionEvent, audit};

/// Shows the page that leads into the portal, or redirects if nothing is left to do.
pub async fn show(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let presented = auth::visiting(&request, &slug);
    let session_id = auth::query_of_link(&request, SESSION_PARAMETER).find(|text| !text.is_empty());
    if let Err(unseen) = refuse_unseen(&request) {
        if let Some(session_id) = &session_id
            && let Some(waiting) = portals(&request).prefetched(&presented, session_id).await
        {
            report_opening(&request, &waiting, LooksLike::Prefetch);
        }
        return Err(unseen);
    }
    let opens = Some(looks_like(request.headers()));
    arrive(&request, &presented, session_id.as_deref(), opens).await
}

/// Spends a ticket that comes with the page's own form. Any other form leads to the page.
pub async fn enter(
    request: HttpRequest,
    slug: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let fields = ["session", "nonce", "replaces"];
    let [session_id, nonce, replaces] = body::read_form(&request, payload, fields).await?;
    let form = Form { action: slug.into_inner(), session_id, nonce, replaces, goes_on: false };
    let presented = auth::visiting(&request, &form.action);
    match vouching_pass(&request, &form) {
        Some(pass) => spend(&request, &presented, &form, &pass).await,
        None => show_again(&request, &presented, &form.session_id).await,
    }
}

/// The pass of the browser that was shown this form; none where nothing vouches for that.
fn vouching_pass(request: &HttpRequest, form: &Form) -> Option<LandingPass> {
    let portals = portals(request);
    let pass = sent_pass(request.headers(), portals.catalog().portal(&form.action)?)?;
    let nonces = &gateway(request).landing_nonces;
    let vouches = is_own_page(request.headers()) && nonces.vouches(&form.nonce, &pass, &form.session_id);
    vouches.then_some(pass)
}

async fn spend(
    request: &HttpRequest,
    presented: &Presented,
    form: &Form,
    pass: &LandingPass,
) -> Result<HttpResponse, Problem> {
    let gateway = gateway(request);
    let client = client_address::of(request, gateway);
    let refuse = |error| refuse(request, presented, error, Some(form));
    let exchange = ExchangeRequest {
        idempotency_key: pass.idempotency_key().ok(),
        ..exchange_request(request, &form.session_id, Asker::Landing(form.action.clone()))
    };
    let limited = |exceeded| refuse(Error::new(Code::RateLimited)).with_limit(exceeded);
    let attempt = gateway.limits.begin_exchange(client).await.map_err(limited)?;
    let result = portals(request).enter(presented, exchange, &form.replaces).await;
    attempt.end(result.as_ref().err());
    let outcome = match &result {
        Ok(Entry::Exchanged(_)) => DONE,
        Ok(Entry::SignedIn(_)) => SIGNED_IN_ALREADY,
        Ok(Entry::Unasked(_)) => ASKED_AGAIN,
        Err(error) => error.code.wire_name(),
    };
    count_exchange(request, None, outcome);
    result.map(|entry| entered(request, entry, client)).map_err(refuse)
}

fn entered(request: &HttpRequest, entry: Entry, client: Option<IpAddr>) -> HttpResponse {
    match entry {
        Entry::Exchanged(exchanged) => {
            let (session, portal) = (&exchanged.session, &exchanged.portal);
            let mut response = go_on(request, portal, session, session.grant.path.as_ref());
            begin(request, &mut response, &exchanged, client);
            response
        }
        Entry::SignedIn(signed_in) => go_in(request, &signed_in),
        Entry::Unasked(waiting) => refused_form(offer(request, &waiting, false)),
    }
}

/// Shows the page once more, and waits for its button, because the form that came is not the page's current one.
async fn show_again(
    request: &HttpRequest,
    presented: &Presented,
    session_id: &str,
) -> Result<HttpResponse, Problem> {
    let session_id = Some(session_id).filter(|text| !text.is_empty());
    arrive(request, presented, session_id, None).await.map(refused_form)
}

/// A page that answers a form has a status that says that the form was not accepted.
fn refused_form(mut response: HttpResponse) -> HttpResponse {
    if response.status().is_success() {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

/// Under `no-referrer`, our own page's form has `Origin: null`, as many foreign forms have. The browser vouches for
/// it with `Sec-Fetch-Site`. If it is too old for that, the nonce shows that it got the page.
fn is_own_page(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none")
}

/// `opens`: what comes by a link, and not with a form that is not the page's current one.
async fn arrive(
    request: &HttpRequest,
    presented: &Presented,
    session_id: Option<&str>,
    opens: Option<LooksLike>,
) -> Result<HttpResponse, Problem> {
    let refuse = |error| refuse(request, presented, error, None);
    Ok(match portals(request).arrive(presented, session_id, opens).await.map_err(refuse)? {
        Arrival::SignedIn(signed_in) => go_in(request, &signed_in),
        Arrival::Waiting(waiting) => {
            if let Some(looks_like) = opens {
                report_opening(request, &waiting, looks_like);
            }
            offer(request, &waiting, opens.is_some() && is_click(request.headers()))
        }
    })
}

fn report_opening(request: &HttpRequest, waiting: &Waiting, looks_like: LooksLike) {
    let handle = waiting.session.handle.to_string();
    let client = client_address::of(request, gateway(request)).map(client_address::text);
    let (portal, looks_like) = (waiting.portal.slug.as_str(), looks_like.name());
    audit(SessionEvent::Opened { handle: &handle, portal, looks_like, client: client.as_deref() });
}

fn go_in(request: &HttpRequest, signed_in: &SignedIn) -> HttpResponse {
    let SignedIn { current, path } = signed_in;
    note(request, current.session.handle);
    go_on(request, &current.portal, &current.session, path.as_ref())
}

/// Into the portal: to where the session begins, or to where its browser wanted to go.
fn go_on(
    request: &HttpRequest,
    portal: &Portal,
    session: &PortalSession,
    own: Option<&PortalPath>,
) -> HttpResponse {
    let onward = Onward::of(request, portal, session, own);
    let url = portal.place(session.grant.environment, onward.path.as_ref());
    let mut response = HttpResponse::SeeOther().finish();
    // A URL is ASCII.
    if let Ok(url) = HeaderValue::from_str(url.as_str()) {
        response.headers_mut().insert(LOCATION, url);
    }
    onward.use_up(&mut response);
    response
}
