//! The run: starts everything side by side and measures in turns, so that whatever else the machine does falls
//! on all of them alike.
//!
//! Owns: the order of the measurements, how long each takes.
//! Must not know: how results are shown.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::gateway::{Gateway, Options};
use crate::idle;
use crate::own_core;
use crate::redis::{self, Client};
use crate::server::{Server, free_port};
use crate::targets::{self, Operation, Target};

/// Requests that warm a target up and tell about how fast it is.
const WARM_UP: usize = 2_000;
/// Requests a second of the latency measurements that every target can answer, and that the fast ones can.
pub const RATES: [f64; 2] = [2_000.0, 10_000.0];
/// A target is asked at a fixed rate only if it has room: it answers more than this times the rate at most.
const ROOM: f64 = 1.3;
/// The gateway once more, with histories of as many days as they have by default.
pub const WITH_HISTORIES: &str = "gateway, histories";
const HISTORY_DAYS: u32 = 7;

pub struct Plan {
    pub gateway: PathBuf,
    pub directory: PathBuf,
    pub python: PathBuf,
    pub peers: PathBuf,
    pub rounds: usize,
    /// Of each measurement.
    pub seconds: f64,
    pub workers: usize,
    /// Names of targets to leave out everything else; empty: all.
    pub only: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pace {
    Saturation,
    /// Requests a second.
    Fixed(f64),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    pub round: usize,
    pub target: String,
    pub operation: Operation,
    pub pace: Pace,
    pub per_second: f64,
    /// CPU seconds for 100,000 requests: the server's, and Redis's beside it.
    pub cpu: f64,
    pub redis_cpu: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
}

/// In MiB.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    pub idle: f64,
    pub after_load: f64,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Results {
    pub samples: Vec<Sample>,
    pub memory: HashMap<String, Memory>,
    pub own_core: Vec<own_core::Round>,
    pub ready_ms: f64,
    pub connections_mib: f64,
    pub session_bytes: f64,
    pub binary_bytes: u64,
    pub workers: usize,
}

struct Stage {
    targets: Vec<Target>,
    servers: HashMap<&'static str, Server>,
    gateway: Gateway,
    /// The same with histories: what they cost Redis.
    with_histories: Gateway,
    redis: Server,
    results: Results,
}

impl Stage {
    fn server(&self, target: &str) -> &Server {
        match target {
            "gateway" => &self.gateway.server,
            WITH_HISTORIES => &self.with_histories.server,
            "Redis GET" => &self.redis,
            _ => &self.servers[target],
        }
    }
}

pub fn run(plan: &Plan) -> io::Result<Results> {
    let mut stage = set_up(plan)?;
    for round in 0..plan.rounds {
        for operation in Operation::ALL {
            for index in 0..stage.targets.len() {
                if stage.targets[index].has(operation) {
                    measure_target(plan, &mut stage, round, index, operation)?;
                }
            }
        }
    }
    for target in &stage.targets {
        let after_load = stage.server(target.name).resident_mib();
        stage.results.memory.entry(target.name.to_owned()).or_default().after_load = after_load;
    }
    let Stage { gateway, with_histories, redis, servers, mut results, .. } = stage;
    // Redis last: its clients do not like to lose it.
    drop(servers);
    drop((gateway, with_histories, redis));
    results.own_core = own_core::measure(plan)?;
    idle::measure(plan, &mut results)?;
    Ok(results)
}

fn set_up(plan: &Plan) -> io::Result<Stage> {
    let redis = redis::start(&plan.directory, &[])?;
    let redis_port = redis.address.port();
    let store_url = format!("redis://127.0.0.1:{redis_port}/");
    let (binary, directory, workers) = (plan.gateway.as_path(), plan.directory.as_path(), plan.workers);
    let options = Options { binary, directory, store_url, workers, portals: 1, history_days: 0 };
    let gateway = Gateway::start(&options)?;
    let with_histories = Gateway::start(&Options { history_days: HISTORY_DAYS, ..options })?;
    let mut results =
        Results { workers, ready_ms: gateway.ready_after.as_secs_f64() * 1e3, ..Results::default() };
    results.binary_bytes = std::fs::metadata(&plan.gateway)?.len();

    let mut servers = HashMap::new();
    let node = |script: &str| peer("node", &plan.peers.join("node").join(script));

    let peers = [
        ("Fastify", node("fastify.mjs")),
        ("Express", node("express.mjs")),
        ("FastAPI", peer(&plan.python, &plan.peers.join("python/main.py"))),
    ];
    for (name, mut command) in peers {
        if wanted(plan, name) {
            let port = free_port()?;
            command.args([port.to_string(), redis_port.to_string()]);
            servers.insert(name, Server::start(&mut command, port)?);
        }
    }
    if wanted(plan, "Rust sketch") {
        servers.insert("Rust sketch", targets::sketch(redis_port, plan.workers)?);
    }
    let mut note_idle = |name: &str, server: &Server| {
        results.memory.insert(name.to_owned(), Memory { idle: server.resident_mib(), after_load: 0.0 });
    };
    note_idle("gateway", &gateway.server);
    servers.iter().for_each(|(name, server)| note_idle(name, server));

    let address = gateway.server.address;
    let mut targets =
        vec![Target::gateway_like("gateway", address, &gateway.root_key, &[Operation::Authorize])?];
    let keys = browser_keys(&redis)?;
    let mut histories =
        Target::gateway_like(WITH_HISTORIES, with_histories.server.address, &with_histories.root_key, &[])?;
    histories.operations.retain(|operation| matches!(operation, Operation::Create | Operation::Exchange));
    targets.push(histories);
    if wanted(plan, "bare actix-web") {
        let bare = targets::bare(&targets[0], &plan.directory, plan.workers)?;
        note_idle("bare actix-web", &bare);
        let authorize = &[Operation::Authorize];
        targets.push(Target::gateway_like("bare actix-web", bare.address, "", authorize)?);
        servers.insert("bare actix-web", bare);
    }
    for (name, server) in &servers {
        match *name {
            "Rust sketch" | "Fastify" => {
                targets.push(Target::gateway_like(name, server.address, "", &[Operation::Authorize])?);
            }
            "FastAPI" => targets.push(Target::gateway_like(name, server.address, "", &[])?),
            "Express" => targets.push(Target::cookie_session(name, server.address)?),
            _ => {}
        }
    }
    if wanted(plan, "Redis GET") {
        targets.push(Target::raw_redis(redis.address, &keys));
    }
    Ok(Stage { targets, servers, gateway, with_histories, redis, results })
}

fn wanted(plan: &Plan, name: &str) -> bool {
    plan.only.is_empty() || plan.only.iter().any(|only| name.eq_ignore_ascii_case(only))
}

fn peer(program: impl AsRef<std::ffi::OsStr>, script: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(script).env("NODE_ENV", "production").stdout(Stdio::null());
    command
}

/// The keys under which the gateway's live sessions lie.
fn browser_keys(redis: &Server) -> io::Result<Vec<String>> {
    let keys = Client::connect(redis)?.ask(&["KEYS", "vst:*:b:*"])?.list();
    Ok(keys.into_iter().map(redis::Value::text).collect())
}

fn measure_target(
    plan: &Plan,
    stage: &mut Stage,
    round: usize,
    index: usize,
    operation: Operation,
) -> io::Result<()> {
    let name = stage.targets[index].name;
    let target = &stage.targets[index];
    let warm_up = target.send(&target.requests(operation, WARM_UP)?, WARM_UP, None, |_, _| {})?;
    let about = WARM_UP as f64 / warm_up.took.as_secs_f64();
    let saturation = measure(plan, stage, round, index, operation, Pace::Saturation, about)?;
    for rate in RATES {
        if saturation.per_second > rate * ROOM && name != "Redis GET" {
            measure(plan, stage, round, index, operation, Pace::Fixed(rate), rate)?;
        }
    }
    Ok(())
}

fn measure(
    plan: &Plan,
    stage: &mut Stage,
    round: usize,
    index: usize,
    operation: Operation,
    pace: Pace,
    per_second: f64,
) -> io::Result<Sample> {
    let target = &stage.targets[index];
    let count = (per_second * plan.seconds) as usize;
    let requests = target.requests(operation, count)?;
    let rate = match pace {
        Pace::Saturation => None,
        Pace::Fixed(rate) => Some(rate),
    };
    let server = stage.server(target.name);
    let before = (server.cpu_seconds(), stage.redis.cpu_seconds());
    let outcome = target.send(&requests, count, rate, |_, _| {})?;
    let per_100k = |seconds: f64| seconds / count as f64 * 1e5;
    let sample = Sample {
        round,
        target: target.name.to_owned(),
        operation,
        pace,
        per_second: count as f64 / outcome.took.as_secs_f64(),
        cpu: per_100k(server.cpu_seconds() - before.0),
        redis_cpu: per_100k(stage.redis.cpu_seconds() - before.1),
        p50_ms: outcome.latency_ms(0.5),
        p99_ms: outcome.latency_ms(0.99),
        p999_ms: outcome.latency_ms(0.999),
    };
    println!(
        "{round} {:15} {:20} {:18} {:>8.0}/s  cpu {:>6.2}  redis {:>5.2}  p50 {:>7.3}  p99 {:>7.3}  p99.9 {:>7.3}",
        sample.target,
        operation.name(),
        format!("{pace:?}"),
        sample.per_second,
        sample.cpu,
        sample.redis_cpu,
        sample.p50_ms,
        sample.p99_ms,
        sample.p999_ms
    );
    stage.gateway.forget_log()?;
    stage.with_histories.forget_log()?;
    stage.results.samples.push(sample.clone());
    Ok(sample)
}
