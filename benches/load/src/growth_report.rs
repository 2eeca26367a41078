//! The growth series as a part of `docs/internals/performance.md`.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::growth::Step;
use crate::report::{self, short};

pub fn write(steps: &[Step], document: &Path) -> io::Result<()> {
    let mut text = String::new();
    for series in ["live sessions", "portals", "sessions of one user", "connections", "workers"] {
        let _ = writeln!(text, "{}", table(steps, series));
    }
    report::replace_between_markers(document, "benches/load/growth", text.trim_end())
}

fn table(steps: &[Step], series: &str) -> String {
    let of_series: Vec<&Step> = steps.iter().filter(|step| step.series == series).collect();
    let mut text = format!(
        "| {series} | | CPU s / 100,000 | Redis CPU s / 100,000 | p50 ms | p99 ms | {} |\n|---|---|---|---|---|---|---|\n",
        match series {
            "live sessions" => "bytes of Redis a session",
            "sessions of one user" => "longest hold of Redis, ms",
            "workers" => "requests/s at saturation",
            _ => "",
        }
    );
    for step in of_series {
        let last = step.bytes.or(step.longest_ms).or(step.per_second);
        let cpu = |value: f64| if value > 0.0 { format!("{value:.2}") } else { "–".to_owned() };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.2} | {:.2} | {} |",
            short(step.size as f64),
            step.what,
            cpu(step.cpu),
            cpu(step.redis_cpu),
            step.p50_ms,
            step.p99_ms,
            last.map_or_else(String::new, short),
        );
    }
    text
}
