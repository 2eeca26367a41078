//! The gateway as a process that can be killed and started again where it was.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::app::{config, in_portal};
use super::former_release;
use super::process::{Process, vestibule};
use super::redis_server::free_port;

pub struct Gateway {
    pub url: String,
    port: u16,
    directory: TempDir,
    open_files: Option<u32>,
    /// Of another release than this one.
    program: Option<PathBuf>,
    process: Option<Process>,
}

impl Gateway {
    /// On a store, with two worker threads.
    pub fn start(store_url: &str) -> Self {
        Self::start_with(store_url, "", None)
    }

    /// With further lines of configuration, and a limit of open files.
    pub fn start_with(store_url: &str, lines: &str, open_files: Option<u32>) -> Self {
        Self::start_by(&format!("{lines}\n{}", config(store_url)), open_files)
    }

    /// By its whole configuration.
    pub fn start_by(text: &str, open_files: Option<u32>) -> Self {
        let text = in_portal("my-portal", "direct = true")(text.to_owned());
        Self::start_program(None, &text, open_files)
    }

    /// The former release on a store, with its own configuration and further lines.
    pub fn start_former(store_url: &str, lines: &str) -> Self {
        let (program, text) = former_release::to_serve(store_url);
        Self::start_program(Some(program), &format!("{lines}\n{text}"), None)
    }

    fn start_program(program: Option<PathBuf>, text: &str, open_files: Option<u32>) -> Self {
        let port = free_port();
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("http://127.0.0.1:{port}");
        let mut gateway = Gateway { url, port, directory, open_files, program, process: None };
        gateway.write(text);
        gateway.start_again();
        gateway
    }

    fn config_file(&self) -> PathBuf {
        self.directory.path().join("gateway.toml")
    }

    /// Takes effect at the next start or reload. my-portal takes direct sessions too: the load opens some.
    pub fn write_config(&self, text: &str) {
        self.write(&in_portal("my-portal", "direct = true")(text.to_owned()));
    }

    fn write(&self, text: &str) {
        let listen = format!("\"127.0.0.1:{}\"\nworkers = 2", self.port);
        // Not a line a request: the test reads what it needs from the answers.
        let log = "log.level = \"warn,vestibule=info,vestibule::request=off,audit=off\"\n";
        let text = format!("{log}{}", text.replace("\"127.0.0.1:0\"", &listen));
        std::fs::write(self.config_file(), text).expect("the file is written");
    }

    /// `SIGHUP`, until the configuration that is there is in force.
    pub fn reload(&mut self) {
        let process = self.process();
        process.signal("-HUP");
        process.wait_for_line(|line| line.contains("reloaded"));
    }

    /// After [`Gateway::kill`] or [`Gateway::terminate`]: where it was, with the configuration that is there.
    pub fn start_again(&mut self) {
        let is_listening = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            if line["message"] == "listening" { line["address"].as_str()?.parse().ok() } else { None }
        };
        let mut command = self.program.as_ref().map_or_else(|| vestibule(&[]), Command::new);
        if let Some(limit) = self.open_files {
            let program = command.get_program().to_owned();
            command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]).arg(program);
        }
        command.args(["serve", "--config"]).arg(self.config_file());
        self.process = Some(Process::start(&mut command, is_listening));
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the gateway runs")
    }

    /// `SIGKILL`.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// `SIGTERM`, until its end: the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.process().signal("-TERM");
        self.ended()
    }

    /// Waits until it has ended after a signal; its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        self.process.take().expect("the gateway runs").end().0
    }

    /// `SIGTERM`, until its end: everything it printed.
    pub fn log(&mut self) -> Vec<String> {
        self.process().signal("-TERM");
        self.process.take().expect("the gateway runs").end().1
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> u64 {
        let pid = self.process.as_ref().expect("the gateway runs").pid().to_string();
        let output = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output().expect("ps runs");
        let kib = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>();
        kib.expect("a number of KiB") / 1_024
    }
}

/// Asks until the condition holds; fails the test at the deadline.
pub async fn eventually(what: &str, within: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started_at = Instant::now();
    while !holds().await {
        assert!(started_at.elapsed() < within, "not within {within:?}: {what}");
        // A wait for the condition above, not for time to pass.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    started_at.elapsed()
}
