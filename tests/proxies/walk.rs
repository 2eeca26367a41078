//! A document to the letter: its files, and its commands in order, as somebody who reads it would do.
//!
//! Other ports, the binary that is tested in the place of `cargo run`, and libraries that are here already: what would be
//! installed is only compared with what is tested. A file says in its first line how it is called.
//! Must not know: what a document promises; its test does.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::node;
use crate::support::process::Process;
use crate::support::redis_server::free_port;

const LIMIT: Duration = Duration::from_secs(60);
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a document is about.
pub struct Plan {
    pub document: &'static str,
    /// The folder that its reader makes.
    pub folder: &'static str,
    /// Where that folder is, with its libraries.
    pub place: PathBuf,
    /// Of the programs that go on, in the order in which they start.
    pub ports: &'static [&'static str],
    /// Of the demo app, where there is one.
    pub demo_app: Option<&'static str>,
}

/// Somebody who has followed a document to its end. What they have started ends with the value.
pub struct Reader {
    plan: Plan,
    ports: Vec<(&'static str, u16)>,
    environment: BTreeMap<String, String>,
    running: Vec<Process>,
    pub saved: Vec<String>,
}

/// A command, and what the document says that it prints.
struct Step {
    command: String,
    prints: Vec<String>,
}

impl Reader {
    pub fn follow(plan: Plan) -> Self {
        let all = plan.ports.iter().chain(&plan.demo_app);
        let ports = all.map(|port| (*port, free_port())).collect();
        let mut reader =
            Reader { plan, ports, environment: BTreeMap::new(), running: Vec::new(), saved: Vec::new() };
        for step in steps(reader.plan.document) {
            reader.takes(&step);
        }
        assert_eq!(reader.running.len(), reader.plan.ports.len(), "of the programs that go on");
        reader
    }

    /// With the ports of this test.
    pub fn here(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (port, here)| text.replace(port, &here.to_string()))
    }

    fn takes(&mut self, Step { command, prints }: &Step) {
        let folder = self.plan.folder;
        let installs = format!("npm --prefix {folder} install --install-links ./sdk/typescript ");
        let pip = format!("{folder}/.venv/bin/pip install ");
        let is_elsewhere = ["npm --prefix sdk/typescript ", "python3 -m venv ", "curl "];
        if let Some(variable) = command.strip_prefix("export ") {
            let (name, value) = variable.split_once('=').expect("a value");
            // The one that the gateway's terminal shows.
            let value = if value.ends_with('…') { self.printed(name) } else { self.here(value) };
            self.environment.insert(name.to_owned(), value);
        } else if let Some(libraries) = command.strip_prefix(&installs) {
            libraries.split(' ').for_each(is_the_tested_version);
        } else if let Some(libraries) = command.strip_prefix(&pip) {
            libraries.split(' ').for_each(is_the_tested_wheel);
        } else if command.starts_with("mkdir ") {
            self.runs(command);
            self.saves_the_files();
        } else if command.starts_with("cp ") {
            self.runs(&command.replace("cp ", &format!("cp {ROOT}/")));
        } else if !prints.is_empty() {
            assert_eq!(self.runs(command).lines().collect::<Vec<_>>(), *prints, "{command}");
        } else if !is_elsewhere.iter().any(|other| command.starts_with(other)) {
            self.starts(command);
        }
    }

    fn saves_the_files(&mut self) {
        for block in blocks(self.plan.document) {
            let first = block.lines().next().unwrap_or_default();
            let name =
                first.trim_start_matches(['#', '/', ' ', '<', '!', '-']).trim_end_matches([' ', '-', '>']);
            if let Some(name) = name.strip_prefix(&format!("{}/", self.plan.folder)) {
                let path = self.plan.place.join(self.plan.folder).join(name);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
                // The name would come before the document type.
                let text = if first.starts_with("<!--") { &block[first.len() + 1..] } else { &block };
                std::fs::write(path, self.here(text)).expect("a file is written");
                self.saved.push(name.to_owned());
            }
        }
    }

