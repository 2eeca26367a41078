//! Every example of docs/clients.md is complete and true: it runs as it stands there, against a live gateway.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::app::{ACME_LIVE, ACME_TEST, Kind, TestApp, text};
use support::told::left_out;
use vestibule::domain::error::Code;

const UNKNOWN_KEY: &str = "rk_live_nobody00000000000000000000000000nobody";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the first block under a heading as a file of this name: with a good root key, and with an unknown one.
async fn run_example(heading: &str, file: &str, program: &[&str]) {
    let example = block_under(&format!("## {heading}"));
    let length = code_lines(&example);
    assert!(length < 20, "{heading}: {length} lines are more than an example should have");

    let app = TestApp::start(Kind::Memory).await;
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join(file), example).expect("a file is written");
    let modules = folder.path().join("node_modules/@unkey");
    std::fs::create_dir_all(&modules).expect("a directory");
    let sdk = root().join("tests/sdk/node_modules/unkey-api-2-5-1");
    std::os::unix::fs::symlink(sdk, modules.join("api")).expect("a link");
    let run = |key: &str| {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).arg(file).current_dir(folder.path());
        command.env("VESTIBULE_URL", &app.base).env("VESTIBULE_ROOT_KEY", key).env("NO_PROXY", "127.0.0.1");
        command.output().unwrap_or_else(|error| panic!("{}: {error}; tests/run installs it", program[0]))
    };

    let good = run(ACME_LIVE);
    assert!(good.status.success(), "{heading}: {good:#?}");
    let url = url::Url::parse(&stdout(&good)).unwrap_or_else(|error| panic!("{heading}: {error}: {good:#?}"));
    assert_eq!(url.host_str(), Some("portal.example.com"));
    let (_, session_id) = url.query_pairs().find(|(name, _)| name == "session").expect("a session ID");
    assert_eq!(app.exchange(&session_id).await.status, 200, "{heading}: the URL opens the portal");

    let refused = run(UNKNOWN_KEY);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && stdout(&refused).is_empty(), "{heading}: {refused:#?}");
    assert!(told.contains(Code::KeyNotFound.detail()), "{heading} does not show the detail: {told}");
    let page = format!("/errors/{}", Code::KeyNotFound.wire_name());
    assert!(told.contains(&page), "{heading} does not show where the fix is: {told}");
}

/// Where the language is not installed, the example is only looked at.
async fn run_example_if_installed(heading: &str, file: &str, program: &[&str]) {
    if Command::new(program[0]).arg("--version").output().is_ok() {
        run_example(heading, file, program).await;
    } else {
        left_out(&format!("{} is not installed, and so the example in {heading} did not run", program[0]));
        assert!(block_under(&format!("## {heading}")).contains("/v2/portal.createSession"));
    }
}

/// Runs the call under a heading of the third level; the `data` that it prints.
fn answer_of(heading: &str, app: &TestApp, key: &str) -> Value {
    let example = block_under(&format!("### {heading}"));
    let mut command = Command::new("bash");
    command.args(["-eu", "-o", "pipefail", "-c", &example]);
    command.env("VESTIBULE_URL", &app.base).env("VESTIBULE_ROOT_KEY", key).env("NO_PROXY", "127.0.0.1");
    let output = command.output().expect("bash runs");
    assert!(output.status.success(), "{heading}: {output:#?}");
    let answer: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    answer["data"].clone()
}

/// As the document tells to configure them: a component's portal, and root keys that know it.
fn with_component(config: String) -> String {
    let defaults = "default_portal = \"component\"\ndefault_permissions = [\"api.*.read_key\"]\n";
    let config = config.replace("\"direct-portal\"", "\"component\"");
    ["acme-live", "acme-test"].iter().fold(config, |config, id| {
        let line = format!("id = \"{id}\"\n");
        config.replace(&line, &format!("{line}{defaults}"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calls_about_sessions_and_for_tokens_do_what_the_document_says() {
    let app = TestApp::start_with(Kind::Memory, with_component).await;
    for (key, environment) in [(ACME_LIVE, "live"), (ACME_TEST, "test")] {
        let jwt = answer_of("A JWT for a user", &app, key);
        let opaque = answer_of("A token for a user", &app, key);
        let full = answer_of("A token with everything", &app, key);
        assert!(text(&jwt["token"]).starts_with("ey"));
        for opened in [&opaque, &full] {
            assert!(text(&opened["token"]).starts_with(&format!("pt_{environment}_")));
        }
        for opened in [&jwt, &opaque, &full] {
            assert_eq!((&opened["environment"], &opened["expiresIn"]), (&json!(environment), &json!(3_600)));
            assert!(app.accepts(text(&opened["token"])).await);
        }
        let session = app.get("/v2/portal.getSession").bearer(text(&full["token"])).send().await.data();
        assert_eq!(
            (&session["email"], &session["metadata"]["plan"]),
            (&json!("jane@example.com"), &json!("pro"))
        );
        let created = app.create_with(key, json!({})).await.data();
        let listed = answer_of("A user's sessions", &app, key);
        assert_eq!((&listed[0]["id"], &listed[0]["state"]), (&created["id"], &json!("pending")));
        assert_eq!(answer_of("One session ends", &app, key)["revoked"], 1);
        assert!(app.accepts(text(&jwt["token"])).await, "another one ended");
        assert_eq!(answer_of("All of a user's sessions end", &app, key)["revoked"], 4);
        for opened in [&jwt, &opaque, &full] {
            assert!(!app.accepts(text(&opened["token"])).await);
        }
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn block_under(heading: &str) -> String {
    let document = std::fs::read_to_string(root().join("docs/clients.md")).expect("the document");
    let mut lines = document.lines().skip_while(|line| *line != heading).skip(1);
    let mut section = lines.by_ref().take_while(|line| !line.starts_with("## "));
    let fence = section.find(|line| line.starts_with("```"));
    assert!(fence.is_some(), "docs/clients.md has no example under {heading}");
    section.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
}

/// Blank lines, and what a Go file begins with, are none.
fn code_lines(example: &str) -> usize {
    let after_imports = example.split_once("\n)\n").filter(|(head, _)| head.starts_with("package "));
    let code = after_imports.map_or(example, |(_, code)| code);
    code.lines().filter(|line| !line.is_empty()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_curl_runs() {
    run_example("curl", "example.sh", &["bash", "-eu", "-o", "pipefail"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_node_runs() {
    run_example("Node.js", "example.mjs", &["node"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_with_the_official_sdk_runs() {
    run_example("Node.js with the official SDK", "example.mjs", &["node"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_python_runs() {
    let python: PathBuf = root().join("target/tools/venv/bin/python");
    run_example("Python", "example.py", &[python.to_str().expect("a path")]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_go_runs() {
    run_example_if_installed("Go", "example.go", &["go", "run"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_php_runs() {
    run_example_if_installed("PHP", "example.php", &["php"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_ruby_runs() {
    run_example_if_installed("Ruby", "example.rb", &["ruby"]).await;
}
