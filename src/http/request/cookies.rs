//! The cookies that a browser sends: the portal sessions, the hint, and two of the gateway's own pages.
//!
//! Owns: the names of all cookies, and reading them. The mode decides prefix, `Secure` and `Domain` together, so that
//! an insecure combination cannot be spelled.
//! Must not know: how a cookie is set (`answer::cookies`), or whether what it holds is any good.

use std::sync::Arc;

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::Cookie;

use crate::domain::catalog::{Catalog, Portal};
use crate::domain::landing_pass::LandingPass;
use crate::domain::presented::Hint;
use crate::domain::return_url::parse_http_url;

const HOST_PREFIX: &str = "__Host-";
/// Of the hint.
pub const HINT_NAME: &str = "portal_hint";
/// Of the landing pass, without its prefix.
pub const PASS_NAME: &str = "portal_landing";
/// Of the count of bounces, without its prefix.
pub const BOUNCES_NAME: &str = "portal_bounces";

/// How a portal's cookies are bound to their host.
pub enum Mode<'a> {
    /// https, this host alone: the browser itself enforces it by the prefix.
    Host,
    /// https, shared with the hosts of a domain.
    Domain(&'a str),
    /// http on localhost, for trials: Safari drops `Secure` cookies there.
    Loopback,
}

impl<'a> Mode<'a> {
    /// Decided by where browsers reach the gateway for this portal.
    pub fn of(portal: &'a Portal) -> Self {
        match (portal.public_url.scheme(), &portal.cookie.domain) {
            ("https", None) => Mode::Host,
            ("https", Some(domain)) => Mode::Domain(domain),
            // The configuration admits plain http on loopback only.
            (_, None | Some(_)) => Mode::Loopback,
        }
    }

    /// What the name of a cookie begins with.
    pub fn prefix(&self) -> &'static str {
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

/// With the prefix that the mode gives it.
pub fn full_name(mode: &Mode<'_>, name: &str) -> String {
    [mode.prefix(), name].concat()
}

/// Of a cookie that no other host needs.
pub fn own_mode(portal: &Portal) -> Mode<'_> {
    match Mode::of(portal) {
        Mode::Host | Mode::Domain(_) => Mode::Host,
        Mode::Loopback => Mode::Loopback,
    }
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
