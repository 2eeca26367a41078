//! Who asks, and in which form the answer serves them: the one place that chooses redirect or problem.
//!
//! Owns: reading `Accept`, `Sec-Fetch-Mode` and the original method behind a proxy.
//! Must not know: any endpoint. (A hosted page is the third form; it will be chosen here too.)

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderName};
use url::Url;

use crate::domain::error::Error;

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");

/// How a refusal is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// The browser goes home.
    Redirect(Url),
    /// The program reads what is wrong.
    Problem,
}

/// A person's navigation goes home if there is one and the error is about the session; all else is a problem.
/// An outage has no home: it is not a logout.
pub fn form_of(error: &Error, method: &Method, headers: &HeaderMap) -> Form {
    match &error.home {
        Some(home) if is_navigation(method, headers) => Form::Redirect(home.clone()),
        Some(_) | None => Form::Problem,
    }
}

/// Whether the request, or the one that a proxy asks about, loads a page. Browsers say so themselves since
/// 2023; older ones are known by a GET that asks for HTML.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
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
    use crate::domain::error::Code;

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
    fn an_outage_never_redirects() {
        let navigation = headers(&[("sec-fetch-mode", "navigate")]);
        let error = Error::new(Code::ServiceUnavailable);
        assert_eq!(form_of(&error, &Method::GET, &navigation), Form::Problem);
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
