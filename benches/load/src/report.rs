//! The results as a part of `docs/internals/performance.md`, between markers.
//!
//! Owns: medians, ratios, the tables.
//! Must not know: how anything was measured.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::goals;
use crate::measure::{Pace, RATES, Results, Sample, WITH_HISTORIES};
use crate::own_core::Latency;
use crate::targets::Operation;

const TARGETS: [&str; 8] = [
    "gateway",
    WITH_HISTORIES,
    "bare actix-web",
    "Rust sketch",
    "Fastify",
    "Express",
    "FastAPI",
    "Redis GET",
];

/// Puts the run into the document.
pub fn write(results: &Results, document: &Path) -> io::Result<()> {
    let text = format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        goals::table(results),
        saturation(results),
        latency(results),
        own_core(results),
        memory(results),
        machine(results)
    );
    replace_between_markers(document, "benches/load/run", text.trim_end())
}

/// Replaces what stands between `<!-- NAME begins -->` and `<!-- NAME ends -->`.
pub fn replace_between_markers(document: &Path, name: &str, text: &str) -> io::Result<()> {
    let old = std::fs::read_to_string(document)?;
    let (begin, end) = (format!("<!-- {name} begins -->\n"), format!("<!-- {name} ends -->"));
    let from = old.find(&begin).map(|at| at + begin.len());
    let (Some(from), Some(to)) = (from, old.find(&end)) else {
        return Err(io::Error::other(format!("{} has no markers of {name}", document.display())));
    };
    std::fs::write(document, format!("{}\n{text}\n{}", &old[..from], &old[to..]))
}

pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    // Of an even number it is between the two in the middle.
    let lower = values.get((values.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

fn samples<'a>(
    results: &'a Results,
    target: &'a str,
    operation: Operation,
    pace: Pace,
) -> impl Iterator<Item = &'a Sample> {
    let fits = move |sample: &&Sample| {
        sample.target == target && sample.operation == operation && sample.pace == pace
    };
    results.samples.iter().filter(fits)
}

pub fn value(
    results: &Results,
    target: &str,
    operation: Operation,
    pace: Pace,
    of: impl Fn(&Sample) -> f64,
) -> Option<f64> {
    median(samples(results, target, operation, pace).map(of).collect())
}

/// One target's value in the other's, round by round: what both met in the same minute.
pub fn ratio(
    results: &Results,
    target: &str,
    other: &str,
    operation: Operation,
    pace: Pace,
    of: impl Fn(&Sample) -> f64,
) -> Option<f64> {
    let pairs = samples(results, target, operation, pace).filter_map(|one| {
        let theirs = samples(results, other, operation, pace).find(|theirs| theirs.round == one.round)?;
        Some(of(one) / of(theirs))
    });
    median(pairs.collect())
}

pub fn shown(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

fn thousands(value: Option<f64>) -> String {
    value
        .map_or_else(|| "–".to_owned(), |value| format!("{},{:03}", value as u64 / 1000, value as u64 % 1000))
}

fn saturation(results: &Results) -> String {
    let mut text = String::from(
        "At saturation, 64 connections:\n\n| | | requests/s | CPU s / 100,000 | the gateway's, of this | Redis CPU s / 100,000 |\n|---|---|---|---|---|---|\n",
    );
    for operation in Operation::ALL {
        for target in TARGETS {
            let of = |of: fn(&Sample) -> f64| value(results, target, operation, Pace::Saturation, of);
            let Some(cpu) = of(|sample| sample.cpu) else { continue };
            let ratio = ratio(results, "gateway", target, operation, Pace::Saturation, |sample| sample.cpu);
            let redis = of(|sample| sample.redis_cpu).filter(|cpu| *cpu > 0.005);
            let _ = writeln!(
                text,
                "| {} | {target} | {} | {cpu:.2} | {} | {} |",
                operation.name(),
                thousands(of(|sample| sample.per_second)),
                shown(ratio, if ratio.unwrap_or(1.0) < 0.1 { 3 } else { 2 }),
                shown(redis, 2),
            );
        }
    }
    text
}

fn latency(results: &Results) -> String {
    let mut text = String::from(
        "At a fixed rate (open loop: from the moment a request was due), milliseconds:\n\n| | requests/s | | p50 | p99 | p99.9 |\n|---|---|---|---|---|---|\n",
    );
    let paces = [Pace::Fixed(RATES[0]), Pace::Fixed(RATES[1])];
    for operation in Operation::ALL {
        for pace in paces {
            for target in TARGETS {
                let of = |of: fn(&Sample) -> f64| value(results, target, operation, pace, of);
                let Some(p50) = of(|sample| sample.p50_ms) else { continue };
                let _ = writeln!(
                    text,
                    "| {} | {} | {target} | {p50:.2} | {} | {} |",
                    operation.name(),
                    thousands(of(|sample| sample.per_second)),
                    shown(of(|sample| sample.p99_ms), 2),
                    shown(of(|sample| sample.p999_ms), 2),
                );
            }
        }
    }
    text
}

fn own_core(results: &Results) -> String {
    let mut text = String::from(
        "`getSession` by one worker on a core of its own, at half of the gateway's saturation, the load and Redis on another core, milliseconds:\n\n| | requests/s | p50 | p99 | p99.9 |\n|---|---|---|---|---|\n",
    );
    let rounds = &results.own_core;
    let rate = thousands(median(rounds.iter().map(|round| round.rate).collect()));
    let targets = [
        ("gateway", rounds.iter().map(|round| &round.gateway).collect::<Vec<_>>()),
        ("Rust sketch", rounds.iter().map(|round| &round.sketch).collect()),
    ];
    for (name, latencies) in targets {
        let of =
            |value: fn(&Latency) -> f64| shown(median(latencies.iter().copied().map(value).collect()), 3);
        let (p50, p99, p999) = (of(|all| all.p50_ms), of(|all| all.p99_ms), of(|all| all.p999_ms));
        let _ = writeln!(text, "| {name} | {rate} | {p50} | {p99} | {p999} |");
    }
    text
}

fn memory(results: &Results) -> String {
    let mut text = String::from("Resident memory, MiB:\n\n| | idle | after the load |\n|---|---|---|\n");
    for target in TARGETS {
        if let Some(memory) = results.memory.get(target).filter(|memory| memory.idle > 0.0) {
            let _ = writeln!(text, "| {target} | {:.1} | {:.1} |", memory.idle, memory.after_load);
        }
    }
    text
}

fn machine(results: &Results) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let processor = read("/proc/cpuinfo");
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor = processor.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let version = |program: &str| {
        let output = std::process::Command::new(program).arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_default()
    };
    let redis = version("redis-server");
    let redis = redis.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("?").to_owned();
    let load = read("/proc/loadavg");
    format!(
        "{processor}, {cores} cores for servers, Redis and load alike; {} workers; Linux {}; Redis {redis}; Node.js {}; {}; medians of {} rounds; load of the machine at the end {}.\n",
        results.workers,
        read("/proc/sys/kernel/osrelease").trim(),
        version("node"),
        version("python3"),
        results.samples.iter().map(|sample| sample.round + 1).max().unwrap_or(0),
        load.split_whitespace().next().unwrap_or("?"),
    )
}

/// A number of few digits.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e4 => format!("{}k", (value / 1e3).round()),
        value if value >= 100.0 || value == value.round() => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
