//! How the process ends: in good order, at once, or because a part of it has ended.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use super::file;
use super::support::app::{ACME_LIVE, config};
use super::support::process::Process;

const BODY: &str = r#"{"slug":"my-portal","externalId":"user_123","permissions":["keys:read"]}"#;

/// A gateway that was told to stop while it serves a request, of which the second half of the body is missing.
fn stopping(signal: &str) -> (Process, TcpStream) {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::serve(&file(&directory, &config("memory:")));
    let mut stream = TcpStream::connect(process.address).expect("it listens");
    write!(
        stream,
        "POST /v2/portal.createSession HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ACME_LIVE}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        BODY.len()
    )
    .expect("it reads");
    // The interim answer proves that the handler is at work before the signal comes.
    stream.read_exact(&mut [0; 25]).expect("100 Continue");
    stream.write_all(&BODY.as_bytes()[..20]).expect("it reads");
    process.signal(signal);
    while TcpStream::connect(process.address).is_ok() {
        // Until the listener is closed: then the stop has begun.
        std::thread::yield_now();
    }
    (process, stream)
}

#[test]
fn terminate_finishes_the_request_in_flight_and_exits_0() {
    let (process, mut stream) = stopping("-TERM");
    stream.write_all(&BODY.as_bytes()[20..]).expect("it still reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("pst_live_"), "{answer}");
    let (code, output) = process.end();
    assert_eq!(code, Some(0), "{output:#?}");
}

/// What a load balancer sees that asks on a new connection: the status, and the whole answer.
fn asked(process: &Process, path: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(process.address).ok()?;
    // Not `Connection: close`: that the connection closes is the gateway's word.
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    let mut piece = [0; 4_096];
    while !answer.windows(2).any(|end| end == b"\"}" || end == b"}}") {
        match stream.read(&mut piece).ok()? {
            0 => break,
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
    let answer = String::from_utf8(answer).ok()?;
    Some((answer.get(9..12)?.to_owned(), answer.to_lowercase()))
}

/// Told to stop, and not ready any more.
fn draining(seconds: u32) -> Process {
    let directory = tempfile::tempdir().expect("a directory");
    let text = config("memory:").replace("drain_seconds = 0", &format!("drain_seconds = {seconds}"));
    let process = Process::serve(&file(&directory, &text));
    let (status, answer) = asked(&process, "/health/ready").expect("it listens");
    assert!(status == "200" && !answer.contains("connection: close"), "{answer}");
    process.signal("-TERM");
    loop {
        // Until the signal has arrived. The listener must not close meanwhile.
        let (status, answer) = asked(&process, "/health/ready").expect("it still listens");
        if status == "503" {
            assert!(answer.contains("about to stop"), "{answer}");
            return process;
        }
    }
}

/// A load balancer learns it before a connection is refused.
#[test]
fn a_gateway_that_is_told_to_stop_is_not_ready_first_and_still_serves() {
    let process = draining(1);
    let (status, answer) = asked(&process, "/health/live").expect("it still listens");
    assert_eq!(status, "200", "{answer}");
    assert!(answer.contains("connection: close"), "the client takes another connection: {answer}");
    let (code, output) = process.end();
    assert_eq!(code, Some(0), "{output:#?}");
}

#[test]
fn a_second_signal_does_not_wait_for_the_load_balancer() {
    let process = draining(300);
    process.signal("-TERM");
    let (code, output) = process.end();
    assert_eq!(code, Some(1), "{output:#?}");
}

#[test]
fn a_second_signal_stops_at_once_and_exits_1() {
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-INT"), ("-INT", "-TERM")] {
        let (process, stream) = stopping(first);
        process.signal(second);
        let (code, output) = process.end();
        assert_eq!(code, Some(1), "{first} {second}: {output:#?}");
        assert!(output.last().is_some_and(|line| line.contains("a second signal")), "{output:#?}");
        drop(stream);
    }
}

/// With too few file descriptors the address can be listened on, but the threads that would serve cannot start.
#[test]
fn a_gateway_that_cannot_serve_what_it_listens_on_says_so_and_exits_1() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nworkers = 2\n";
    for listens in ["", "metrics_listen = \"127.0.0.1:0\"\n"] {
        let path = file(&directory, &format!("{server}{listens}"));
        for most in [10, 12, 14, 16] {
            let script = format!("ulimit -n {most}; exec \"$0\" serve --config \"$1\"");
            let mut command = Command::new("sh");
            command.args(["-c", &script, env!("CARGO_BIN_EXE_vestibule")]).arg(&path);
            let (code, output) = Process::spawn(&mut command).end();
            assert_eq!(code, Some(1), "{most} file descriptors: {output:#?}");
            let says = output.iter().any(|line| line.contains("ended by itself"));
            // With fewer still, the second listener is not even bound, which is said on standard error.
            assert!(says || output.is_empty(), "{most} file descriptors: {output:#?}");
        }
    }
}
