//! What a client wants: a page or an answer for a program, now or in advance, and in which media type.
//!
//! Owns: reading `Accept`, Fetch Metadata and the original method behind a proxy.
//! Must not know: what the client gets.

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use crate::domain::history::LooksLike;

/// Where a request comes from, as the browser itself says it (Fetch Metadata).
pub const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_USER: HeaderName = HeaderName::from_static("sec-fetch-user");
const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
/// The headers that libraries send with every page they load by script.
const LIBRARIES: [&str; 5] = ["hx-request", "turbo-frame", "x-inertia", "x-pjax", "x-turbo-request-id"];

/// Whether a script on a web page may read the answer; then it must not contain a token. `Sec-Fetch-Mode` does not
/// tell: Node's fetch sends it from servers.
pub fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE)
}

/// Whether a page is prefetched, for nobody yet.
fn is_prefetch(headers: &HeaderMap) -> bool {
    let says = |name: &'static str, word: &str| {
        let mut values =
            headers.get_all(HeaderName::from_static(name)).filter_map(|value| value.to_str().ok());
        values.any(|value| value.to_ascii_lowercase().contains(word))
    };
    says("sec-purpose", "prefetch")
        || says("purpose", "prefetch")
        || says("purpose", "preview")
        || says("x-purpose", "preview")
        || says("x-moz", "prefetch")
        || headers.contains_key("next-router-prefetch")
}

/// Whether a person came here by a click on a page, as far as a browser can vouch for it. An address that was opened
/// from outside (`Sec-Fetch-Site: none`) does not count: a click in a mail program looks like that, but so does a
/// scanner that runs a whole browser.
pub fn is_click(headers: &HeaderMap) -> bool {
    let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|sent| sent == value);
    is(&FETCH_MODE, "navigate") && is(&FETCH_USER, "?1") && !is(&FETCH_SITE, "none")
}

/// What asks for a landing page. Browsers name the mode of every navigation; mail scanners and link previews seldom do.
pub fn looks_like(headers: &HeaderMap) -> LooksLike {
    let navigates = headers.get(&FETCH_MODE).is_some_and(|mode| mode == "navigate");
    if navigates { LooksLike::Browser } else { LooksLike::Scanner }
}

/// Who waits for the answer to a request, or to the one that a proxy asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A person whose browser loads a page.
    Person,
    /// A page's script, through htmx.
    Htmx,
    /// A page's script, through Inertia.
    Inertia,
    /// A page's script, through Turbo, for a part of the page.
    TurboFrame,
    /// Any other program.
    Program,
    /// Nobody yet: a page is prefetched.
    Nobody,
}

/// Determined by the headers that browsers and libraries send.
pub fn waiting(method: &Method, headers: &HeaderMap) -> Waiting {
    if is_prefetch(headers) {
        Waiting::Nobody
    } else if is_navigation(method, headers) {
        Waiting::Person
    } else if headers.contains_key("x-inertia") {
        Waiting::Inertia
    } else if headers.contains_key("hx-request") {
        Waiting::Htmx
    } else if headers.contains_key("turbo-frame") {
        Waiting::TurboFrame
    } else {
        Waiting::Program
    }
}

/// Whether the request, or the one that a proxy asks about, loads a page. Browsers have said so themselves since
/// 2023. For older ones it is a GET that asks for HTML and does not come from a script.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get(FETCH_MODE) {
        return mode == "navigate";
    }
    if is_scripts(headers) {
        return false;
    }
    let is_get = headers.get(FORWARDED_METHOD).map_or(method == Method::GET, |method| method == "GET");
    is_get && accepts(headers, "text/html")
}

/// Whether a library says that it loads the page by script. A navigation has none of these headers. (Android's WebViews
/// send `X-Requested-With` with navigations too, but it holds the name of the application.)
fn is_scripts(headers: &HeaderMap) -> bool {
    let by_ajax = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest");
    LIBRARIES.iter().any(|name| headers.contains_key(*name))
        || headers.get_all("x-requested-with").any(by_ajax)
}

/// Plain JSON for a client that asks for it and does not know problem+json.
pub fn wants_plain_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !accepts(headers, "application/problem+json")
}

/// Whether `Accept` names this media type and does not refuse it.
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    // `to_str` accepts only visible ASCII, spaces and tabs, so `trim` finds no other white space.
    let values = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type));
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}

#[cfg(test)]
#[path = "wishes_tests.rs"]
mod tests;
