//! What is to be reached, each against what a run has measured.
//!
//! Owns: the goals. The sketch is the one to compare with: the same libraries, and nothing of what makes a gateway.
//! Must not know: how anything was measured.

use std::fmt::Write;

use crate::measure::{Pace, Results, Sample, WITH_HISTORIES};
use crate::report::{median, ratio, shown};
use crate::targets::Operation::{self, Authorize, Create, Exchange, GetSession};

const SKETCH: &str = "Rust sketch";

struct Goal {
    what: String,
    at_most: f64,
    unit: &'static str,
    /// `None`: left out of this run.
    measured: Option<f64>,
    digits: usize,
}

/// The goals as a table in Markdown.
pub fn table(results: &Results) -> String {
    let mut text = String::from("| goal | at most | measured | |\n|---|---|---|---|\n");
    for Goal { what, at_most, unit, measured, digits } in all(results) {
        let met = match measured {
            Some(measured) if measured <= at_most => "met",
            Some(_) => "**missed**",
            None => "–",
        };
        let _ = writeln!(text, "| {what} | {at_most}{unit} | {} | {met} |", shown(measured, digits));
    }
    text
}

fn all(results: &Results) -> Vec<Goal> {
    let of = |target: &str, other: &str, operation, of: fn(&Sample) -> f64| {
        ratio(results, target, other, operation, Pace::Saturation, of)
    };
    let cpu = |other: &str, operation| of("gateway", other, operation, |sample| sample.cpu);
    let redis_cpu =
        |target: &str, other: &str, operation| of(target, other, operation, |sample| sample.redis_cpu);
    let times =
        |what: String, at_most, measured, digits| Goal { what, at_most, unit: " ×", measured, digits };
    let mut goals = Vec::new();
    for (operation, goal) in [(GetSession, 1.3), (Authorize, 1.3), (Exchange, 1.5), (Create, 1.6)] {
        let what = format!("{}: CPU, of the sketch's", operation.name());
        goals.push(times(what, goal, cpu(SKETCH, operation), 2));
    }
    for (operation, goal) in [(Create, 2.6), (Exchange, 3.0)] {
        let what = format!("{}: Redis's CPU, of what the sketch's needs", operation.name());
        goals.push(times(what, goal, redis_cpu("gateway", SKETCH, operation), 2));
    }
    for operation in [Create, Exchange] {
        let what = format!("{}: Redis's CPU with histories, of that without", operation.name());
        goals.push(times(what, 1.25, redis_cpu(WITH_HISTORIES, "gateway", operation), 2));
    }
    let tails = results.own_core.iter().map(|round| round.gateway.p99_ms / round.sketch.p99_ms);
    let what = "verify: p99 at half of its saturation on a core of its own, of the sketch's".to_owned();
    goals.push(times(what, 1.5, median(tails.collect()), 2));
    for operation in Operation::ALL {
        goals.push(times(
            format!("{}: CPU, of Fastify's", operation.name()),
            0.5,
            cpu("Fastify", operation),
            2,
        ));
    }
    let what = "verify: CPU, of express-session's".to_owned();
    goals.push(times(what, 0.07, cpu("Express", GetSession), 3));
    let idle = results.memory.get("gateway").map(|memory| memory.idle);
    let costs = [
        ("memory, idle", 12.0, " MiB", idle, 1),
        ("memory with 10,000 idle connections", 120.0, " MiB", Some(results.connections_mib), 1),
        ("Redis memory of a live session", 600.0, " bytes", Some(results.session_bytes), 0),
        ("the binary", 12.0, " MB", Some(results.binary_bytes as f64 / 1e6), 1),
        ("ready after its start", 30.0, " ms", Some(results.ready_ms), 1),
    ];
    let costs = costs.map(|(what, at_most, unit, measured, digits)| Goal {
        what: what.to_owned(),
        at_most,
        unit,
        measured,
        digits,
    });
    goals.extend(costs);
    goals
}
