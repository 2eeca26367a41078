//! The workflows of GitHub Actions, which run nowhere but there: actionlint finds in them what GitHub would refuse.

use std::process::Command;

use serde_json::Value;

use super::{file, read, tool};

const RELEASE: &str = ".github/workflows/release.yml";

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
    let text = read(RELEASE);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("sudo")).collect();
    assert!(lines.iter().all(|line| !line.contains("scripts/") && !line.contains("cargo")), "{lines:?}");
}

/// What a step of a job of the release runs. `step`: the beginning of its name.
fn script(job: &str, step: &str) -> String {
    let workflow: Value = serde_saphyr::from_str(&read(RELEASE)).expect("YAML");
    let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
    let named = |one: &&Value| one["name"].as_str().is_some_and(|name| name.starts_with(step));
    let found = steps.iter().find(named).unwrap_or_else(|| panic!("{step} of {job}"));
    found["run"].as_str().expect("a script").to_owned()
}

/// A shell that runs it as GitHub does.
fn shell(script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    command
}

/// What it printed, and what it told later steps.
fn run(script: &str, event: &str, name: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let output = directory.path().join("output");
    // In Docker's place: it says what it was asked for.
    let mut command = shell(&format!("docker() {{ printf '%s\\n' \"$@\"; }}\n{script}"));
    command.env("GITHUB_OUTPUT", &output).env("GITHUB_SHA", "0a2fdc32fb724056c8669880422655d1d0eeb957");
    command.env("GITHUB_REPOSITORY", "Acme/Vestibule").env("PLATFORM", "arm64");
    command.env("GITHUB_EVENT_NAME", event).env("GITHUB_REF_NAME", name);
    let ran = command.output().expect("bash runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned() + &std::fs::read_to_string(&output).unwrap_or_default()
}

/// As a registry has it: what comes before the last colon, and a tag of at most 128 characters.
fn is_image(name: &str) -> bool {
    let Some((path, tag)) = name.rsplit_once(':') else { return false };
    let is_of = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    is_of(path, "./_-")
        && !path.contains(|c: char| c.is_ascii_uppercase())
        && (1..=128).contains(&tag.len())
        && is_of(tag, "._-")
        && !tag.starts_with(['.', '-'])
}

/// A branch may be called almost anything.
#[test]
fn the_images_of_every_run_have_names() {
    let name = script("binary", "The image's name");
    for (event, reference) in [
        ("workflow_dispatch", "main"),
        ("workflow_dispatch", "feature/a#b"),
        ("workflow_dispatch", "v0.3.0"),
        ("push", "v0.3.0"),
        ("push", "v0.3.0-rc.1+build.5"),
    ] {
        let told = run(&name, event, reference);
        let image = told.strip_prefix("name=").and_then(|image| image.strip_suffix("-arm64\n"));
        let image = image.unwrap_or_else(|| panic!("{told}"));
        assert!(is_image(image), "{image}");
        if event == "push" {
            let joined = run(&script("image", "One name"), event, reference);
            let joined: Vec<&str> = joined.lines().filter(|line| line.contains(':')).collect();
            assert!(joined.iter().all(|name| is_image(name)), "{joined:?}");
            assert_eq!(joined[2], format!("{image}-arm64"), "what was pushed");
        }
    }
}

/// Whoever runs it by hand may choose a tag too.
#[test]
fn a_run_by_hand_publishes_nothing() {
    let workflow: Value = serde_saphyr::from_str(&read(RELEASE)).expect("YAML");
    for (job, step, of_a_job) in [
        ("image", "imagetools create", true),
        ("binary", "docker/login-action", false),
        ("release", "gh release create", false),
    ] {
        let job = &workflow["jobs"][job];
        let does = |one: &&Value| {
            ["run", "uses"].iter().any(|key| one[*key].as_str().is_some_and(|it| it.contains(step)))
        };
        let found = job["steps"].as_array().expect("steps").iter().find(does).expect("a step");
        let condition = if of_a_job { &job["if"] } else { &found["if"] };
        assert_eq!(*condition, "github.event_name == 'push'", "{step}");
    }
    assert!(read(RELEASE).contains("push: ${{ github.event_name == 'push' }}"));
}

/// Without its profile, `scripts/release` would build as ever, and the release would seem to have one.
#[test]
fn a_release_whose_profile_fails_stops() {
    let directory = tempfile::tempdir().expect("a directory");
    let told = directory.path().join("environment");
    let profile = script("binary", "Profile").replace("${{ matrix.target }}", "x86_64-unknown-linux-musl");
    for (in_its_place, is_good) in [("return 1", false), ("echo a.profdata", true)] {
        let stand_ins = format!("sudo() {{ :; }}; rustup() {{ :; }}; bash() {{ {in_its_place}; }}");
        let ran =
            shell(&format!("{stand_ins}\n{profile}")).env("GITHUB_ENV", &told).output().expect("bash runs");
        assert_eq!(ran.status.success(), is_good, "{in_its_place}: {ran:?}");
        let told = std::fs::read_to_string(&told).unwrap_or_default();
        assert_eq!(told, if is_good { "VESTIBULE_PROFILE=a.profdata\n" } else { "" });
    }
}

/// Bash stops at a command that fails within `$(…)` only where an assignment is all that the line is.
#[test]
fn every_step_stops_where_a_command_within_it_fails() {
    for entry in std::fs::read_dir(file(".github/workflows")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a workflow");
        for line in text.lines().map(|line| line.trim().trim_start_matches("- run: ")) {
            let assigned = line.split_once("=$(").or_else(|| line.split_once("=\"$("));
            let is_assignment =
                assigned.is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(!line.contains("$(") || is_assignment, "{}: {line}", path.display());
        }
    }
}