    fn bash(&self, command: &str) -> Command {
        let mut bash = Command::new("bash");
        let command = format!("{}{command}", node_first());
        bash.args(["-euc", &command]).current_dir(&self.plan.place).envs(&self.environment);
        bash.env("NEXT_TELEMETRY_DISABLED", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        bash
    }

    /// To its good end; what it printed.
    pub fn runs(&self, command: &str) -> String {
        let output = self.bash(&self.here(command)).output().expect("bash runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command}\n{printed}{}", String::from_utf8_lossy(&output.stderr));
        printed
    }

    /// A command that goes on, until it listens.
    fn starts(&mut self, command: &str) {
        let document_port = self.plan.ports[self.running.len()];
        let command = self.here(&self.as_tested(command));
        let mut process = Process::spawn(&mut self.bash(&command));
        let port = self.ports.iter().find(|(port, _)| *port == document_port).expect("its port").1;
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(!process.has_ended() && Instant::now() < deadline, "{command} does not listen");
            // A wait for the condition above, not for time to pass.
            std::thread::sleep(Duration::from_millis(20));
        }
        self.running.push(process);
    }

    /// `exec`: what is killed with the value is the program itself.
    fn as_tested(&self, command: &str) -> String {
        let folder = self.plan.folder;
        if let Some(arguments) = command.strip_prefix("cargo run -- ") {
            let gateway = self.plan.ports[0];
            let listen = match self.plan.demo_app {
                _ if arguments.starts_with("serve ") => String::new(),
                Some(app) => format!(" --listen 127.0.0.1:{gateway} --app-listen 127.0.0.1:{app}"),
                None => format!(" --listen 127.0.0.1:{gateway}"),
            };
            return format!("exec {} {arguments}{listen}", env!("CARGO_BIN_EXE_vestibule"));
        }
        for (tool, program) in [("next", "next/dist/bin/next"), ("vite", "vite/bin/vite.js")] {
            if let Some(arguments) = command.strip_prefix(&format!("(cd {folder} && npx {tool} ")) {
                let arguments = arguments.trim_end_matches(')');
                return format!("cd {folder} && exec node node_modules/{program} {arguments}");
            }
        }
        // As a module: the script in an environment that was moved names the interpreter of its former place.
        let script = format!("{folder}/.venv/bin/");
        format!("exec {}", command.replace(&script, &format!("{ROOT}/target/tools/venv/bin/python -m ")))
    }

    /// What the gateway's terminal shows for an `.env` file.
    fn printed(&mut self, name: &str) -> String {
        let gateway = self.running.first_mut().expect("the gateway runs");
        let start = format!("{name}=");
        if !gateway.output.iter().any(|line| line.starts_with(&start)) {
            gateway.wait_for_line(|line| line.starts_with(&start));
        }
        let line = gateway.output.iter().find_map(|line| line.strip_prefix(&start));
        line.expect("it was waited for").to_owned()
    }
}

/// `next dev` has a child, which ends only where its parent is asked to.
impl Drop for Reader {
    fn drop(&mut self) {
        for process in &self.running {
            let _ = Command::new("kill").args(["-TERM", &process.pid().to_string()]).status();
        }
        if !std::thread::panicking() {
            for process in &mut self.running {
                process.wait();
            }
        }
    }
}

fn blocks(document: &str) -> impl Iterator<Item = String> {
    let fenced = document.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n').map(|(_, text)| format!("{text}\n")))
}

/// Whatever stands below a command in its block is what it prints.
fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in blocks(document).filter(|block| block.starts_with("$ ")) {
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step { command: command.to_owned(), prints: Vec::new() }),
                (None, Some(step)) => step.prints.push(line.to_owned()),
                (None, None) => {}
            }
        }
    }
    steps
}

/// Where the machine's own is too old, another one comes first.
fn node_first() -> String {
    let node = node::binary();
    let folder = node.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map(|folder| format!("export PATH={}:$PATH; ", folder.display())).unwrap_or_default()
}

fn is_the_tested_version(library: &str) {
    let manifest: Value = serde_json::from_str(include_str!("package.json")).expect("JSON");
    let (name, version) = library.rsplit_once('@').expect("a version");
    assert_eq!(manifest["dependencies"][name], version, "{library}");
}

fn is_the_tested_wheel(library: &str) {
    let pinned = std::fs::read_to_string(Path::new(ROOT).join("tests/requirements.txt")).expect("a list");
    assert!(pinned.lines().any(|line| line == library), "{library}");
}
