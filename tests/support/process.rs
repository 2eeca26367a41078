//! The built binary as its operator runs it: a process with arguments, signals and standard output. Other
//! programs that a test follows line by line run here too.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);

/// The binary with arguments.
pub fn vestibule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments);
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    vestibule(arguments).output().expect("the binary runs")
}

/// A gateway process; killed with the value.
pub struct Process {
    child: Child,
    /// Until somebody reads it.
    unread: Option<ChildStdout>,
    lines: Receiver<String>,
    pub output: Vec<String>,
    pub address: SocketAddr,
}

impl Process {
    /// `vestibule serve --config FILE`, once it listens. The file must ask for JSON logs.
    pub fn serve(config: &Path) -> Self {
        Self::serve_by(vestibule(&["serve", "--config"]).arg(config))
    }

    /// A gateway by its whole command.
    pub fn serve_by(command: &mut Command) -> Self {
        Self::start(command, |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            if line["message"] == "listening" { line["address"].as_str()?.parse().ok() } else { None }
        })
    }

    /// Any command that prints where it listens.
    pub fn start(command: &mut Command, address_in: impl Fn(&str) -> Option<SocketAddr>) -> Self {
        let mut process = Self::spawn(command);
        process.wait_for_line(|line| address_in(line).is_some());
        process.address = process.output.last().and_then(|line| address_in(line)).expect("its address");
        process
    }

    /// Any command; without an address.
    pub fn spawn(command: &mut Command) -> Self {
        let mut process = Self::spawn_unread(command);
        process.read();
        process
    }

    /// Any command whose output nobody reads, until [`Process::read`].
    pub fn spawn_unread(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?} does not run: {error}"));
        let unread = child.stdout.take();
        Process { child, unread, lines: channel().1, output: Vec::new(), address: ([0, 0, 0, 0], 0).into() }
    }

    /// From now on its output is read.
    pub fn read(&mut self) {
        let stdout = self.unread.take().expect("it is not read yet");
        let (sender, lines) = channel();
        self.lines = lines;
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }

    /// Reads on until a line fits.
    pub fn wait_for_line(&mut self, fits: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("{error} after {:#?}", self.output));
            self.output.push(line);
            if self.output.last().is_some_and(|line| fits(line)) {
                return;
            }
        }
    }

    /// Reads what is there; whether a line of it fits.
    pub fn poll_line(&mut self, fits: impl Fn(&str) -> bool) -> bool {
        let new = self.output.len();
        self.output.extend(self.lines.try_iter());
        self.output[new..].iter().any(|line| fits(line))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Such as `-TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end: the exit code and everything it printed.
    pub fn end(mut self) -> (Option<i32>, Vec<String>) {
        let code = self.wait();
        let mut output = std::mem::take(&mut self.output);
        output.extend(self.lines.iter());
        (code, output)
    }

    /// Waits for its end, whether or not its output is read: the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            // A wait for the condition above, not for time to pass.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
