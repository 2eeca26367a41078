//! An hour of steady load: whether memory grows.

use std::io;
use std::time::{Duration, Instant};

use crate::gateway::{Gateway, Options};
use crate::measure::Plan;
use crate::redis;
use crate::targets::{Operation, Target};

/// Requests a second.
const RATE: f64 = 2_000.0;

/// Verifies, creates and exchanges in turn, and prints the resident memory each minute.
pub fn run(plan: &Plan, minutes: f64) -> io::Result<()> {
    let redis = redis::start(&plan.directory, &[])?;
    let options = Options {
        binary: &plan.gateway,
        directory: &plan.directory,
        store_url: format!("redis://{}/", redis.address),
        workers: plan.workers,
        portals: 1,
        history_days: 0,
    };
    let gateway = Gateway::start(&options)?;
    let target = Target::gateway_like("gateway", gateway.server.address, &gateway.root_key, &[])?;
    let started = Instant::now();
    println!("minute 0: {:.1} MiB", gateway.server.resident_mib());
    for minute in 1..=minutes.ceil() as u32 {
        while started.elapsed() < Duration::from_secs(60) * minute {
            for operation in [Operation::GetSession, Operation::Create, Operation::Exchange] {
                let count = RATE as usize;
                target.send(&target.requests(operation, count)?, count, Some(RATE), |_, _| {})?;
            }
            gateway.forget_log()?;
        }
        println!("minute {minute}: {:.1} MiB", gateway.server.resident_mib());
    }
    Ok(())
}
