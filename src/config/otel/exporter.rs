//! How spans are sent: `OTEL_EXPORTER_OTLP_…` and `OTEL_EXPORTER_OTLP_TRACES_…`.
//!
//! Owns: what the exporter would leave out, so that the collector refuses every span.
//! Must not know: where they are sent.

use actix_web::http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::set::Set;
use crate::config::files::Files;
use crate::config::store::read_certificates;
use crate::domain::invalid::{Fault, Invalid};

const AUTHORITIES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];

/// Of all but the authorities.
pub fn faults(set: Set<'_>) -> Vec<Fault> {
    // The exporter takes the first of the two that is set, an empty one too.
    let headers = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let headers = headers.into_iter().find_map(|name| set.0.iter().find(|(set, _)| set == name));
    let headers = headers.and_then(|(name, text)| headers_fault(text).map(|fault| fault.at(name)));
    let client = [
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"],
        ["OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"],
    ];
    let client = client.into_iter().filter_map(|names| set.first(names)).map(|(name, _)| {
        let fix =
            "Take it out, and put an OpenTelemetry Collector near the gateway, which has the certificate.";
        Invalid::new("The gateway shows no certificate to a collector.", fix).at(name)
    });
    headers.into_iter().chain(client).collect()
}

/// A file with the authorities of the collector's certificate, in place of the public ones.
pub struct Authorities {
    /// The variable that names it.
    pub name: &'static str,
    /// Nobody has looked into it yet.
    pub path: String,
}

impl Authorities {
    /// None if no variable names one.
    pub fn of(set: Set<'_>) -> Option<Self> {
        set.first(AUTHORITIES).map(|(name, path)| Authorities { name, path: path.to_owned() })
    }

    /// What is in it.
    pub fn read(&self, files: &Files) -> Result<String, Fault> {
        read_certificates(&self.path, files).map_err(|invalid| invalid.at(self.name))
    }
}

/// `key=value,key=value`, as the exporter reads them: it drops what is none.
fn headers_fault(text: &str) -> Option<Invalid> {
    let parts = text.split_terminator(',').map(str::trim).enumerate();
    let bad = parts.filter(|(_, part)| !is_header(part)).map(|(index, _)| index + 1).next()?;
    let message = format!("Part {bad} of it is no header, so it would not be sent.");
    Some(Invalid::new(
        message,
        "Write name=value,name=value; in a value %20 for a space and %2C for a comma.",
    ))
}

fn is_header(part: &str) -> bool {
    let Some((name, value)) = part.split_once('=') else { return false };
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    HeaderName::from_bytes(name.trim().as_bytes()).is_ok()
        && !value.is_empty()
        && std::str::from_utf8(&value).is_ok_and(|value| HeaderValue::from_str(value).is_ok())
}
