//! What the head says about the body: its media type, its charset and its coding.
//!
//! Owns: that a body is read only as the type it claims to be. Guessing would read something that the sender did not
//! mean.
//! Must not know: the body.

use std::collections::HashSet;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::{HttpMessage, HttpRequest};

use crate::domain::error::{Code, Error};

/// Whether the head names the wanted type; `false` if it names none. Any other type is refused at once: another
/// site's form can send `text/plain` without a preflight.
pub fn is_of_type(request: &HttpRequest, wanted: &str) -> Result<bool, Error> {
    check_coding(request.headers())?;
    let refused = |detail: String| Err(Error::new(Code::UnsupportedMediaType).with_detail(detail));
    let mut sent = request.headers().get_all(CONTENT_TYPE);
    let Some(first) = sent.next() else {
        return Ok(false);
    };
    if sent.next().is_some() {
        return refused("Send the header Content-Type once.".to_owned());
    }
    // As nearly everybody sends it: there is nothing to parse.
    if first.as_bytes() == wanted.as_bytes() {
        return Ok(true);
    }
    let Ok(named) = request.mime_type() else {
        return refused(format!("The header Content-Type cannot be read. Send Content-Type: {wanted}"));
    };
    let Some(named) = named else {
        return Ok(false);
    };
    if named.essence_str() != wanted {
        return refused(format!("The header Content-Type names another type. Send Content-Type: {wanted}"));
    }
    // Which one counts is for each reader to say. (A set, as a stranger may send thousands.)
    let mut seen = HashSet::new();
    if !named.params().all(|(name, _)| seen.insert(name)) {
        return refused("The header Content-Type has a parameter twice. Send each once.".to_owned());
    }
    let is_utf8 =
        |charset: &str| charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8");
    if named.get_param("charset").is_some_and(|charset| !is_utf8(charset.as_str())) {
        let detail = "The header Content-Type names a charset other than utf-8. Send the body in UTF-8.";
        return refused(detail.to_owned());
    }
    Ok(true)
}

fn check_coding(headers: &HeaderMap) -> Result<(), Error> {
    let is_plain = |value: &[u8]| {
        let mut codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
    };
    if headers.get_all(CONTENT_ENCODING).all(|value| is_plain(value.as_bytes())) {
        return Ok(());
    }
    let detail = "The header Content-Encoding is set. Send the body without compression.";
    Err(Error::new(Code::UnsupportedMediaType).with_detail(detail))
}
