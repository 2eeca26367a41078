//! What a request costs as things grow: live sessions, portals, sessions of one user, connections, workers.
//!
//! Owns: the steps of each series, and how Redis is filled.
//! Must not know: how results are shown.

use std::io::{self, Write as _};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::gateway::{Gateway, Options};
use crate::measure::Plan;
use crate::redis::{self, Client};
use crate::server::Server;
use crate::targets::{self, Operation, Target};

/// Requests a second: far below saturation, so that latencies show the work and not a queue.
const RATE: f64 = 1_000.0;
/// Requests at saturation, for each one at the low rate.
const SATURATED: usize = 10;
/// Sessions in one batch of a fill.
const BATCH: usize = 10_000;
const DAY_MS: &str = "86400000";

/// One step of a series.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    pub series: String,
    pub size: usize,
    /// What is measured.
    pub what: String,
    /// CPU seconds for 100,000 requests.
    pub cpu: f64,
    pub redis_cpu: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// The longest that one command held Redis, where that is the question.
    pub longest_ms: Option<f64>,
    /// Of Redis, for each session.
    pub bytes: Option<f64>,
    pub per_second: Option<f64>,
}

struct Site {
    redis: Server,
    gateway: Gateway,
    target: Target,
}

impl Site {
    fn start(plan: &Plan, workers: usize, portals: usize) -> io::Result<Self> {
        let redis = redis::start(&plan.directory, &[])?;
        let store_url = format!("redis://{}/", redis.address);
        let (binary, directory) = (plan.gateway.as_path(), plan.directory.as_path());
        let gateway =
            Gateway::start(&Options { binary, directory, store_url, workers, portals, history_days: 0 })?;
        let target = Target::gateway_like("gateway", gateway.server.address, &gateway.root_key, &[])?;
        Ok(Site { redis, gateway, target })
    }

    /// CPU at saturation: at a low rate most of it is waking up. Latencies at a low rate.
    fn step(&self, plan: &Plan, series: &str, size: usize, operation: Operation) -> io::Result<Step> {
        let count = (RATE * plan.seconds) as usize;
        let calm = self.step_of(series, size, operation, Some(RATE), count, 64)?;
        let busy = self.step_of(series, size, operation, None, count * SATURATED, 64)?;
        Ok(Step { p50_ms: calm.p50_ms, p99_ms: calm.p99_ms, per_second: None, ..busy })
    }

    fn step_of(
        &self,
        series: &str,
        size: usize,
        operation: Operation,
        rate: Option<f64>,
        count: usize,
        connections: usize,
    ) -> io::Result<Step> {
        let requests = self.target.requests(operation, count)?;
        let before = (self.gateway.server.cpu_seconds(), self.redis.cpu_seconds());
        let outcome = self.target.send_over(connections, &requests, count, rate, |_, _| {})?;
        let per_100k = |seconds: f64| seconds / count as f64 * 1e5;
        self.gateway.forget_log()?;
        let step = Step {
            series: series.to_owned(),
            size,
            what: operation.name().to_owned(),
            cpu: per_100k(self.gateway.server.cpu_seconds() - before.0),
            redis_cpu: per_100k(self.redis.cpu_seconds() - before.1),
            p50_ms: outcome.latency_ms(0.5),
            p99_ms: outcome.latency_ms(0.99),
            longest_ms: None,
            bytes: None,
            per_second: rate.is_none().then(|| count as f64 / outcome.took.as_secs_f64()),
        };
        println!("{step:?}");
        Ok(step)
    }
}

pub fn run(plan: &Plan, quick: bool) -> io::Result<Vec<Step>> {
    let mut steps = Vec::new();
    live_sessions(plan, quick, &mut steps)?;
    portals(plan, quick, &mut steps)?;
    sessions_of_one_user(plan, quick, &mut steps)?;
    connections(plan, quick, &mut steps)?;
    workers(plan, &mut steps)?;
    Ok(steps)
}

fn up_to(sizes: &[usize], most: usize) -> impl Iterator<Item = usize> {
    sizes.iter().copied().filter(move |size| *size <= most)
}

fn live_sessions(plan: &Plan, quick: bool, steps: &mut Vec<Step>) -> io::Result<()> {
    let site = Site::start(plan, plan.workers, 1)?;
    let mut client = Client::connect(&site.redis)?;
    let template = Template::of(&mut client)?;
    let mut filled = 0;
    let most = if quick { 100_000 } else { 5_000_000 };
    for size in up_to(&[1_000, 10_000, 100_000, 1_000_000, 5_000_000], most) {
        let started = Instant::now();
        let before = client.info("used_memory")?;
        template.fill(&mut client, filled, size)?;
        // Of those just added: the measurements add sessions too.
        let bytes = (client.info("used_memory")? - before) / (size - filled) as f64;
        filled = size;
        println!("filled to {size} in {:.1} s: {bytes:.0} bytes a session", started.elapsed().as_secs_f64());
        for operation in [Operation::GetSession, Operation::Create, Operation::Exchange] {
            let step = site.step(plan, "live sessions", size, operation)?;
            steps.push(Step { bytes: Some(bytes), ..step });
        }
    }
    Ok(())
}

/// A session as the gateway has stored it, to be repeated under other names.
struct Template {
    record: String,
    created: String,
    member: String,
}

