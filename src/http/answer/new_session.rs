//! A session that has just begun, on its way to its browser: the cookies and the audit lines.
//!
//! Must not know: how it began.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse};

use super::cookies;
use crate::domain::messages::ExchangedSession;
use crate::http::request::client_address;
use crate::http::request::kept::note;
use crate::telemetry::{SessionEvent, audit};

/// Adds the cookies to the response and writes the audit lines.
pub fn begin(
    request: &HttpRequest,
    response: &mut HttpResponse,
    exchanged: &ExchangedSession,
    client: Option<IpAddr>,
) {
    note(request, exchanged.session.handle);
    report(exchanged, client.map(client_address::text).as_deref());
    let begun = cookies::begin(&exchanged.portal, &exchanged.session, &exchanged.token);
    let has_replaced = !exchanged.replaced.is_empty();
    let known = |value: &str| has_replaced || value == exchanged.token.expose();
    for cookie in cookies::leftovers(&exchanged.portal, request.headers(), known).into_iter().chain(begun) {
        cookies::add(response, cookie);
    }
}

fn report(exchanged: &ExchangedSession, client: Option<&str>) {
    let portal = exchanged.portal.slug.as_str();
    let handle = exchanged.session.handle.text();
    audit(SessionEvent::Exchanged { handle: &handle, portal, client });
    for old in exchanged.replaced.iter().map(ToString::to_string) {
        audit(SessionEvent::Replaced { handle: &old, portal, client });
    }
    if let Some(error) = &exchanged.not_replaced {
        tracing::warn!(%error, handle = &*handle, "the browser's former session could not be ended");
    }
}
