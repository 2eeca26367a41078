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

/// What the exporter sets itself, or what holds for one connection (RFC 9110, section 7.6.1): with another value, no batch
/// arrives. `host` is not among them: it is sent.
const OF_THE_EXPORTER: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

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

/// `key=value,key=value`, as the exporter reads them: it drops what is none, and of two with one name it sends the last.
fn headers_fault(text: &str) -> Option<Invalid> {
    let mut names = Vec::new();
    for (index, part) in text.split_terminator(',').map(str::trim).enumerate() {
        let why = match header_name(part) {
            None => "is no header, so it would not be sent as it is meant",
            Some(name) if OF_THE_EXPORTER.contains(&name.as_str()) => {
                "is a header that belongs to the exporter or to the connection"
            }
            Some(name) if names.contains(&name) => "has the name of another part, and only one would be sent",
            Some(name) => {
                names.push(name);
                continue;
            }
        };
        let fix = "Write name=value,name=value; in a value %20 for a space, %2C for a comma and %25 for %.";
        return Some(Invalid::new(format!("Part {} of it {why}.", index + 1), fix));
    }
    None
}

fn header_name(part: &str) -> Option<HeaderName> {
    let (name, value) = part.split_once('=')?;
    let value = value.trim();
    let bytes: Vec<u8> = percent_decode_str(value).collect();
    let is_value = !bytes.is_empty()
        && is_encoded(value)
        && std::str::from_utf8(&bytes).is_ok_and(|value| HeaderValue::from_str(value).is_ok());
    HeaderName::from_bytes(name.trim().as_bytes()).ok().filter(|_| is_value)
}

/// Where one % is none, the exporter decodes nothing at all, also not what is encoded.
fn is_encoded(value: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut parts = value.split('%').skip(1).map(str::as_bytes);
    parts.all(|after| is_digit(after.first()) && is_digit(after.get(1)))
}
