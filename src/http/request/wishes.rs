//! What a client wants: a page or an answer for a program, now or ahead of time, in which media type.
//!
//! Owns: reading `Accept`, Fetch Metadata and the original method behind a proxy.
//! Must not know: what the client gets.

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName, ORIGIN};

/// Where a request comes from, as the browser itself says it (Fetch Metadata).
pub const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_USER: HeaderName = HeaderName::from_static("sec-fetch-user");
const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");

/// Whether script of a web page may read the answer: then it must not see a token. Not by `Sec-Fetch-Mode`:
/// the fetch of Node sends it from servers.
pub fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE)
}

/// Whether a page is fetched ahead of time, for nobody yet.
pub fn is_prefetch(headers: &HeaderMap) -> bool {
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

/// Whether a person came here by a click on a page, as far as a browser can vouch for that. An address that
/// was opened from outside (`Sec-Fetch-Site: none`) does not count: it is what a person in a mail program
/// looks like, but also a scanner that runs a whole browser.
pub fn is_click(headers: &HeaderMap) -> bool {
    let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|sent| sent == value);
    is(&FETCH_MODE, "navigate") && is(&FETCH_USER, "?1") && !is(&FETCH_SITE, "none")
}

/// Whether the request, or the one that a proxy asks about, loads a page. Browsers say so themselves since
/// 2023; older ones are known by a GET that asks for HTML.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get(FETCH_MODE) {
        return mode == "navigate";
    }
    let is_get = headers.get(FORWARDED_METHOD).map_or(method == Method::GET, |method| method == "GET");
    is_get && accepts(headers, "text/html")
}

/// Plain JSON for a client that asks for it and does not know problem+json.
pub fn wants_plain_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !accepts(headers, "application/problem+json")
}

/// Whether `Accept` names this media type and does not refuse it.
pub fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    // `to_str` lets visible ASCII, spaces and tabs pass: `trim` finds no other white space.
    let values = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media_type));
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn navigations() {
        const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        type Row = (&'static str, &'static [(&'static str, &'static str)], bool);
        let table: &[Row] = &[
            ("GET", &[("sec-fetch-mode", "navigate")], true),
            ("POST", &[("sec-fetch-mode", "navigate")], true),
            ("GET", &[("sec-fetch-mode", "cors"), HTML], false),
            ("GET", &[("sec-fetch-mode", "no-cors"), HTML], false),
            ("GET", &[HTML], true),
            ("POST", &[HTML], false),
            ("GET", &[HTML, ("x-forwarded-method", "POST")], false),
            ("POST", &[HTML, ("x-forwarded-method", "GET")], true),
            ("GET", &[("accept", "application/json")], false),
            ("GET", &[("accept", "*/*")], false),
            ("GET", &[("accept", "text/html;q=0")], false),
            ("GET", &[], false),
        ];
        for (method, pairs, expected) in table {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(is_navigation(&method, &headers(pairs)), *expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn prefetches() {
        let table = [
            ("sec-purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("sec-purpose", "prefetch;anonymous-client-ip", true),
            ("purpose", "prefetch", true),
            ("purpose", "Preview", true),
            ("x-purpose", "preview", true),
            ("x-moz", "prefetch", true),
            ("next-router-prefetch", "1", true),
            ("sec-purpose", "", false),
            ("sec-fetch-mode", "navigate", false),
        ];
        for (name, value, expected) in table {
            assert_eq!(is_prefetch(&headers(&[(name, value)])), expected, "{name}: {value}");
        }
    }

    #[test]
    fn clicks() {
        const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");
        const USER: (&str, &str) = ("sec-fetch-user", "?1");
        type Row = (&'static [(&'static str, &'static str)], bool);
        let table: &[Row] = &[
            (&[NAVIGATE, USER, ("sec-fetch-site", "cross-site")], true),
            (&[NAVIGATE, USER, ("sec-fetch-site", "same-origin")], true),
            (&[NAVIGATE, USER], true),
            (&[NAVIGATE, USER, ("sec-fetch-site", "none")], false),
            (&[NAVIGATE, ("sec-fetch-site", "cross-site")], false),
            (&[NAVIGATE, ("sec-fetch-user", "?0")], false),
            (&[USER, ("sec-fetch-mode", "cors")], false),
            (&[("accept", "text/html")], false),
            (&[], false),
        ];
        for (pairs, expected) in table {
            assert_eq!(is_click(&headers(pairs)), *expected, "{pairs:?}");
        }
    }

    #[test]
    fn plain_json_only_for_who_asks_for_it() {
        let table = [
            ("application/json", true),
            ("application/json, text/plain, */*", true),
            ("application/json;q=0.9", true),
            ("application/problem+json, application/json", false),
            ("application/json;q=0", false),
            ("*/*", false),
            ("text/html", false),
        ];
        for (accept, expected) in table {
            assert_eq!(wants_plain_json(&headers(&[("accept", accept)])), expected, "{accept}");
        }
    }
}
