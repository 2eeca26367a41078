//! Reads `[telemetry]`, and the variables by which OpenTelemetry's own tools are told the same.
//!
//! Owns: when traces are on, and where they go. A key in the address would be in logs, so there is no place for one.
//! Must not know: what a trace is.

use url::Url;

use super::layers::PREFIX;
use crate::domain::invalid::Invalid;
use crate::domain::return_url::parse_http_url;
use crate::fields::{Fields, integer, string};

const PATH: &str = "/v1/traces";

/// `[telemetry]`
#[derive(Debug)]
pub struct Telemetry {
    /// The whole URL that spans are sent to. `None`: traces are off.
    pub traces_endpoint: Option<Url>,
    /// One of so many requests is recorded where no proxy has decided; 0: none.
    pub traces_one_in: u64,
}

/// `[telemetry]`
pub fn read_telemetry(mut fields: Fields<'_, '_>) -> Telemetry {
    let endpoint = fields.optional("traces_endpoint", |value| match string(value)? {
        "" => Ok(None),
        url => parse_endpoint(url).map(Some),
    });
    let traces_one_in = fields.optional("traces_one_in", integer(0, 1_000_000_000)).unwrap_or(1);
    fields.finish();
    Telemetry { traces_endpoint: endpoint.flatten(), traces_one_in }
}

/// Adds ours where OpenTelemetry's are set, and ours is not. The environment comes last among the layers, so both replace the
/// file.
pub fn with_standard_variables(mut variables: Vec<(String, String)>) -> Vec<(String, String)> {
    let ours = format!("{PREFIX}TELEMETRY__TRACES_ENDPOINT");
    let value = |name: &str| {
        let set = variables.iter().find(|(set, _)| set == name);
        set.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let is_off = value("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true"));
    if is_off || variables.iter().any(|(name, _)| *name == ours) {
        return variables;
    }
    let of_all_signals =
        || value("OTEL_EXPORTER_OTLP_ENDPOINT").map(|base| base.trim_end_matches('/').to_owned() + PATH);
    let endpoint = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").map(str::to_owned).or_else(of_all_signals);
    variables.extend(endpoint.map(|endpoint| (ours, endpoint)));
    variables
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
