//! Which requests are recorded: `OTEL_TRACES_SAMPLER` and its argument.
//!
//! Owns: the samplers of the specification that the gateway has, and that any other is a fault: it would record all.
//! Must not know: how a request is chosen.

use std::fmt;

use super::set::Set;
use crate::domain::invalid::{Fault, Invalid};

/// The variable that says it.
pub const NAME: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Which requests are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    /// The part of them, from 0 to 1.
    pub ratio: f64,
    /// Only where no proxy has decided; else whatever it has decided.
    pub follows_proxy: bool,
}

impl Sampler {
    /// Of `telemetry.traces_one_in`: one of so many; 0: none.
    pub fn one_in(count: u64) -> Self {
        #[allow(clippy::cast_precision_loss)] // Nobody minds which one of 2^53 it is.
        let ratio = if count == 0 { 0.0 } else { 1.0 / count as f64 };
        Sampler { ratio, follows_proxy: true }
    }
}

impl fmt::Display for Sampler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sampler { ratio, follows_proxy } = self;
        write!(formatter, "{ratio}, of a proxy's decision: {follows_proxy}")
    }
}

/// None if no variable says it.
pub fn read(set: Set<'_>) -> Result<Option<Sampler>, Fault> {
    let argument = set.value(ARGUMENT);
    let Some(name) = set.value(NAME) else {
        return match argument {
            Some(_) => Err(no_use()),
            None => Ok(None),
        };
    };
    let name = name.to_ascii_lowercase();
    let (kind, follows_proxy) = match name.strip_prefix("parentbased_") {
        Some(kind) => (kind, true),
        None => (name.as_str(), false),
    };
    let ratio = match kind {
        "traceidratio" => ratio(argument)?,
        "always_on" | "always_off" if argument.is_some() => return Err(no_use()),
        "always_on" => 1.0,
        "always_off" => 0.0,
        _ => {
            let fix = "Write parentbased_traceidratio, parentbased_always_on or parentbased_always_off, or the same without \
                       parentbased_ where a proxy's decision is not to count.";
            return Err(Invalid::new("The gateway has no such sampler.", fix).at(NAME));
        }
    };
    Ok(Some(Sampler { ratio, follows_proxy }))
}

fn ratio(argument: Option<&str>) -> Result<f64, Fault> {
    let Some(argument) = argument else { return Ok(1.0) };
    let ratio = argument.parse::<f64>().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| Invalid::new("Expected a number from 0 to 1.", "Write 0.1 for 10 %.").at(ARGUMENT))
}

/// Of one that leaves it to proxies, where none is asked.
pub fn records_nothing() -> Fault {
    let fix = "Set telemetry.trust_traceparent = true if your proxy makes the header traceparent itself; else write always_off to record \
               nothing.";
    Invalid::new("No request would ever be recorded.", fix).at(NAME)
}

fn no_use() -> Fault {
    let fix = "Set OTEL_TRACES_SAMPLER=parentbased_traceidratio too, or take it out.";
    Invalid::new(
        "Only the samplers by a ratio have an argument, so all requests would be recorded or none.",
        fix,
    )
    .at(ARGUMENT)
}
