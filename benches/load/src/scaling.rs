//! How many gateways and Redis servers a load needs, by the costs that a run has measured, for `docs/scaling.md`.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::measure::{Pace, Results};
use crate::report::short;
use crate::report::{replace_between_markers, value};
use crate::targets::Operation;

/// Each session is verified so often in its life.
const VERIFIES_A_SESSION: f64 = 200.0;
/// Of a core and of memory, so that a peak or a lost neighbour finds room.
const USED: f64 = 0.6;
const CORES_A_GATEWAY: f64 = 2.0;
const SHARD_BYTES: f64 = 16.0 * 1024.0 * 1024.0 * 1024.0;

/// CPU seconds of one request.
struct Costs {
    gateway: f64,
    redis: f64,
}

/// Puts the table into the document.
pub fn write(results: &Results, document: &Path) -> io::Result<()> {
    let cost = |operation| {
        let of = |of: fn(&crate::measure::Sample) -> f64| {
            value(results, "gateway", operation, Pace::Saturation, of).unwrap_or(0.0) / 1e5
        };
        Costs { gateway: of(|sample| sample.cpu), redis: of(|sample| sample.redis_cpu) }
    };
    let (verify, create) = (cost(Operation::GetSession), cost(Operation::Create));
    let exchange = cost(Operation::Exchange);
    // One busy gateway sends Redis many questions in a packet; a hundred gateways send one at a time.
    let raw = value(results, "Redis GET", Operation::GetSession, Pace::Saturation, |sample| sample.cpu);
    let redis_verify = raw.unwrap_or(0.0).max(verify.redis * 1e5) / 1e5;
    let gateway = verify.gateway + (create.gateway + exchange.gateway) / VERIFIES_A_SESSION;
    let redis = redis_verify + (create.redis + exchange.redis) / VERIFIES_A_SESSION;

    let mut text = format!(
        "Measured: g = {:.2} CPU seconds of the gateway and r = {:.2} of Redis for 100,000 verifies, with their share of creates and exchanges; b = {:.0} bytes of Redis a live session.\n\n",
        gateway * 1e5,
        redis * 1e5,
        results.session_bytes
    );
    text.push_str("| verifies/s | live sessions | gateway cores | gateways of 2 cores | Redis cores | Redis memory | Redis shards |\n|---|---|---|---|---|---|---|\n");
    for (rate, sessions) in [(100.0, 1e5), (1e4, 1e6), (1e6, 1e8)] {
        let (cores, redis_cores) = (rate * gateway / USED, rate * redis / USED);
        let bytes = sessions * results.session_bytes;
        let shards = redis_cores.max(bytes / (SHARD_BYTES * USED)).ceil().max(1.0);
        let gateways = (cores / CORES_A_GATEWAY).ceil() + 1.0;
        let _ = writeln!(
            text,
            "| {} | {} | {cores:.2} | {gateways:.0} | {redis_cores:.2} | {:.1} GiB | {shards:.0} |",
            short(rate),
            short(sessions),
            bytes / 1024.0 / 1024.0 / 1024.0,
        );
    }
    replace_between_markers(document, "benches/load/run", text.trim_end())
}
