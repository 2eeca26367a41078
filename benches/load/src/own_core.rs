//! Tail latency without a neighbour: one worker of the gateway and one of the sketch have a core, in turns, while the load and
//! Redis have another. With more busy threads than cores the tail would tell of the scheduler.
//!
//! Owns: who runs on which core, at which rate both are asked.
//! Must not know: how results are shown.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::{Deserialize, Serialize};

use crate::gateway::{Gateway, Options};
use crate::measure::Plan;
use crate::redis;
use crate::targets::{self, Operation, Target};

const WARM_UP: usize = 2_000;
/// Of the gateway's own saturation.
const SHARE: f64 = 0.5;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    /// Requests a second that both were asked.
    pub rate: f64,
    pub gateway: Latency,
    pub sketch: Latency,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
}

/// Nothing where this process may not use two cores.
pub fn measure(plan: &Plan) -> io::Result<Vec<Round>> {
    let all = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
    let (Some(load), Some(server)) = (cores.next(), cores.next()) else { return Ok(Vec::new()) };
    // A process begins on the cores of the thread that starts it.
    run_on(load)?;
    let redis = redis::start(&plan.directory, &[])?;
    run_on(server)?;
    let gateway = Gateway::start(&Options {
        binary: &plan.gateway,
        directory: &plan.directory,
        store_url: format!("redis://{}/", redis.address),
        workers: 1,
        portals: 1,
        history_days: 0,
    })?;
    let sketch = targets::sketch(redis.address.port(), 1)?;
    run_on(load)?;
    let of_gateway = Target::gateway_like("gateway", gateway.server.address, &gateway.root_key, &[])?;
    let of_sketch = Target::gateway_like("Rust sketch", sketch.address, "", &[])?;
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        let rate = saturation(plan, &of_gateway)? * SHARE;
        let round = Round {
            rate,
            gateway: latency(plan, &of_gateway, rate)?,
            sketch: latency(plan, &of_sketch, rate)?,
        };
        println!("a core of its own: {round:?}");
        gateway.forget_log()?;
        rounds.push(round);
    }
    sched_setaffinity(None, &all)?;
    Ok(rounds)
}

fn run_on(core: usize) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Requests a second.
fn saturation(plan: &Plan, target: &Target) -> io::Result<f64> {
    let requests = target.requests(Operation::GetSession, 0)?;
    let rate = |count: usize| -> io::Result<f64> {
        let outcome = target.send(&requests, count, None, |_, _| {})?;
        Ok(count as f64 / outcome.took.as_secs_f64())
    };
    let about = rate(WARM_UP)?;
    rate((about * plan.seconds) as usize)
}

fn latency(plan: &Plan, target: &Target, rate: f64) -> io::Result<Latency> {
    let requests = target.requests(Operation::GetSession, 0)?;
    target.send(&requests, WARM_UP, None, |_, _| {})?;
    let outcome = target.send(&requests, (rate * plan.seconds) as usize, Some(rate), |_, _| {})?;
    let [p50_ms, p99_ms, p999_ms] = [0.5, 0.99, 0.999].map(|quantile| outcome.latency_ms(quantile));
    Ok(Latency { p50_ms, p99_ms, p999_ms })
}
