//! The variables by which OpenTelemetry's own tools are told where traces go.
//!
//! Owns: which of them count (docs/operations.md, Traces), and that none is ignored without a word: what asks for something that
//! the gateway does not do is a fault, and what it may leave aside is a warning. Messages never repeat a header, which may be a
//! key.
//! Must not know: what a trace is. (The headers themselves are read by the exporter: they are in nothing of ours.)

mod exporter;
mod ignored;
mod sampler;
mod set;

use self::exporter::Authorities;
pub use self::ignored::LeftAside;
pub use self::sampler::Sampler;
use self::set::{ENDPOINTS, EXPORTER, Set};
use super::layers::PREFIX;
use crate::domain::invalid::{Fault, Invalid};

const PATH: &str = "/v1/traces";
const OUR_ENDPOINT: &str = "TELEMETRY__TRACES_ENDPOINT";
const OUR_SAMPLER: &str = "TELEMETRY__TRACES_ONE_IN";

/// What they say.
pub struct Standard {
    /// A variable of ours in place of one of theirs, and that one's name.
    pub in_place: Option<((String, String), &'static str)>,
    /// Which requests are recorded, in place of `telemetry.traces_one_in`.
    pub sampler: Option<Sampler>,
    /// For the collector's certificate. Read where traces are on: nobody else needs the file.
    pub authorities: Option<Authorities>,
    /// Of those that count where traces are on.
    pub faults: Vec<Fault>,
    /// What does nothing.
    pub left_aside: LeftAside,
}

impl Standard {
    /// A fault of a sampler that leaves all to proxies, where no proxy is asked.
    pub fn records_nothing(&self, trust_traceparent: bool) -> Option<Fault> {
        let leaves_it = self.sampler.is_some_and(|sampler| sampler.ratio == 0.0 && sampler.follows_proxy);
        (leaves_it && !trust_traceparent).then(sampler::records_nothing)
    }

    /// What of it takes effect at a restart only, by variable: its value, and the file that it names.
    pub fn at_restart(&self) -> impl Iterator<Item = (&'static str, String, Option<&str>)> {
        let authorities = self.authorities.iter();
        let authorities = authorities.map(|file| (file.name, file.path.clone(), Some(file.path.as_str())));
        let sampler = self.sampler.map(|sampler| (sampler::NAME, sampler.to_string(), None));
        authorities.chain(sampler)
    }
}

/// Reads them. Ours count before theirs. The environment comes last among the layers, so both replace the file.
pub fn read(variables: &[(String, String)]) -> Standard {
    let set = Set(variables);
    let has_ours = |key| variables.iter().any(|(name, _)| name.strip_prefix(PREFIX) == Some(key));
    let mut faults = exporter::faults(set);
    let sampler = sampler::read(set).map_err(|fault| faults.push(fault)).ok().flatten();
    let in_place = if has_ours(OUR_ENDPOINT) { None } else { endpoint(set, &mut faults) };
    Standard {
        in_place: in_place.map(|(value, name)| ((format!("{PREFIX}{OUR_ENDPOINT}"), value), name)),
        sampler: sampler.filter(|_| !has_ours(OUR_SAMPLER)),
        authorities: Authorities::of(set),
        faults,
        left_aside: LeftAside::of(set),
    }
}

/// The value in place of ours, and the variable that says it.
fn endpoint(set: Set<'_>, faults: &mut Vec<Fault>) -> Option<(String, &'static str)> {
    if set.value("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true")) {
        return None;
    }
    match set.value(EXPORTER) {
        Some(word) if word.eq_ignore_ascii_case("none") => return Some((String::new(), EXPORTER)),
        Some(word) if !word.eq_ignore_ascii_case("otlp") => {
            let fix = "Write otlp, or none to switch traces off.";
            let unknown = Invalid::new("The gateway sends traces by OTLP and in no other way.", fix);
            faults.push(unknown.at(EXPORTER));
        }
        Some(_) | None => {}
    }
    let [whole, base] = ENDPOINTS;
    let of_all_signals = || Some((set.value(base)?.trim_end_matches('/').to_owned() + PATH, base));
    set.value(whole).map(|url| (url.to_owned(), whole)).or_else(of_all_signals)
}
