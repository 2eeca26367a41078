//! The workflows of GitHub Actions, which run nowhere but there: actionlint finds in them what GitHub would refuse.

use std::process::Command;

use super::{file, read, tool};

#[test]
fn actionlint_finds_nothing_in_the_workflows() {
    let Some(actionlint) = tool("actionlint") else { return };
    let mut command = Command::new(actionlint);
    // Where they are installed, it would ask them too: the same on every machine.
    command.args(["-no-color", "-shellcheck=", "-pyflakes="]);
    for entry in std::fs::read_dir(file(".github/workflows")).expect("a folder") {
        command.arg(entry.expect("an entry").path());
    }
    let output = command.output().expect("actionlint runs");
    assert!(output.status.success(), "{output:?}");
}

/// Root's files in `target` or in cargo's folders would stop the steps that follow it.
#[test]
fn the_release_builds_nothing_as_root() {
    let text = read(".github/workflows/release.yml");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("sudo")).collect();
    assert!(lines.iter().all(|line| !line.contains("scripts/") && !line.contains("cargo")), "{lines:?}");
}
