//! Which browser a request of the playground comes from.
//!
//! Owns: the cookie by which the demo app and the demo portal know a browser again, and whose turn it is now.
//! Must not know: what is told to whom. It protects nothing: it keeps the stories of two browsers apart.

use actix_web::http::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use cookie::{Cookie, SameSite};

use crate::domain::base62::random_text;

/// Cookies are shared between ports, so both demo servers find it.
const NAME: &str = "demo_visitor";
/// What somebody writes into the cookie by hand must not fill the memory.
const MAX_CHARS: usize = 64;

tokio::task_local! {
    /// Of the request that is being answered.
    pub static VISITOR: String;
}

/// The browser whose request is being answered; empty if it has no cookie.
pub fn visitor() -> String {
    VISITOR.try_with(Clone::clone).unwrap_or_default()
}

/// Whose cookie comes along; empty if there is none.
pub fn sent(headers: &HeaderMap) -> String {
    let lines = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).filter_map(Result::ok);
    let sent = cookies.find(|cookie| cookie.name() == NAME && cookie.value().len() <= MAX_CHARS);
    sent.map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

/// A page makes its browser known, if it is not.
pub fn introduce(visitor: &str, answer: &mut HeaderMap) {
    let is_page = answer.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !visitor.is_empty() || !is_page {
        return;
    }
    let cookie = Cookie::build((NAME, random_text())).path("/").http_only(true).same_site(SameSite::Lax);
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        answer.append(SET_COOKIE, value);
    }
}
