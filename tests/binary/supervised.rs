//! What systemd is told of a gateway that it has started (sd_notify): at a real socket, in the words of the protocol.

use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use super::file;
use super::support::app::config;
use super::support::process::{Process, vestibule};
use super::support::redis_server::free_port;

/// What systemd listens on.
struct Supervisor(UnixDatagram);

impl Supervisor {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        Supervisor(socket)
    }

    /// It takes no more, as while systemd is busy or hangs.
    fn fill(path: &Path) {
        loop {
            // Each socket may send a few; a new one that may not send any finds the place full.
            let sender = UnixDatagram::unbound().expect("a socket");
            sender.set_nonblocking(true).expect("it does not wait");
            if sender.send_to(b"FILLED=1", path).is_err() {
                return;
            }
        }
    }

    /// The next message, by its lines, after those that filled it.
    fn told_after_all(&self) -> Vec<String> {
        loop {
            let told = self.told();
            if told != ["FILLED=1"] {
                return told;
            }
        }
    }

    /// The next message, by its lines.
    fn told(&self) -> Vec<String> {
        let mut message = [0; 512];
        let length = self.0.recv(&mut message).expect("a message");
        let message = str::from_utf8(&message[..length]).expect("text");
        message.lines().map(str::to_owned).collect()
    }

    fn is_told_of_a_reload(&self) {
        let told = self.told();
        let time = told.get(1).and_then(|line| line.strip_prefix("MONOTONIC_USEC=")?.parse::<u64>().ok());
        assert!(told[0] == "RELOADING=1" && told.len() == 2 && time.is_some(), "{told:?}");
        assert_eq!(self.told(), ["READY=1"], "whether or not it was taken");
    }
}

#[test]
fn systemd_is_told_of_the_start_of_reloads_and_of_the_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().join("notify");
    let supervisor = Supervisor::at(&place);
    let port = free_port();
    let text = config("memory:").replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    let path = file(&directory, &text);
    let mut command = vestibule(&["serve", "--config"]);
    let process = Process::spawn(command.arg(&path).env("NOTIFY_SOCKET", &place));
    assert_eq!(supervisor.told(), ["READY=1"]);
    TcpStream::connect(("127.0.0.1", port)).expect("it listens before it says so");
    process.signal("-HUP");
    supervisor.is_told_of_a_reload();
    file(&directory, "this is no TOML");
    process.signal("-HUP");
    supervisor.is_told_of_a_reload();
    process.signal("-TERM");
    assert_eq!(supervisor.told(), ["STOPPING=1"]);
    let (code, output) = process.end();
    assert_eq!(code, Some(0), "{output:#?}");
}

#[test]
fn a_gateway_serves_although_nobody_listens_to_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &config("memory:"));
    let mut command = vestibule(&["serve", "--config"]);
    let command = command.arg(&path).env("NOTIFY_SOCKET", directory.path().join("nobody"));
    let mut process = Process::serve_by(command);
    process.wait_for_line(|line| line.contains("systemd was not told"));
    assert!(TcpStream::connect(process.address).is_ok());
}

/// The kernel would let it wait as long as systemd reads nothing.
#[test]
fn a_gateway_reloads_and_ends_while_systemd_takes_no_message() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().join("notify");
    let supervisor = Supervisor::at(&place);
    Supervisor::fill(&place);
    let path = file(&directory, &config("memory:"));
    let mut command = vestibule(&["serve", "--config"]);
    let serve = command.arg(&path).env("NOTIFY_SOCKET", &place);
    let process = Process::serve_by(serve);
    process.signal("-TERM");
    assert_eq!(process.end().0, Some(0), "it ends although nobody hears of it");
    let mut process = Process::serve_by(serve);
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("reloaded"));
    assert_eq!(supervisor.told_after_all(), ["READY=1"], "it was kept");
    supervisor.is_told_of_a_reload();
    process.signal("-TERM");
    assert_eq!(supervisor.told(), ["STOPPING=1"]);
    assert_eq!(process.end().0, Some(0));
}
