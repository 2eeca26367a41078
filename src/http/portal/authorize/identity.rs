//! What the portal behind a proxy is told about a session: the `Portal-*` headers.
//!
//! Owns: their names and values. All of them are always set, empty if there is no value, so that a proxy that copies
//! them overwrites what a client sent.
//! Must not know: who is let through.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::domain::messages::CurrentSession;

/// A header's name, and how to make its value.
pub type Told = (HeaderName, fn(&CurrentSession) -> HeaderValue);

/// Everything but visible ASCII, and `%` itself.
const NOT_VISIBLE: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

const fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

static ALWAYS: [Told; 8] = [
    (name("portal-session-id"), |current| encoded(&current.session.handle.text())),
    (name("portal-slug"), |current| encoded(&current.session.grant.slug)),
    (name("portal-external-id"), |current| encoded(&current.session.grant.external_id)),
    (name("portal-organization-id"), |current| {
        encoded(current.session.grant.external_organization_id.as_deref().unwrap_or_default())
    }),
    (name("portal-permissions"), |current| {
        let permissions = current.session.grant.permissions.iter();
        encoded(&permissions.map(|permission| permission.as_str()).collect::<Vec<_>>().join(","))
    }),
    (name("portal-environment"), |current| {
        HeaderValue::from_static(current.session.grant.environment.name())
    }),
    (name("portal-preview"), |current| {
        HeaderValue::from_static(if current.session.grant.preview { "true" } else { "false" })
    }),
    (name("portal-expires-at"), |current| HeaderValue::from(current.session.expires_at_ms)),
];

/// What is told where the query asks for it, by the query's word.
pub static ON_REQUEST: [(&str, Told); 2] = [
    (
        "email",
        (name("portal-email"), |current| encoded(current.session.grant.email.as_deref().unwrap_or_default())),
    ),
    (
        "metadata",
        (name("portal-metadata"), |current| {
            encoded(current.session.grant.metadata.as_deref().unwrap_or_default())
        }),
    ),
];

const ASSERTION: HeaderName = HeaderName::from_static("portal-assertion");

/// A live session's.
pub fn of(current: &CurrentSession, with: &[&'static Told]) -> HttpResponse {
    answer(with, |told| told(current))
}

/// Nobody's.
pub fn of_nobody(with: &[&'static Told]) -> HttpResponse {
    answer(with, |_| HeaderValue::from_static(""))
}

/// Adds the signed token that says the same; an empty one for nobody.
pub fn assert(response: &mut HttpResponse, token: &str) {
    // Its characters are those of base64url and the dot.
    if let Ok(value) = HeaderValue::from_str(token) {
        response.headers_mut().insert(ASSERTION, value);
    }
}

fn answer(
    with: &[&'static Told],
    value_of: impl Fn(fn(&CurrentSession) -> HeaderValue) -> HeaderValue,
) -> HttpResponse {
    let mut response = HttpResponse::Ok().finish();
    for (name, told) in &ALWAYS {
        response.headers_mut().append(name.clone(), value_of(*told));
    }
    for (name, told) in with {
        response.headers_mut().append(name.clone(), value_of(*told));
    }
    response
}

fn encoded(value: &str) -> HeaderValue {
    let value = Cow::from(utf8_percent_encode(value, NOT_VISIBLE));
    // Only visible characters are left, which are valid in every header.
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sessions with such texts can no longer be created, but older ones may have them.
    #[test]
    fn nothing_is_smuggled_into_a_header() {
        for (value, expected) in [
            ("\t\0\u{7f}", "%09%00%7F"),
            ("x\r\nPortal-Permissions: *", "x%0D%0APortal-Permissions:%20*"),
            ("\u{85}\u{202e}", "%C2%85%E2%80%AE"),
        ] {
            assert_eq!(encoded(value), expected);
        }
    }
}
