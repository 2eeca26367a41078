//! Reads the body of a request, JSON or a form: its type, size, time and syntax, then its fields.
//!
//! Owns: the limits of API.md section 1, and that all faults of a body are reported at once.
//! Must not know: any endpoint's fields.

use std::fmt::Display;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use serde_json::Value;
use smol_str::SmolStr;

use super::media_type::is_of_type;
use crate::domain::error::{Code, Error};
use crate::domain::invalid::{Faults, Invalid};
use crate::fields::json::{self, Document, Root};
use crate::fields::{Fields, Object, object};

const MAX_BYTES: usize = 16 * 1024;
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Time for the answer to a late request to be sent.
const LINGER: Duration = Duration::from_secs(1);
/// Some clients begin a text with it. In UTF-8 it has no meaning.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
const FIX: &str = "Send one JSON object, complete and in UTF-8.";

/// A request of which a part could not be read.
pub fn unreadable(location: &str, message: impl Into<String>, fix: &str) -> Error {
    let faults = vec![Invalid::new(message, fix).at(location)];
    Error { faults, ..Error::new(Code::RequestBodyUnreadable) }
}

/// The JSON object of a request.
#[derive(Default)]
pub struct Body {
    fields: Vec<(SmolStr, Value)>,
    repeated: Faults,
    text: Bytes,
}

impl Body {
    /// One field as it was written, without white space.
    pub fn text_of(&self, name: &str) -> Option<String> {
        json::text_of(&self.text, name)
    }
}

/// Reads the body of a request. An empty one is an object without fields.
pub async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Body, Error> {
    let is_json = is_of_type(request, "application/json")?;
    let mut text = read_bytes(request, payload).await?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text = text.slice(BYTE_ORDER_MARK.len()..);
    }
    if text.is_empty() {
        return Ok(Body::default());
    }
    if !is_json {
        return Err(Error::new(Code::UnsupportedMediaType));
    }
    let document = read_json(&text)?;
    match document.value {
        Root::Object(fields) => Ok(Body { fields, repeated: document.repeated, text }),
        Root::Other(value) => {
            let fault = object(&value).err().map(|invalid| invalid.at("body"));
            Err(Error::invalid(fault.into_iter().collect::<Vec<_>>()))
        }
    }
}

fn read_json(text: &[u8]) -> Result<Document, Error> {
    let unreadable =
        |why: &dyn Display| unreadable("body", format!("The body is no valid JSON: {why}."), FIX);
    // Looked at once as a whole, and not once more for every string in it.
    let text = std::str::from_utf8(text).map_err(|error| unreadable(&error))?;
    json::read(text, "body").map_err(|error| unreadable(&error))
}

/// Reads the body of a request that has no fields.
pub async fn read_nothing(request: &HttpRequest, payload: web::Payload) -> Result<(), Error> {
    let body = read(request, payload).await?;
    // Mostly there is none at all.
    if body.text.is_empty() { Ok(()) } else { fields(&body, |_| Some(())) }
}

async fn read_bytes(request: &HttpRequest, payload: web::Payload) -> Result<Bytes, Error> {
    let mut payload = payload.into_inner();
    if matches!(payload, Payload::None) {
        return Ok(Bytes::new());
    }
    // Who says at once that it is too much need not send it, nor wait for the end of its time.
    if declared_bytes(request).is_some_and(|bytes| bytes > MAX_BYTES) {
        return Err(Error::new(Code::RequestBodyTooLarge));
    }
    match tokio::time::timeout(MAX_WAIT, collect(&mut payload)).await {
        Ok(result) => result,
        Err(_) => {
            // actix would drain an abandoned body in chunks without any limit, so the client could hold the connection
            // as long as it likes. If the body is still being read when the answer is sent, the connection is closed.
            actix_web::rt::spawn(async move {
                tokio::time::sleep(LINGER).await;
                drop(payload);
            });
            Err(Error::new(Code::RequestTimeout))
        }
    }
}

/// The codec has refused a request whose `Content-Length` is no number.
fn declared_bytes(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// (`Payload::to_bytes_limited` would allocate 32 KiB for every request, even for one without a body.)
async fn collect(payload: &mut Payload) -> Result<Bytes, Error> {
    let Some(first) = next_chunk(payload, 0).await? else { return Ok(Bytes::new()) };
    // Mostly there is only one, which is taken as it is.
    let Some(second) = next_chunk(payload, first.len()).await? else { return Ok(first) };
    let mut bytes = [first, second].concat();
    while let Some(chunk) = next_chunk(payload, bytes.len()).await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

async fn next_chunk(payload: &mut Payload, bytes_before: usize) -> Result<Option<Bytes>, Error> {
    let Some(chunk) = payload.next().await else { return Ok(None) };
    let chunk =
        chunk.map_err(|_| unreadable("body", "The body broke off or its encoding is broken.", FIX))?;
    if bytes_before + chunk.len() > MAX_BYTES {
        return Err(Error::new(Code::RequestBodyTooLarge));
    }
    Ok(Some(chunk))
}

/// The fields of a form. A missing one is empty; a name that is sent twice is a fault.
pub async fn read_form<const N: usize>(
    request: &HttpRequest,
    payload: web::Payload,
    names: [&str; N],
) -> Result<[String; N], Error> {
    const FORM: &str = "application/x-www-form-urlencoded";
    if !is_of_type(request, FORM)? {
        let error = Error::new(Code::UnsupportedMediaType);
        return Err(error.with_detail(format!("Send a form. Its header is Content-Type: {FORM}")));
    }
    let bytes = read_bytes(request, payload).await?;
    let mut faults = Vec::new();
    let values = names.map(|name| {
        let mut found = url::form_urlencoded::parse(&bytes).filter(|(key, _)| key == name);
        let first = found.next().map(|(_, value)| value.into_owned()).unwrap_or_default();
        if found.next().is_some() {
            let fault = Invalid::new("The form has the field twice.", "Send each field once.");
            faults.push(fault.at(format!("body.{name}")));
        }
        first
    });
    if faults.is_empty() { Ok(values) } else { Err(Error::invalid(faults)) }
}

/// Reads all fields with `read`; any fault among them, or an unknown field, fails the request.
pub fn fields<'b, T>(
    body: &'b Body,
    read: impl FnOnce(&mut Fields<'b, '_>) -> Option<T>,
) -> Result<T, Error> {
    let mut faults = body.repeated.clone();
    let mut fields = Fields::new(Object::List(&body.fields), "body", &mut faults);
    let value = read(&mut fields);
    fields.finish();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        Some(_) | None => Err(Error::invalid(faults)),
    }
}
