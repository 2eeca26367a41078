//! Measures the gateway beside others on the same work. The scripts beside this package (`benches/load/run`, `growth`,
//! `cluster`, `soak`) install what it needs and start it.

mod cluster;
mod gateway;
mod goals;
mod growth;
mod growth_report;
mod idle;
mod measure;
mod own_core;
mod pump;
mod redis;
mod report;
mod scaling;
mod server;
mod soak;
mod targets;
mod wire;

use std::io;
use std::path::{Path, PathBuf};

use measure::Plan;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str, default: f64| value(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let quick = flag("--quick");
    let repository = gateway::repository();
    let work = repository.join("target/load");
    let directory = work.join("run");
    std::fs::create_dir_all(&directory)?;
    raise_limit_of_files()?;
    let cores = std::thread::available_parallelism()?.get();
    let plan = Plan {
        gateway: value("--gateway")
            .map_or_else(|| repository.join("target/release/vestibule"), PathBuf::from),
        directory,
        python: work.join("venv/bin/python"),
        peers: repository.join("benches/load/peers"),
        rounds: number("--rounds", if quick { 1.0 } else { 3.0 }) as usize,
        seconds: number("--seconds", if quick { 0.5 } else { 3.0 }),
        workers: number("--workers", cores as f64) as usize,
        only: value("--only").map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default(),
    };
    // A trial leaves the document as it is.
    let document = if quick || !plan.only.is_empty() {
        None
    } else {
        Some(repository.join("docs/internals/performance.md"))
    };
    let document = value("--document").map(PathBuf::from).or(document);
    match arguments.first().map(String::as_str) {
        Some("growth") => {
            let steps = growth::run(&plan, quick)?;
            std::fs::write(work.join("growth.json"), serde_json::to_string_pretty(&steps)?)?;
            if let Some(document) = document {
                growth_report::write(&steps, &document)?;
            }
        }
        Some("cluster") => {
            let document = document.map(|document| scaling_beside(&document));
            cluster::run(&plan, document.as_deref())?;
        }
        Some("soak") => soak::run(&plan, number("--minutes", if quick { 1.0 } else { 60.0 }))?,
        Some("run") => {
            let results = measure::run(&plan)?;
            std::fs::write(work.join("results.json"), serde_json::to_string_pretty(&results)?)?;
            println!("\n{}", goals::table(&results));
            if let Some(document) = document {
                report::write(&results, &document)?;
                scaling::write(&results, &scaling_beside(&document))?;
            }
        }
        Some(_) | None => {
            return Err(io::Error::other("usage: vestibule-load run | growth | cluster | soak"));
        }
    }
    Ok(())
}

/// The tables of scaling are read by users: `docs/scaling.md`, above `docs/internals`.
fn scaling_beside(document: &Path) -> PathBuf {
    document.parent().and_then(Path::parent).unwrap_or(document).join("scaling.md")
}

/// Thousands of connections need as many files, here and in the servers that are started from here.
fn raise_limit_of_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}
