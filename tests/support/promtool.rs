//! Prometheus' own checker, which `tests/run` fetches.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs it; whether it was content, and what it said.
pub fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let fetched = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/promtool"));
    let program = if fetched.exists() { fetched } else { "promtool".into() };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool runs (tests/run --install-only fetches it)");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may end before it has read everything.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}
