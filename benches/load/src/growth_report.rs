//! The growth series as a part of `docs/performance.md`, and as plots beside it.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::growth::Step;
use crate::plot::{self, Line, short};
use crate::report;

pub fn write(steps: &[Step], document: &Path, plots: &Path) -> io::Result<()> {
    let mut text = String::new();
    for series in ["live sessions", "portals", "sessions of one user", "connections", "workers"] {
        let _ = writeln!(text, "{}", table(steps, series));
    }
    text.push_str(
        "![CPU of a request over the number of live sessions](performance/growth-sessions.svg)\n\n",
    );
    text.push_str("![CPU of a request over the number of portals](performance/growth-portals.svg)\n");
    std::fs::create_dir_all(plots)?;
    std::fs::write(plots.join("growth-sessions.svg"), plot_of(steps, "live sessions"))?;
    std::fs::write(plots.join("growth-portals.svg"), plot_of(steps, "portals"))?;
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

/// The work of a request, the gateway's and Redis's together, over the size.
fn plot_of(steps: &[Step], series: &str) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for step in steps.iter().filter(|step| step.series == series) {
        let point = (step.size as f64, step.cpu + step.redis_cpu);
        match lines.iter_mut().find(|line| line.name == step.what) {
            Some(line) => line.points.push(point),
            None => lines.push(Line { name: step.what.clone(), points: vec![point] }),
        }
    }
    plot::lines("CPU seconds for 100,000 requests, gateway and Redis", series, "", &lines)
}
