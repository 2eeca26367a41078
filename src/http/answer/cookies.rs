//! Setting and clearing cookies: the portal session's and the hint (API.md section 4), and two of the gateway's own
//! pages.
//!
//! Owns: their attributes; set and clear from the same place, so that a removal always repeats the attributes it
//! needs.
//! Must not know: when a cookie is set. Their names are in `request::cookies`, which reads them.

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::bounces::Bounces;
use crate::domain::catalog::{self, Portal};
use crate::domain::credential::BrowserToken;
use crate::domain::landing_pass::LandingPass;
use crate::domain::session::PortalSession;
use crate::http::request::cookies::{
    BOUNCES_NAME, HINT_NAME, Mode, PASS_NAME, full_name, own_mode, session_cookie_name,
};

const HINT_DAYS: i64 = 30;
/// As long as a ticket can live.
const PASS_LIFE: Duration = Duration::minutes(15);
const BOUNCES_LIFE: Duration = Duration::minutes(1);

/// The cookies of a session that has just begun.
pub fn begin(portal: &Portal, session: &PortalSession, token: &BrowserToken) -> [Cookie<'static>; 2] {
    let life_ms = session.expires_at_ms - session.exchanged_at_ms.unwrap_or(session.expires_at_ms);
    let life = Duration::seconds(i64::try_from(life_ms / 1_000).unwrap_or(i64::MAX));
    let hint = match &session.grant.return_url {
        Some(url) => format!("{}.{}", portal.slug, URL_SAFE_NO_PAD.encode(url.as_str())),
        None => portal.slug.clone(),
    };
    [
        build(portal, session_cookie_name(portal), token.expose().to_owned(), life),
        build(portal, HINT_NAME.to_owned(), hint, Duration::days(HINT_DAYS)),
    ]
}

/// What ties a landing page's form to its browser.
pub fn landing_pass(portal: &Portal, pass: &LandingPass) -> Cookie<'static> {
    build_own(portal, PASS_NAME, pass.expose().to_owned(), PASS_LIFE)
}

/// How often a browser was sent home of late.
pub fn bounces(portal: &Portal, bounces: &Bounces) -> Cookie<'static> {
    build_own(portal, BOUNCES_NAME, bounces.text(), BOUNCES_LIFE)
}

/// The removal of both cookies.
pub fn end(portal: &Portal) -> [Cookie<'static>; 2] {
    let names = [session_cookie_name(portal), HINT_NAME.to_owned()];
    names.map(|name| build(portal, name, String::new(), Duration::ZERO))
}

/// Adds a `Set-Cookie` to a response.
pub fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    // Names and values are made of visible ASCII.
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn build(portal: &Portal, name: String, value: String, life: Duration) -> Cookie<'static> {
    let same_site = match portal.cookie.same_site {
        catalog::SameSite::Lax => SameSite::Lax,
        catalog::SameSite::Strict => SameSite::Strict,
        catalog::SameSite::None => SameSite::None,
    };
    build_as(portal, &Mode::of(portal), same_site, (name, value), life)
}

/// Never `Strict`, for it is read at the end of a way across sites.
fn build_own(portal: &Portal, name: &str, value: String, life: Duration) -> Cookie<'static> {
    let mode = own_mode(portal);
    let same_site = match portal.cookie.same_site {
        catalog::SameSite::Lax | catalog::SameSite::Strict => SameSite::Lax,
        catalog::SameSite::None => SameSite::None,
    };
    let name = full_name(&mode, name);
    build_as(portal, &mode, same_site, (name, value), life)
}

fn build_as(
    portal: &Portal,
    mode: &Mode<'_>,
    same_site: SameSite,
    pair: (String, String),
    life: Duration,
) -> Cookie<'static> {
    let cookie = Cookie::build(pair).path("/").http_only(true).same_site(same_site).max_age(life);
    let cookie = match mode {
        Mode::Host => cookie.secure(true),
        Mode::Domain(domain) => cookie.secure(true).domain((*domain).to_owned()),
        Mode::Loopback => cookie,
    };
    if portal.cookie.partitioned { cookie.partitioned(true).build() } else { cookie.build() }
}

#[cfg(test)]
#[path = "cookies_tests.rs"]
mod tests;
