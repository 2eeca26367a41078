//! Variables of OpenTelemetry's specification that the gateway leaves aside.
//!
//! Owns: the list, and why. They are set for many programs at once, so none of them is a reason not to start; but whoever
//! believes in one should read that it does nothing.
//! Must not know: those that count.

use super::set::{ENDPOINTS, EXPORTER, Set};

const QUEUE: &str = "the queue of spans and its batches are the gateway's own";
const BOUNDS: &str = "a span has few attributes, each with bounds of its own";
const METRICS: &str = "metrics are read from server.metrics_listen, and not sent";
const LOGS: &str = "the log goes to standard output, and is not sent";
const BY_OTLP: &str = "spans are sent by OTLP only";
const DEADLINE: &str = "a batch has 10 seconds";
const SCHEME: &str = "the endpoint's scheme says whether by TLS";
const FILE: &str = "the gateway reads no such file";

/// What their names begin with.
const FAMILIES: [(&str, &str); 12] = [
    ("OTEL_BSP_", QUEUE),
    ("OTEL_SPAN_", BOUNDS),
    ("OTEL_EVENT_", BOUNDS),
    ("OTEL_LINK_", BOUNDS),
    ("OTEL_ATTRIBUTE_", BOUNDS),
    ("OTEL_EXPORTER_JAEGER_", BY_OTLP),
    ("OTEL_EXPORTER_ZIPKIN_", BY_OTLP),
    ("OTEL_EXPORTER_OTLP_METRICS_", METRICS),
    ("OTEL_METRIC_", METRICS),
    ("OTEL_EXPORTER_OTLP_LOGS_", LOGS),
    ("OTEL_BLRP_", LOGS),
    ("OTEL_LOGRECORD_", LOGS),
];

/// Single ones.
const NAMES: [(&str, &str); 9] = [
    ("OTEL_EXPORTER_OTLP_TIMEOUT", DEADLINE),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", DEADLINE),
    ("OTEL_EXPORTER_OTLP_INSECURE", SCHEME),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", SCHEME),
    ("OTEL_METRICS_EXPORTER", METRICS),
    ("OTEL_LOGS_EXPORTER", LOGS),
    ("OTEL_LOG_LEVEL", "log.level says what is in the log"),
    ("OTEL_CONFIG_FILE", FILE),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", FILE),
];

/// Those that count, of the two families that are read to the letter.
const KNOWN: [&str; 9] = [
    "ENDPOINT",
    "HEADERS",
    "PROTOCOL",
    "COMPRESSION",
    "CERTIFICATE",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "TIMEOUT",
    "INSECURE",
];

/// What is to be said of them.
#[derive(Debug, Default)]
pub struct LeftAside {
    where_traces_are_on: Vec<String>,
    always: Vec<String>,
    where_traces_are_off: Vec<String>,
}

impl LeftAside {
    /// Looks through all of them.
    pub fn of(set: Set<'_>) -> Self {
        let mut told = LeftAside::default();
        for (name, _) in set.0.iter().filter(|(name, _)| name.starts_with("OTEL_")) {
            let Some(value) = set.value(name) else { continue };
            if let Some(why) = why(name, value) {
                told.where_traces_are_on.push(format!("{name} is not read: {why}"));
            } else if is_misspelt(name) {
                told.always.push(format!("{name} is not read: OpenTelemetry has no such variable"));
            }
        }
        told.where_traces_are_on.extend([protocol(set), compression(set)].into_iter().flatten());
        if let Some(part) = set.value("OTEL_RESOURCE_ATTRIBUTES").and_then(bad_attribute) {
            told.where_traces_are_on
                .push(format!("part {part} of OTEL_RESOURCE_ATTRIBUTES is no name=value, and is left out"));
        }
        let is =
            |name: &str, word: &str| set.value(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        let disabled = "OTEL_SDK_DISABLED";
        if set.value(disabled).is_some() && !is(disabled, "true") && !is(disabled, "false") {
            told.always.push(format!("{disabled} is neither true nor false, so it counts as false"));
        }
        if is(EXPORTER, "otlp") && set.first(ENDPOINTS).is_none() && !is(disabled, "true") {
            told.where_traces_are_off.push(format!(
                "{EXPORTER} is otlp and no endpoint is set, so traces are off: set OTEL_EXPORTER_OTLP_ENDPOINT"
            ));
        }
        told
    }

    /// In sentences without their ends.
    pub fn warnings(self, traces_are_on: bool) -> Vec<String> {
        let of_state = if traces_are_on { self.where_traces_are_on } else { self.where_traces_are_off };
        self.always.into_iter().chain(of_state).collect()
    }
}

/// Programs beside this one may need another one, which names another port too.
fn protocol(set: Set<'_>) -> Option<String> {
    let (name, word) = set.first(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"])?;
    (!word.eq_ignore_ascii_case("http/protobuf")).then(|| {
        format!(
            "{name} is not http/protobuf, and the gateway speaks nothing else: the endpoint's port must be the collector's \
             for that, most often 4318"
        )
    })
}

fn compression(set: Set<'_>) -> Option<String> {
    let (name, word) =
        set.first(["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"])?;
    let is_known = ["gzip", "none"].iter().any(|known| word.eq_ignore_ascii_case(known));
    (!is_known).then(|| format!("{name} is neither gzip nor none, so nothing is compressed"))
}

fn why(name: &str, value: &str) -> Option<&'static str> {
    if name == "OTEL_PROPAGATORS" {
        let has_ours = value.split(',').any(|word| word.trim().eq_ignore_ascii_case("tracecontext"));
        return (!has_ours)
            .then_some("the gateway reads traceparent (tracecontext) of a trusted proxy, and nothing else");
    }
    if ["OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"].contains(&name) && value.eq_ignore_ascii_case("none") {
        return None;
    }
    let single = NAMES.iter().find(|(single, _)| *single == name);
    single.or_else(|| FAMILIES.iter().find(|(family, _)| name.starts_with(family))).map(|(_, why)| *why)
}

fn is_misspelt(name: &str) -> bool {
    if let Some(rest) = name.strip_prefix("OTEL_EXPORTER_OTLP_") {
        return !KNOWN.contains(&rest.strip_prefix("TRACES_").unwrap_or(rest));
    }
    name.starts_with("OTEL_TRACES_")
        && ![EXPORTER, "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"].contains(&name)
}

/// Counted from 1.
fn bad_attribute(text: &str) -> Option<usize> {
    let is_bad = |part: &str| part.split_once('=').is_none_or(|(name, _)| name.trim().is_empty());
    text.split_terminator(',').position(is_bad).map(|index| index + 1)
}
