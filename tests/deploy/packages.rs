//! `scripts/package`: what npm, pip and dpkg install runs the binary that went in. A script stands for the binary, which would
//! take a release build; docs/releasing.md tells how the real one is tried.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::support::told::left_out;
use super::{file, of_debian};

const PYTHON: &str = "target/tools/venv/bin/python";

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// The folder with the packages.
fn packed(kind: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let binary = directory.path().join("binary");
    std::fs::write(&binary, "#!/bin/sh\necho \"vestibule $*\"\n").expect("a file is written");
    std::fs::set_permissions(&binary, PermissionsExt::from_mode(0o755)).expect("it is a program");
    let mut command = Command::new("bash");
    command.arg(file("scripts/package")).arg(kind).arg(&binary).arg(directory.path().join("out"));
    run(command.env("PYTHON", file(PYTHON)));
    directory
}

fn files(directory: &Path, ending: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory.join("out")).expect("a folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.to_str().is_some_and(|path| path.ends_with(ending)));
    assert!(!files.is_empty(), "{ending}");
    files
}

#[cfg(target_os = "linux")]
#[test]
fn npx_and_uvx_start_the_playground() {
    let directory = packed("playground");
    let place = directory.path();
    std::fs::write(place.join("package.json"), "{\"private\":true}").expect("a file is written");
    let mut npm = Command::new("npm");
    npm.args(["install", "--offline", "--no-audit", "--no-fund"]).args(files(place, ".tgz"));
    run(npm.current_dir(place));
    let mut playground = Command::new(place.join("node_modules/.bin/playground"));
    assert_eq!(run(playground.args(["--listen", "x"])), "vestibule dev --listen x\n");

    let site = place.join("site");
    let mut pip = Command::new(file(PYTHON));
    pip.args(["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", "--target"]);
    run(pip.arg(&site).args(files(place, ".whl")));
    let mut playground = Command::new(site.join("bin/vestibule-playground"));
    let told = run(playground.args(["--listen", "x"]).env("PYTHONPATH", &site));
    assert_eq!(told, "vestibule dev --listen x\n");
}

#[test]
fn the_debian_package_brings_the_binary_and_the_unit() {
    if of_debian("dpkg-deb").is_none() {
        return;
    }
    let directory = packed("debian");
    let place = directory.path();
    run(Command::new("dpkg-deb").arg("--extract").args(files(place, ".deb")).arg(place.join("root")));
    assert_eq!(run(Command::new(place.join("root/usr/bin/vestibule")).arg("check")), "vestibule check\n");
    let unit = std::fs::read_to_string(place.join("root/usr/lib/systemd/system/vestibule.service"));
    let unit = unit.expect("a unit");
    assert!(unit.contains("ExecStart=/usr/bin/vestibule serve") && !unit.contains("/usr/local"), "{unit}");
    let version = run(Command::new("dpkg-deb").arg("--field").args(files(place, ".deb")).arg("Version"));
    assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));
}

/// Homebrew itself is not to be had here; Ruby reads the formula where it is.
#[test]
fn the_formula_takes_each_binary_by_its_sum() {
    let place = tempfile::tempdir().expect("a directory");
    let version = env!("CARGO_PKG_VERSION");
    let (intel, arm) = ("1a".repeat(32), "2b".repeat(32));
    let line =
        |sum: &str, processor: &str| format!("{sum}  vestibule-{version}-{processor}-unknown-linux-musl");
    let bill = format!("{}.cdx.json", line(&"3c".repeat(32), "x86_64"));
    let sums = place.path().join("SHA256SUMS");
    let package = |lines: &[String]| {
        std::fs::write(&sums, lines.join("\n")).expect("a file is written");
        let mut command = Command::new("bash");
        command.arg(file("scripts/package")).arg("homebrew").args([&sums, place.path()]);
        command.output().expect("bash runs")
    };

    let one = package(&[line(&intel, "x86_64")]);
    assert!(!one.status.success() && String::from_utf8_lossy(&one.stderr).contains("aarch64"), "{one:?}");
    let both = package(&[bill, line(&intel, "x86_64"), line(&arm, "aarch64")]);
    assert!(both.status.success(), "{both:?}");
    let path = place.path().join("vestibule.rb");
    let formula = std::fs::read_to_string(&path).expect("a formula");
    for (processor, sum) in [("x86_64", intel), ("aarch64", arm)] {
        let binary = format!(
            "/v{version}/vestibule-{version}-{processor}-unknown-linux-musl\"\n      sha256 \"{sum}\""
        );
        assert!(formula.contains(&binary), "{formula}");
    }
    assert!(!formula.contains('@'), "a place that nothing filled: {formula}");
    if Command::new("ruby").arg("--version").output().is_ok() {
        run(Command::new("ruby").arg("-c").arg(path));
    } else {
        left_out("there is no Ruby, which reads the formula");
    }
}
