//! How the documents and the chart tell to make its Secret: the commands run as they stand there, kubectl without a cluster,
//! and no secret is where another user of the machine, or a later one of the shell, could read it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::chart::{CHART, helm};
use super::support::process::vestibule;
use super::{file, read, tool};

const URL: &str = "rediss://user:password@redis.example.com:6379/0";

/// Where a document says what not to do.
const WARNING: &str = "So no secret is in the list of processes, as one in `--from-literal` is, nor";

/// In kubectl's place: notes its arguments, and which files others could read; then what the Secret would hold.
const KUBECTL: &str = r#"#!/bin/sh
printf '%s\n' "$@" >"$NOTES/arguments"
find . -type f -perm /077 >"$NOTES/readable"
exec "$KUBECTL" "$@" --dry-run=client --output 'go-template={{range $key, $value := .data}}{{$key}}={{base64decode $value}}{{end}}' \
  >"$NOTES/secret"
"#;

/// Runs commands of a person who pastes the URL; the secret that came out is one that a gateway takes.
fn makes_the_secret(commands: &str) {
    let Some(kubectl) = tool("kubectl") else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let place = |name: &str| directory.path().join(name);
    for name in ["bin", "notes", "work"] {
        std::fs::create_dir(place(name)).expect("a folder");
    }
    std::fs::write(place("bin/kubectl"), KUBECTL).expect("a file is written");
    std::fs::set_permissions(place("bin/kubectl"), PermissionsExt::from_mode(0o755)).expect("it runs");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vestibule"), place("bin/vestibule")).expect("a link");
    std::fs::write(place("pasted"), format!("{URL}\n")).expect("a file is written");
    let mut command = Command::new("bash");
    command
        .args(["-eu", "-c", &format!("umask 022\nPATH=$BIN:$PATH\n{commands}")])
        .current_dir(place("work"));
    command.env("BIN", place("bin"));
    command.env("KUBECTL", kubectl).env("NOTES", place("notes")).env("KUBECONFIG", "/dev/null");
    command.stdin(Stdio::from(std::fs::File::open(place("pasted")).expect("a file")));
    let output = command.output().expect("bash runs");
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));

    let noted = |name: &str| std::fs::read_to_string(place("notes").join(name)).expect("a file");
    let secret = noted("secret");
    let [first, second] = secret.lines().collect::<Vec<_>>()[..] else { panic!("two keys: {secret}") };
    let key = first.strip_prefix("server-secret=").expect("the gateway's secret");
    assert_eq!(second, format!("store-url={URL}"));
    let arguments = noted("arguments");
    assert!(!arguments.contains(key) && !arguments.contains("password"), "{arguments}");
    assert_eq!(noted("readable"), "", "others can read these");
    assert_eq!(std::fs::read_dir(place("work")).expect("a folder").count(), 0, "a secret is left behind");
    is_taken(&place("server-secret"), &format!("{key}\n"));
}

fn is_taken(path: &Path, secret: &str) {
    std::fs::write(path, secret).expect("a file is written");
    let mut command = vestibule(&["check"]);
    command.env("VESTIBULE__SERVER__SECRET_FILE", path).env("VESTIBULE__STORE__URL", URL);
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_document_makes_it() {
    let document = read("docs/containers.md");
    let block = document.split("\n## Kubernetes\n").nth(1).and_then(|rest| rest.split("```").nth(1));
    let block = block.expect("a block of commands").strip_prefix("console\n").expect("a console");
    let (typed, pasted): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("$ "));
    assert_eq!(pasted, [URL]);
    let typed: Vec<&str> = typed.into_iter().filter_map(|line| line.strip_prefix("$ ")).collect();
    makes_the_secret(&typed.join("\n"));
}

#[test]
fn what_the_chart_tells_after_an_installation_makes_it() {
    let arguments = ["install", "shop", CHART, "--dry-run=client"];
    let Some(output) = helm(&arguments, &["secret.storeUrl=store-url"]) else { return };
    let told = String::from_utf8(output.stdout).expect("text");
    let notes = told.split("\nNOTES:\n").nth(1).expect("notes");
    let commands: Vec<&str> = notes.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    makes_the_secret(&commands.join("\n"));
}

/// Every user of the machine sees a command's arguments, and the shell keeps what was typed.
#[test]
fn no_document_passes_a_secret_as_an_argument() {
    let mut command = Command::new("git");
    command.args(["grep", "-nF", "--", "--from-literal", ":!CHANGELOG.md", ":!tests"]);
    let output = command.current_dir(file("")).output().expect("git runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    // 0: it has found some, 1: none. Else it has not looked, and has found none either.
    assert!(matches!(output.status.code(), Some(0 | 1)), "git cannot look: {errors}");
    let found = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> = found.lines().filter(|line| !line.ends_with(WARNING)).collect();
    assert_eq!(found, [""; 0]);
    assert!(read("docs/containers.md").contains(WARNING), "the sentence has changed: look through that page");
}
