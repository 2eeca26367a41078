//! The variables by which OpenTelemetry's own tools are told where traces go.
//!
//! Owns: which of them count, and what of them would be dropped without a word. Messages never repeat a header, which may be
//! a key.
//! Must not know: what a trace is. (The headers themselves are read by the exporter: they are in nothing of ours.)

use actix_web::http::header::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::layers::PREFIX;
use crate::domain::invalid::{Fault, Invalid};

const PATH: &str = "/v1/traces";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";

/// What they say.
pub struct Standard {
    /// A variable of ours in place of one of theirs, and that one's name.
    pub in_place: Option<((String, String), &'static str)>,
    /// Of those that count where traces are on.
    pub faults: Vec<Fault>,
}

/// Reads them. Ours counts before theirs. The environment comes last among the layers, so both replace the file.
pub fn read(variables: &[(String, String)]) -> Standard {
    let ours = format!("{PREFIX}TELEMETRY__TRACES_ENDPOINT");
    let value = |name: &str| {
        let set = variables.iter().find(|(set, _)| set == name);
        set.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    // The exporter takes the first of the two that is set, an empty one too.
    let headers = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let headers = headers.into_iter().find_map(|name| variables.iter().find(|(set, _)| set == name));
    let mut faults: Vec<Fault> = headers
        .and_then(|(name, text)| headers_fault(text).map(|fault| fault.at(name)))
        .into_iter()
        .collect();
    let is_off = value("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true"));
    if is_off || variables.iter().any(|(name, _)| *name == ours) {
        return Standard { in_place: None, faults };
    }
    match value(EXPORTER) {
        Some(word) if word.eq_ignore_ascii_case("none") => {
            return Standard { in_place: Some(((ours, String::new()), EXPORTER)), faults };
        }
        Some(word) if !word.eq_ignore_ascii_case("otlp") => {
            let fix = "Write otlp, or none to switch traces off.";
            let unknown = Invalid::new("The gateway sends traces by OTLP and in no other way.", fix);
            faults.push(unknown.at(EXPORTER));
        }
        Some(_) | None => {}
    }
    let [whole, base] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let of_all_signals = || Some((value(base)?.trim_end_matches('/').to_owned() + PATH, base));
    let endpoint = value(whole).map(|url| (url.to_owned(), whole)).or_else(of_all_signals);
    Standard { in_place: endpoint.map(|(url, name)| ((ours, url), name)), faults }
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
