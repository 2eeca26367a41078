//! `deploy/systemd/vestibule.service`: valid to systemd, and rated by it.

use std::process::Output;

use super::{file, of_debian, read};

const UNIT: &str = "deploy/systemd/vestibule.service";

/// None on a machine without systemd.
fn systemd_analyze(arguments: &[&str]) -> Option<Output> {
    let mut command = of_debian("systemd-analyze")?;
    Some(command.args(arguments).output().expect("it runs"))
}

fn value<'a>(unit: &'a str, name: &str) -> &'a str {
    let line = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("{name} in {unit}"))
}

#[test]
fn systemd_rates_its_exposure_below_3() {
    let path = file(UNIT);
    let path = path.to_str().expect("a path");
    let Some(output) = systemd_analyze(&["security", "--offline=true", "--threshold=29", path]) else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn systemd_understands_every_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let unit = directory.path().join("vestibule.service");
    let text = read(UNIT).replace("/usr/local/bin/vestibule", env!("CARGO_BIN_EXE_vestibule"));
    std::fs::write(&unit, text).expect("a file is written");
    let Some(output) = systemd_analyze(&["verify", unit.to_str().expect("a path")]) else { return };
    let told = String::from_utf8_lossy(&output.stderr);
    let about_it: Vec<&str> = told.lines().filter(|line| line.contains("vestibule.service")).collect();
    assert_eq!(about_it, [""; 0]);
}

#[test]
fn it_waits_for_the_gateways_own_pace() {
    let unit = read(UNIT);
    assert_eq!(value(&unit, "Type"), "notify");
    assert_eq!(value(&unit, "RestartPreventExitStatus"), "2", "what is wrong in a file stays so");
    assert_eq!((value(&unit, "Restart"), value(&unit, "StartLimitIntervalSec")), ("on-failure", "0"));
    assert!(
        value(&unit, "After").contains("remote-fs.target"),
        "a disk of the network may hold the configuration"
    );
    // docs/operations.md, Stopping: 25 more than server.drain_seconds.
    let defaults = read("config/default.toml");
    let drain: u64 =
        defaults.lines().find_map(|line| line.strip_prefix("drain_seconds = ")?.parse().ok()).expect("it");
    assert!(value(&unit, "TimeoutStopSec").parse::<u64>().expect("seconds") >= drain + 25);
    assert!(value(&unit, "LimitNOFILE").parse::<u64>().expect("a number") >= 65_536);
}
