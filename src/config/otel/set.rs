//! The variables that are set.
//!
//! Owns: that an empty one is as if it were not set, and that one for traces comes before the one for all signals.
//! Must not know: what any of them means.

/// What decides whether traces are sent, and how.
pub const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
/// Where to: the first is for traces, and whole.
pub const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// All variables of the process.
#[derive(Clone, Copy)]
pub struct Set<'a>(pub &'a [(String, String)]);

impl<'a> Set<'a> {
    /// The value, without white space at its ends.
    pub fn value(self, name: &str) -> Option<&'a str> {
        let set = self.0.iter().find(|(set, _)| set == name);
        set.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Of the first that is set: its name and its value.
    pub fn first(self, names: [&'static str; 2]) -> Option<(&'static str, &'a str)> {
        names.into_iter().find_map(|name| Some((name, self.value(name)?)))
    }
}
