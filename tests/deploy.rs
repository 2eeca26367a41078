//! What is in `deploy/`: that each file is valid to the program that reads it, keeps to what the documents promise, and
//! works with this gateway. Programs come from `tests/run`. Where it fetches one, a test that misses it fails; where one is
//! not to be had, its test says so and ends.

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
#[path = "deploy/secret.rs"]
mod secret;
mod support;
#[path = "deploy/unit.rs"]
mod unit;
#[path = "deploy/workflows.rs"]
mod workflows;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::told::left_out;

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program that `tests/run` fetches; none where its project has no build for this machine.
fn tool(name: &str) -> Option<PathBuf> {
    let path = file("target/tools").join(name);
    if path.exists() {
        return Some(path);
    }
    let is_for_intel = ["helm", "kubectl"].contains(&name);
    let is_fetched = cfg!(target_os = "linux")
        && (cfg!(target_arch = "x86_64") || cfg!(target_arch = "aarch64") && !is_for_intel);
    assert!(!is_fetched, "there is no {name}: run tests/run --install-only, which fetches it");
    left_out(&format!("there is no {name} for this machine"));
    None
}

/// One that every machine with Debian's packages has, or that `tests/run` installs there.
fn of_debian(name: &str) -> Option<Command> {
    let runs = |name: &str| match Command::new(name).arg("--version").output() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => panic!("{name}: {error}"),
    };
    if runs(name) {
        return Some(Command::new(name));
    }
    assert!(!runs("apt-get"), "there is no {name}: run tests/run --install-only, which installs it");
    left_out(&format!("there is no {name}, which Debian has"));
    None
}

#[test]
fn a_program_that_is_fetched_must_be_there() {
    let is_refused = |name: &'static str| std::panic::catch_unwind(|| tool(name)).is_err();
    let fetches = cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));
    assert_eq!(is_refused("no-such-program"), fetches);
    let has_apt = Command::new("apt-get").arg("--version").output().is_ok();
    assert_eq!(std::panic::catch_unwind(|| of_debian("no-such-program")).is_err(), has_apt);
}
