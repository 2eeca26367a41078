//! `docs/quickstart.md` to the letter: its files, its commands, and in a real Chromium what it promises at the end.
//!
//! Other ports, the binary that is tested in the place of `cargo run`, and libraries that are here already.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::real_portals::{built, script};
use crate::support::node;
use crate::support::process::Process;
use crate::support::redis_server::free_port;
use crate::support::typescript_sdk;

const DOCUMENT: &str = include_str!("../../docs/quickstart.md");
const INSTALL: &str = "npm --prefix quickstart install --install-links ./sdk/typescript ";

/// The reader's folder, and the ports of their machine.
struct Reader {
    folder: PathBuf,
    ports: [(&'static str, u16); 3],
    environment: BTreeMap<String, String>,
}

impl Reader {
    fn new() -> Self {
        // With Next.js and the SDK in it, as they would be installed.
        let folder = PathBuf::from(built("quickstart"));
        let ports = ["8080", "3001", "3002"].map(|port| (port, free_port()));
        Reader { folder, ports, environment: BTreeMap::new() }
    }

    /// With the ports of this test.
    fn here(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (port, here)| text.replace(port, &here.to_string()))
    }

    fn save_the_files(&self) {
        let mut saved = Vec::new();
        for block in blocks() {
            let first = block.lines().next().unwrap_or_default();
            let name = first.trim_start_matches(['#', '/', ' ']);
            if let Some(name) = name.strip_prefix("quickstart/") {
                std::fs::write(self.folder.join("quickstart").join(name), self.here(&block))
                    .expect("a file is written");
                saved.push(name.to_owned());
            }
        }
        assert_eq!(saved.len(), 6, "{saved:?}");
    }

    /// A command that goes on, until it prints this.
    fn starts(&self, command: &str, printed: &str) -> Process {
        let command = self.here(command).replace("cargo run --", env!("CARGO_BIN_EXE_vestibule"));
        // `exec`: what is killed with the value is the program itself.
        let command = match command.strip_prefix("(cd quickstart && npx next ") {
            Some(arguments) => {
                let next = "exec node node_modules/next/dist/bin/next";
                format!("cd quickstart && {next} {}", arguments.trim_end_matches(')'))
            }
            None => format!("exec {command}"),
        };
        let command = format!("{}{command}", node_first());
        let mut bash = Command::new("bash");
        bash.args(["-euc", &command]).current_dir(&self.folder).envs(&self.environment);
        bash.env("NEXT_TELEMETRY_DISABLED", "1");
        let mut process = Process::spawn(&mut bash);
        if !printed.is_empty() {
            process.wait_for_line(|line| line.contains(printed));
        }
        process
    }

    /// In order. What is installed is only compared.
    fn runs_the_commands(&mut self) -> Running {
        let mut running = Running(Vec::new());
        for command in commands() {
            if let Some(variable) = command.strip_prefix("export ") {
                let (name, value) = variable.split_once('=').expect("a value");
                self.environment.insert(name.to_owned(), self.here(value));
            } else if let Some(libraries) = command.strip_prefix(INSTALL) {
                libraries.split(' ').for_each(is_the_tested_version);
            } else if command.starts_with("mkdir ") {
                let status = Command::new("bash").args(["-euc", &command]).current_dir(&self.folder).status();
                assert!(status.expect("bash runs").success(), "{command}");
                self.save_the_files();
            } else if command.starts_with("cargo run -- serve") {
                running.0.push(self.starts(&command, "listening"));
            } else if command.starts_with("node ") {
                running.0.push(self.starts(&command, ""));
            } else if command.starts_with("(cd quickstart && npx next dev") {
                running.0.push(self.starts(&command, "Ready"));
            } else {
                assert!(command.starts_with("npm --prefix sdk/typescript ") || command.starts_with("curl "));
            }
        }
        assert_eq!(running.0.len(), 3);
        running
    }
}

/// `next dev` has a child, which ends only where its parent is asked to.
struct Running(Vec<Process>);

impl Drop for Running {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = Command::new("kill").args(["-TERM", &process.pid().to_string()]).status();
        }
        if !std::thread::panicking() {
            for process in &mut self.0 {
                process.wait();
            }
        }
    }
}

fn blocks() -> Vec<String> {
    let fenced = DOCUMENT.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n').map(|(_, text)| format!("{text}\n"))).collect()
}

fn commands() -> Vec<String> {
    DOCUMENT.lines().filter_map(|line| Some(line.strip_prefix("$ ")?.to_owned())).collect()
}

/// Where the machine's own is too old, another one comes first.
fn node_first() -> String {
    let node = node::binary();
    let folder = node.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map(|folder| format!("export PATH={}:$PATH; ", folder.display())).unwrap_or_default()
}

fn is_the_tested_version(library: &str) {
    let manifest: Value = serde_json::from_str(include_str!("package.json")).expect("JSON");
    let (name, version) = library.split_once('@').expect("a version");
    assert_eq!(manifest["dependencies"][name], version, "{library}");
}

#[test]
fn the_quickstart_leads_to_a_protected_page() {
    typescript_sdk::build();
    let mut reader = Reader::new();
    let running = reader.runs_the_commands();
    let seen =
        script("quickstart.mjs").arg(reader.here("http://localhost:3002")).output().expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
    assert!(seen.status.success(), "{said}{errors}");
    drop(running);
}

#[test]
fn the_key_of_the_quickstart_is_that_of_the_examples() {
    let read = |path: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a text")
    };
    for word in ["rk_test_", "sha256 = \""] {
        let rest = DOCUMENT.split_once(word).expect(word).1;
        let value = rest.split(['"', '\n']).next().unwrap_or_default();
        let others = read("examples/start") + &read("examples/gateway.toml");
        assert!(others.contains(&format!("{word}{value}")), "{word}{value}");
    }
}
