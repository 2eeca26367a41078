//! What is in `deploy/`: that each file is valid to the program that reads it, keeps to what the documents promise, and
//! works with this gateway. Programs come from `tests/run`; where one is not to be had, its test says so and ends.

#[path = "deploy/chart.rs"]
mod chart;
#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/image.rs"]
mod image;
#[path = "deploy/names.rs"]
mod names;
#[path = "deploy/nginx.rs"]
mod nginx;
#[path = "deploy/packages.rs"]
mod packages;
#[path = "deploy/rolling.rs"]
mod rolling;
mod support;
#[path = "deploy/unit.rs"]
mod unit;
#[path = "deploy/workflows.rs"]
mod workflows;

use std::path::{Path, PathBuf};

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program that `tests/run` fetches; none where its project has no build for this machine.
#[allow(clippy::print_stdout)] // For who reads the log of a run.
fn tool(name: &str) -> Option<PathBuf> {
    let path = file("target/tools").join(name);
    if !path.exists() {
        println!("not tested: there is no {name} here (tests/run --install-only fetches it)");
        return None;
    }
    Some(path)
}