impl Template {
    fn of(client: &mut Client) -> io::Result<Self> {
        let keys = client.ask(&["KEYS", "vst:*:b:*"])?.list();
        let key = keys.into_iter().next().map(redis::Value::text).unwrap_or_default();
        let index = key.split(":b:").next().unwrap_or_default().to_owned() + ":u";
        let entry: Vec<String> = client
            .ask(&["ZRANGE", &index, "0", "0", "WITHSCORES"])?
            .list()
            .into_iter()
            .map(redis::Value::text)
            .collect();
        let [member, created] = entry.as_slice() else {
            return Err(io::Error::other("no session to take as a pattern"));
        };
        let record = client.ask(&["GET", &key])?.text();
        Ok(Template { record, created: created.clone(), member: member.clone() })
    }

    /// Adds the sessions `from..to`, each of a user of its own.
    fn fill(&self, client: &mut Client, from: usize, to: usize) -> io::Result<()> {
        let mut commands = Vec::new();
        let rest = &self.member[9 + 43..];
        for start in (from..to).step_by(BATCH) {
            let end = to.min(start + BATCH);
            commands.clear();
            for number in start..end {
                let (tag, suffix) = (format!("{number:016}"), format!("{number:08}"));
                let digest = format!("{number:043}");
                let (record, index) = (format!("vst:{{{tag}}}:b:{digest}"), format!("vst:{{{tag}}}:u"));
                let member = format!("{suffix}b{digest}{rest}");
                push(&mut commands, &["SET", &record, &self.record, "PX", DAY_MS]);
                push(&mut commands, &["ZADD", &index, &self.created, &member]);
                push(&mut commands, &["PEXPIRE", &index, DAY_MS]);
            }
            client.pipeline(&commands, (end - start) * 3)?;
        }
        Ok(())
    }
}

fn push(commands: &mut Vec<u8>, parts: &[&str]) {
    let _ = write!(commands, "*{}\r\n", parts.len());
    for part in parts {
        let _ = write!(commands, "${}\r\n{part}\r\n", part.len());
    }
}

fn portals(plan: &Plan, quick: bool, steps: &mut Vec<Step>) -> io::Result<()> {
    for size in up_to(&[1, 10, 100, 1_000, 10_000], if quick { 1_000 } else { 10_000 }) {
        let site = Site::start(plan, plan.workers, size)?;
        for operation in [Operation::GetSession, Operation::Create, Operation::Exchange] {
            steps.push(site.step(plan, "portals", size, operation)?);
        }
    }
    Ok(())
}

/// The longest that listing and revoking hold Redis, by its own slow log.
fn sessions_of_one_user(plan: &Plan, quick: bool, steps: &mut Vec<Step>) -> io::Result<()> {
    let site = Site::start(plan, plan.workers, 1)?;
    let mut client = Client::connect(&site.redis)?;
    for size in up_to(&[1, 10, 100, 1_000, 10_000], if quick { 1_000 } else { 10_000 }) {
        let user = format!("collector_{size}");
        let create = [targets::create_request(&site.gateway.root_key, &user)];
        let tickets = site.target.tickets_of(&create, size)?;
        site.target.send(&targets::exchange_requests(&tickets), size, None, |_, _| {})?;
        let calls = [
            ("create", create[0].clone()),
            ("list, first page", targets::list_request(&site.gateway.root_key, &user)),
            ("revoke all", targets::revoke_request(&site.gateway.root_key, &user)),
        ];
        for (what, request) in calls {
            client.ask(&["CONFIG", "SET", "slowlog-log-slower-than", "0"])?;
            client.ask(&["SLOWLOG", "RESET"])?;
            let outcome = site.target.send(&[request], 1, None, |_, _| {})?;
            client.ask(&["CONFIG", "SET", "slowlog-log-slower-than", "-1"])?;
            let entries = client.ask(&["SLOWLOG", "GET", "1000"])?.list();
            let longest_us = entries.into_iter().filter_map(|entry| match entry.list().into_iter().nth(2) {
                Some(redis::Value::Number(us)) => Some(us),
                _ => None,
            });
            let longest_ms = longest_us.max().map(|us| us as f64 / 1e3);
            let step = Step {
                series: "sessions of one user".into(),
                size,
                what: what.into(),
                cpu: 0.0,
                redis_cpu: 0.0,
                p50_ms: outcome.latency_ms(0.5),
                p99_ms: outcome.latency_ms(0.99),
                longest_ms,
                bytes: None,
                per_second: None,
            };
            println!("{step:?}");
            steps.push(step);
        }
    }
    Ok(())
}

fn connections(plan: &Plan, quick: bool, steps: &mut Vec<Step>) -> io::Result<()> {
    /// A new connection's first request must come within 10 seconds, on the last of 10,000 too.
    const RATE: f64 = 1_250.0;
    let site = Site::start(plan, plan.workers, 1)?;
    for size in up_to(&[1, 10, 100, 1_000, 10_000], if quick { 1_000 } else { 10_000 }) {
        // Each connection is used at least once.
        let count = ((RATE * plan.seconds) as usize).max(size * 2);
        let step = site.step_of("connections", size, Operation::GetSession, Some(RATE), count, size)?;
        steps.push(step);
    }
    Ok(())
}

fn workers(plan: &Plan, steps: &mut Vec<Step>) -> io::Result<()> {
    for size in [1, 2] {
        let site = Site::start(plan, size, 1)?;
        let count = (RATE * plan.seconds * 10.0) as usize;
        steps.push(site.step_of("workers", size, Operation::GetSession, None, count, 64)?);
    }
    Ok(())
}
