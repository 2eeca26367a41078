//! One script in `node`: what it prints, and what it asks for.
//!
//! A line `@<command>` of its standard output is a question; the answer is a line on its standard input, when the
//! command has been carried out.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::app::ACME_LIVE;
use crate::support::node;

/// Several times what the slowest one takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Killed with the value; its Chromium ends with it.
pub struct Script {
    child: Child,
    lines: Receiver<String>,
}

impl Script {
    pub fn start(name: &str, ports: &[(&str, u16)]) -> Self {
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
        Script::start_with_pictures(name, ports, &pictures)
    }

    pub fn start_with_pictures(name: &str, ports: &[(&str, u16)], pictures: &Path) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("tests/browser");
        assert!(
            folder.join("node_modules").is_dir(),
            "playwright-core is missing: run tests/run, which installs it"
        );
        let mut command = Command::new(node::binary());
        command.arg(format!("{name}.test.mjs")).current_dir(folder);
        command.env("VESTIBULE_ROOT_KEY", ACME_LIVE).env("PICTURES", pictures);
        for (place, port) in ports {
            command.env(format!("{}_PORT", place.to_uppercase()), port.to_string());
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("node is installed: tests/run installs it");
        let stdout = child.stdout.take().expect("its output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Script { child, lines }
    }

    /// Until it ends, which must be well.
    pub fn run(mut self, obey: impl Fn(&str)) {
        let deadline = Instant::now() + LIMIT;
        let mut printed = String::new();
        let mut answers = self.child.stdin.take().expect("its input is piped");
        // The channel ends with the script's output.
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            match line.strip_prefix('@') {
                Some(command) => {
                    obey(command);
                    answers.write_all(b"done\n").expect("the script listens");
                }
                None => printed.extend([&line, "\n"]),
            }
        }
        assert!(Instant::now() < deadline, "the script does not end:\n{printed}");
        let status = self.child.wait().expect("the script ends");
        assert!(status.success(), "{printed}");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
