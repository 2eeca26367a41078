//! Reads `[telemetry]`.
//!
//! Owns: when traces are on, where they go, and whether a proxy may name them. A key in the address would be in logs, so there
//! is no place for one.
//! Must not know: what a trace is.

use serde_json::{Map, Value};
use url::Url;

use super::otel::Sampler;
use crate::domain::invalid::Invalid;
use crate::domain::return_url::parse_http_url;
use crate::fields::{Fields, boolean, integer, string};

const PATH: &str = "/v1/traces";

/// `[telemetry]`
#[derive(Debug)]
pub struct Telemetry {
    /// The whole URL that spans are sent to. `None`: traces are off.
    pub traces_endpoint: Option<Url>,
    /// Which requests are recorded.
    pub sampler: Sampler,
    /// Whether a trusted proxy's `traceparent` counts. Most proxies pass on what the client has sent.
    pub trust_traceparent: bool,
    /// Authorities (PEM) for the collector's certificate, in place of the public ones.
    pub authorities: Option<String>,
}

/// `[telemetry]`. `sampler`: what stands in for `traces_one_in`.
pub fn read_telemetry(mut fields: Fields<'_, '_>, sampler: Option<Sampler>) -> Telemetry {
    let endpoint = fields.optional("traces_endpoint", |value| match string(value)? {
        "" => Ok(None),
        url => parse_endpoint(url).map(Some),
    });
    let traces_one_in = fields.optional("traces_one_in", integer(0, 1_000_000_000)).unwrap_or(1);
    let trust_traceparent = fields.optional("trust_traceparent", boolean).unwrap_or(false);
    let traces_endpoint = endpoint.flatten();
    if traces_endpoint.is_some() && traces_one_in == 0 && !trust_traceparent && sampler.is_none() {
        let fix = "Set telemetry.trust_traceparent = true if your proxy makes the header traceparent itself; else write 1 or more.";
        fields.fault("traces_one_in", Invalid::new("No request would ever be recorded.", fix));
    }
    fields.finish();
    let sampler = sampler.unwrap_or(Sampler::one_in(traces_one_in));
    Telemetry { traces_endpoint, sampler, trust_traceparent, authorities: None }
}

/// Whether a document switches traces on.
pub fn is_on(document: &Map<String, Value>) -> bool {
    let endpoint = document.get("telemetry").and_then(|section| section.get("traces_endpoint"));
    endpoint.and_then(Value::as_str).is_some_and(|endpoint| !endpoint.is_empty())
}

fn parse_endpoint(text: &str) -> Result<Url, Invalid> {
    let mut url = parse_http_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        let fix = "Put a key of the collector's into OTEL_EXPORTER_OTLP_HEADERS.";
        return Err(Invalid::new("The URL must not have a query or a fragment.", fix));
    }
    if url.path() == "/" {
        url.set_path(PATH);
    }
    Ok(url)
}
