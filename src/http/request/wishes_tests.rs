//! Who waits for an answer, and what for, header by header.

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
        ("GET", &[HTML, ("x-requested-with", "XMLHttpRequest")], false),
        ("GET", &[HTML, ("x-requested-with", "xmlhttprequest")], false),
        // Android's WebView, with a person in front of it.
        ("GET", &[HTML, ("x-requested-with", "com.example.app")], true),
        ("GET", &[HTML, ("hx-request", "true")], false),
        ("GET", &[HTML, ("turbo-frame", "cart")], false),
        ("GET", &[HTML, ("x-turbo-request-id", "1")], false),
        ("GET", &[HTML, ("x-inertia", "true")], false),
        ("GET", &[HTML, ("x-pjax", "true")], false),
        ("GET", &[], false),
    ];
    for (method, pairs, expected) in table {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        assert_eq!(is_navigation(&method, &headers(pairs)), *expected, "{method} {pairs:?}");
    }
}

#[test]
fn who_waits() {
    const HTML: (&str, &str) = ("accept", "text/html, application/xhtml+xml");
    type Row = (&'static [(&'static str, &'static str)], Waiting);
    let table: &[Row] = &[
        (&[HTML], Waiting::Person),
        (&[("sec-fetch-mode", "navigate"), ("hx-request", "true")], Waiting::Person),
        (&[HTML, ("hx-request", "true")], Waiting::Htmx),
        (&[("sec-fetch-mode", "cors"), ("hx-request", "true"), ("hx-boosted", "true")], Waiting::Htmx),
        (&[("sec-fetch-mode", "cors"), ("x-inertia", "true")], Waiting::Inertia),
        (&[HTML, ("x-inertia", "true"), ("x-requested-with", "XMLHttpRequest")], Waiting::Inertia),
        (&[HTML, ("turbo-frame", "cart")], Waiting::TurboFrame),
        (&[HTML, ("x-turbo-request-id", "1")], Waiting::Program),
        (&[HTML, ("x-pjax", "true")], Waiting::Program),
        (&[], Waiting::Program),
        (&[("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender")], Waiting::Nobody),
        (&[HTML, ("purpose", "prefetch")], Waiting::Nobody),
    ];
    for (pairs, expected) in table {
        assert_eq!(waiting(&Method::GET, &headers(pairs)), *expected, "{pairs:?}");
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
