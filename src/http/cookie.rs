//! The cookies: the portal session's and the hint (API.md section 4), and two of the gateway's own pages.
//!
//! Owns: their names, attributes and reading; set and clear from the same place, so that a removal always
//! repeats the attributes it needs.
//! Must not know: when a cookie is set. The mode decides prefix, `Secure` and `Domain` together, so that an
//! insecure combination cannot be spelled.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::bounces::Bounces;
use crate::domain::catalog::{self, Catalog, Portal};
use crate::domain::credential::BrowserToken;
use crate::domain::landing_pass::LandingPass;
use crate::domain::presented::Hint;
use crate::domain::return_url::parse_http_url;
use crate::domain::session::PortalSession;

const HOST_PREFIX: &str = "__Host-";
const HINT_NAME: &str = "portal_hint";
const HINT_DAYS: i64 = 30;
const PASS_NAME: &str = "portal_landing";
/// As long as a ticket can live.
const PASS_LIFE: Duration = Duration::minutes(15);
const BOUNCES_NAME: &str = "portal_bounces";
const BOUNCES_LIFE: Duration = Duration::minutes(1);

/// How a portal's cookies are bound to their host.
enum Mode<'a> {
    /// https, this host alone: the browser itself enforces it by the prefix.
    Host,
    /// https, shared with the hosts of a domain.
    Domain(&'a str),
    /// http on localhost, for trials: Safari drops `Secure` cookies there.
    Loopback,
}

impl<'a> Mode<'a> {
    fn of(portal: &'a Portal) -> Self {
        match (portal.public_url.scheme(), &portal.cookie.domain) {
            ("https", None) => Mode::Host,
            ("https", Some(domain)) => Mode::Domain(domain),
            // The configuration admits plain http on loopback only.
            (_, None | Some(_)) => Mode::Loopback,
        }
    }

    /// What the name of a cookie begins with.
    fn prefix(&self) -> &'static str {
        match self {
            Mode::Host => HOST_PREFIX,
            Mode::Domain(_) | Mode::Loopback => "",
        }
    }
}

/// The full name of a portal's session cookie.
pub fn session_cookie_name(portal: &Portal) -> String {
    full_name(&Mode::of(portal), &portal.cookie.name)
}

fn full_name(mode: &Mode<'_>, name: &str) -> String {
    [mode.prefix(), name].concat()
}

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

/// Of a cookie that no other host needs.
fn own_mode(portal: &Portal) -> Mode<'_> {
    match Mode::of(portal) {
        Mode::Host | Mode::Domain(_) => Mode::Host,
        Mode::Loopback => Mode::Loopback,
    }
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

/// The cookies of a request that tell of sessions.
#[derive(Default)]
pub struct Sent {
    /// Each portal session's text.
    pub sessions: Vec<(Arc<Portal>, String)>,
    /// Anyone can write one: it is checked against the catalog where it is used.
    pub hint: Option<Hint>,
}

/// Reads them in one pass. Of a session's cookie only the exact name counts: a sibling host could plant one without
/// the prefix. Of two that bear one name, the first counts.
pub fn sent(headers: &HeaderMap, catalog: &Catalog) -> Sent {
    let mut sent = Sent::default();
    for cookie in all(headers) {
        if cookie.name() == HINT_NAME {
            sent.hint = sent.hint.or_else(|| Some(hint(cookie.value())));
            continue;
        }
        let (prefix, bare) = match cookie.name().strip_prefix(HOST_PREFIX) {
            Some(bare) => (HOST_PREFIX, bare),
            None => ("", cookie.name()),
        };
        let portal = catalog.portal_of_cookie(bare).filter(|portal| Mode::of(portal).prefix() == prefix);
        if let Some(portal) = portal
            && !sent.sessions.iter().any(|(other, _)| other.slug == portal.slug)
        {
            sent.sessions.push((portal.clone(), cookie.value().to_owned()));
        }
    }
    sent
}

fn hint(value: &str) -> Hint {
    let (slug, url) = match value.split_once('.') {
        Some((slug, url)) => (slug, Some(url)),
        None => (value, None),
    };
    let decode = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let return_url = url.and_then(decode).and_then(|text| parse_http_url(&text).ok());
    Hint { slug: slug.to_owned(), return_url }
}

/// The landing pass that a request carries. Only the exact name counts: a neighbour host could plant one without
/// the prefix, and know its nonce.
pub fn sent_pass(headers: &HeaderMap, portal: &Portal) -> Option<LandingPass> {
    let name = full_name(&own_mode(portal), PASS_NAME);
    let cookie = all(headers).find(|cookie| cookie.name() == name)?;
    LandingPass::parse(cookie.value()).ok()
}

/// The count of bounces that a request carries, as it is. Whoever plants one gains nothing: a page in the place of
/// a redirect.
pub fn sent_bounces(headers: &HeaderMap) -> Option<String> {
    let prefixed = format!("{HOST_PREFIX}{BOUNCES_NAME}");
    let find = |name: &str| all(headers).find(|cookie| cookie.name() == name);
    find(&prefixed).or_else(|| find(BOUNCES_NAME)).map(|cookie| cookie.value().to_owned())
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let lines = headers.get_all(COOKIE).map(HeaderValue::as_bytes);
    // Pair by pair: a script's cookie that is no ASCII, or no text at all, must not hide the session beside it.
    let pairs = lines.flat_map(|line| line.split(|&byte| byte == b';'));
    pairs.filter_map(|pair| Cookie::parse(std::str::from_utf8(pair).ok()?).ok())
}

#[cfg(test)]
#[path = "cookie_tests.rs"]
mod tests;
