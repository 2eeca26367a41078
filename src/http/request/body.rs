//! Reads the body of a request, JSON or a form: its type, size, time and syntax, then its fields.
//!
//! Owns: the limits of API.md section 1, and that all faults of a body are reported at once.
//! Must not know: any endpoint's fields.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use serde_json::{Map, Value};

use crate::domain::error::{Code, Error};
use crate::domain::invalid::{Fault, Invalid};
use crate::fields::{Fields, object};

const MAX_BYTES: usize = 16 * 1024;
const MAX_WAIT: Duration = Duration::from_secs(10);
/// For the answer to a late request to leave.
const LINGER: Duration = Duration::from_secs(1);
const FIX: &str = "Send one JSON object, complete and in UTF-8.";

/// A request of which a part could not be read.
pub fn unreadable(location: &str, message: impl Into<String>, fix: &str) -> Error {
    let faults = vec![Invalid::new(message, fix).at(location)];
    Error { faults, ..Error::new(Code::RequestBodyUnreadable) }
}

/// The JSON object of a request. An empty body is an object without fields.
pub async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Map<String, Value>, Error> {
    let is_json = has_type(request, "application/json")?;
    let bytes = read_bytes(payload).await?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if !is_json {
        return Err(Error::new(Code::UnsupportedMediaType));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("The body is no valid JSON at line {}, column {}.", error.line(), error.column());
        unreadable("body", place, FIX)
    })?;
    if let Value::Object(fields) = value {
        return Ok(fields);
    }
    object(&value).cloned().map_err(|invalid| Error::invalid(vec![invalid.at("body")]))
}

async fn read_bytes(payload: web::Payload) -> Result<Vec<u8>, Error> {
    let mut payload = payload.into_inner();
    if matches!(payload, Payload::None) {
        return Ok(Vec::new());
    }
    match tokio::time::timeout(MAX_WAIT, collect(&mut payload)).await {
        Ok(result) => result,
        Err(_) => {
            // An abandoned body in chunks is drained by actix without any limit: the connection would stay for
            // as long as its client likes. One that is still wanted when the answer is out is closed.
            actix_web::rt::spawn(async move {
                tokio::time::sleep(LINGER).await;
                drop(payload);
            });
            Err(Error::new(Code::RequestTimeout))
        }
    }
}

/// (Not `Payload::to_bytes_limited`: it takes 32 KiB for every request, also for one without a body.)
async fn collect(payload: &mut Payload) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|_| unreadable("body", "The body broke off or its encoding is broken.", FIX))?;
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(Error::new(Code::RequestBodyTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The fields of a form, empty where one is missing; of a name that is sent twice, the first.
pub async fn read_form<const N: usize>(
    request: &HttpRequest,
    payload: web::Payload,
    names: [&str; N],
) -> Result<[String; N], Error> {
    if !has_type(request, "application/x-www-form-urlencoded")? {
        let error = Error::new(Code::UnsupportedMediaType);
        return Err(error.with_detail("Send a form as application/x-www-form-urlencoded."));
    }
    let bytes = read_bytes(payload).await?;
    let of = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(&bytes);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Ok(names.map(of))
}

/// Reads all fields with `read`; any fault among them, or an unknown field, fails the request.
pub fn fields<T>(
    body: &Map<String, Value>,
    read: impl FnOnce(&mut Fields<'_, '_>) -> Option<T>,
) -> Result<T, Error> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut fields = Fields::new(body, "body", &mut faults);
    let value = read(&mut fields);
    fields.finish();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        Some(_) | None => Err(Error::invalid(faults)),
    }
}

/// Another type than the wanted one fails at once: a form of another site can send `text/plain` without a
/// preflight.
fn has_type(request: &HttpRequest, wanted: &str) -> Result<bool, Error> {
    let Some(value) = request.headers().get(CONTENT_TYPE) else {
        return Ok(false);
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(wanted) { Ok(true) } else { Err(Error::new(Code::UnsupportedMediaType)) }
}
