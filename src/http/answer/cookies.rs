//! Sets and clears cookies: the portal session's and the hint (API.md section 4), where the browser wanted to go
//! (section 12), and two for the gateway's own pages.
//!
//! Owns: their attributes. They are set and cleared in the same place, so that a removal has the attributes it needs.
//! Must not know: when a cookie is set. Their names are in `request::cookies`, which reads them.

use std::borrow::Cow;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::Cookie;

use super::bounces::Bounces;
use crate::domain::credential::BrowserToken;
use crate::domain::landing_pass::LandingPass;
use crate::domain::portal::{Portal, SameSite};
use crate::domain::session::PortalSession;
use crate::http::request::cookies::{
    BOUNCES_NAME, HINT_NAME, Mode, PASS_NAME, full_name, own_mode, resume_cookie_name, sent_values,
    session_cookie_name,
};

const HINT_SECONDS: u64 = 30 * 24 * 60 * 60;
/// As long as the longest life of a ticket.
const PASS_SECONDS: u64 = 15 * 60;
const BOUNCES_SECONDS: u64 = 60;
/// Few cookies are longer with their attributes.
const USUAL_BYTES: usize = 256;

/// The value of a `Set-Cookie`.
pub struct SetCookie(String);

impl SetCookie {
    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The cookies of a session that has just begun.
pub fn begin(portal: &Portal, session: &PortalSession, token: &BrowserToken) -> [SetCookie; 2] {
    let life_ms =
        session.exchanged_at_ms.map_or(0, |begun_at_ms| session.expires_at_ms.saturating_sub(begun_at_ms));
    let slug = portal.slug.as_str();
    let hint = match &session.grant.return_url {
        Some(url) => Cow::from([slug, ".", &URL_SAFE_NO_PAD.encode(url.as_str())].concat()),
        None => Cow::from(slug),
    };
    [
        build(portal, &session_cookie_name(portal), token.expose(), life_ms / 1_000),
        build(portal, HINT_NAME, &hint, HINT_SECONDS),
    ]
}

/// The cookie that ties a landing page's form to its browser.
pub fn landing_pass(portal: &Portal, pass: &LandingPass) -> SetCookie {
    build_own(portal, PASS_NAME, pass.expose(), PASS_SECONDS)
}

/// The cookie that counts how often a browser was sent home lately.
pub fn bounces(portal: &Portal, bounces: &Bounces) -> SetCookie {
    build_own(portal, BOUNCES_NAME, &bounces.text(), BOUNCES_SECONDS)
}

/// The cookie of where the browser wanted to go; without a life, its removal. Bound as the session's cookie is: the
/// host that sends a browser home may be another one than the host where it signs in.
pub fn resume(portal: &Portal, text: &str, life_seconds: u64) -> SetCookie {
    let scope = Scope::of(portal, &Mode::of(portal));
    build_as(&scope, same_site_of_navigations(portal), (&resume_cookie_name(portal), text), life_seconds)
}

/// The removal of both cookies.
pub fn end(portal: &Portal) -> [SetCookie; 2] {
    [&session_cookie_name(portal), HINT_NAME].map(|name| build(portal, name, "", 0))
}

/// Removes cookies that an earlier configuration of this portal, or an older system, left in this browser under the
/// session's names: every form but the present one, if the browser sent a value that is not `known` to belong to the
/// present one. The removals go before the new cookies: to a browser that does not know `Partitioned`, some of them are
/// the same cookie.
pub fn leftovers(portal: &Portal, headers: &HeaderMap, known: impl Fn(&str) -> bool) -> Vec<SetCookie> {
    if !headers.contains_key(COOKIE) {
        return Vec::new();
    }
    let mode = Mode::of(portal);
    let (present_name, present) = (session_cookie_name(portal), Scope::of(portal, &mode));
    let bare = portal.cookie.name.as_str();
    let domains = match mode {
        Mode::Host | Mode::Domain(_) => parents(portal.public_url.domain().unwrap_or_default()),
        // Without https there is only one form.
        Mode::Loopback => return Vec::new(),
    };
    let prefixed = full_name(&Mode::Host, bare);
    let mut places = vec![(prefixed.as_str(), None), (bare, None)];
    places.extend(domains.map(|domain| (bare, Some(domain))));
    places.retain(|(name, _)| match sent_values(headers, name).as_slice() {
        [] => false,
        [one] => *name != present_name || !known(one),
        [_, _, ..] => true,
    });
    let forms = places.into_iter().flat_map(|(name, domain)| {
        [false, true].map(|partitioned| (name, Scope { domain, secure: true, partitioned }))
    });
    let others = forms.filter(|(name, scope)| (*name, scope) != (&*present_name, &present));
    let removal = |(name, scope): (&str, Scope<'_>)| build_as(&scope, portal.cookie.same_site, (name, ""), 0);
    others.map(removal).collect()
}

/// A host and its parent domains, for which its cookies may have been set.
fn parents(host: &str) -> impl Iterator<Item = &str> {
    let above = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
    std::iter::once(host).chain(above).filter(|domain| domain.contains('.'))
}

/// Adds a `Set-Cookie` to a response.
pub fn add(response: &mut HttpResponse, cookie: SetCookie) {
    // Names and values consist of visible ASCII.
    if let Ok(value) = HeaderValue::try_from(cookie.0) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn build(portal: &Portal, name: &str, value: &str, life_seconds: u64) -> SetCookie {
    build_as(&Scope::of(portal, &Mode::of(portal)), portal.cookie.same_site, (name, value), life_seconds)
}

fn build_own(portal: &Portal, name: &str, value: &str, life_seconds: u64) -> SetCookie {
    let mode = own_mode(portal);
    let name = full_name(&mode, name);
    build_as(&Scope::of(portal, &mode), same_site_of_navigations(portal), (&name, value), life_seconds)
}

/// Never `Strict`: such cookies are read after navigations across sites.
fn same_site_of_navigations(portal: &Portal) -> SameSite {
    match portal.cookie.same_site {
        SameSite::Lax | SameSite::Strict => SameSite::Lax,
        SameSite::None => SameSite::None,
    }
}

/// The attributes by which a browser tells cookies of the same name apart, and `Secure`, which they share.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Scope<'a> {
    domain: Option<&'a str>,
    secure: bool,
    partitioned: bool,
}

impl<'a> Scope<'a> {
    fn of(portal: &Portal, mode: &Mode<'a>) -> Self {
        let (domain, secure) = match mode {
            Mode::Host => (None, true),
            Mode::Domain(domain) => (Some(*domain), true),
            Mode::Loopback => (None, false),
        };
        Scope { domain, secure, partitioned: portal.cookie.partitioned }
    }
}

fn build_as(
    scope: &Scope<'_>,
    same_site: SameSite,
    (name, value): (&str, &str),
    life_seconds: u64,
) -> SetCookie {
    let mut text = String::with_capacity(USUAL_BYTES);
    text.extend([
        name,
        "=",
        value,
        &attributes(scope, same_site),
        "; Max-Age=",
        itoa::Buffer::new().format(life_seconds),
    ]);
    SetCookie(text)
}

/// All but the life.
fn attributes(scope: &Scope<'_>, same_site: SameSite) -> Cow<'static, str> {
    /// Of the cookies without a domain, written once.
    static USUAL: LazyLock<Vec<(Scope<'static>, SameSite, String)>> = LazyLock::new(|| {
        let same_sites = [SameSite::Lax, SameSite::Strict, SameSite::None];
        let scopes = [(true, false), (true, true), (false, false), (false, true)]
            .map(|(secure, partitioned)| Scope { domain: None, secure, partitioned });
        let all = same_sites.into_iter().flat_map(|same_site| scopes.map(|scope| (scope, same_site)));
        all.map(|(scope, same_site)| (scope, same_site, write_attributes(&scope, same_site))).collect()
    });
    let usual = USUAL.iter().find(|(other, site, _)| other == scope && *site == same_site);
    usual.map_or_else(|| write_attributes(scope, same_site).into(), |(_, _, text)| text.as_str().into())
}

fn write_attributes(scope: &Scope<'_>, same_site: SameSite) -> String {
    let same_site = match same_site {
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::None => cookie::SameSite::None,
    };
    let mut cookie = Cookie::build("").path("/").http_only(true).same_site(same_site);
    if scope.secure {
        cookie = cookie.secure(true);
    }
    if let Some(domain) = scope.domain {
        cookie = cookie.domain(domain);
    }
    if scope.partitioned {
        cookie = cookie.partitioned(true);
    }
    // Of a cookie without a name and a value.
    cookie.to_string().split_off("=".len())
}

#[cfg(test)]
#[path = "cookies_tests.rs"]
mod tests;
