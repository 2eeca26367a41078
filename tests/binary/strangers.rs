//! What a stranger's bytes can put into the log: never an error, however little of a request they are.
//!
//! Owns: the bytes, and how their sender leaves. Must not know: how they are answered (`tests/api/raw_errors.rs`).

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use socket2::SockRef;

use super::file;
use super::support::app::config;
use super::support::process::Process;
use super::support::redis_server::free_port;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Once it has been answered.
    Answered,
    /// With no more to send.
    HalfClosed,
    /// By a reset, before the answer is read.
    Reset,
}

const TOLD: &str = "answered without a request";
const GOOD: &str = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str =
    "POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

/// Each with the status of a line of ours that tells of it, if it is answered at all.
fn strange() -> Vec<(Vec<u8>, Option<u16>)> {
    let head = |headers: &str| format!("{POST}{headers}\r\n\r\n");
    let chunked = |body: &str| head("Transfer-Encoding: chunked") + body;
    let texts = [
        ("NONSENSE\r\n\r\n".to_owned(), Some(400)),
        ("\0\0\0\0\r\n\r\n".to_owned(), Some(400)),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Some(400)),
        ("GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_owned(), Some(400)),
        ("GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), Some(400)),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), Some(400)),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), Some(400)),
        ("GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n".to_owned(), Some(400)),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(200)), Some(413)),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "a".repeat(200_000)), Some(413)),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{}: b\r\n\r\n", "a".repeat(70_000)), Some(413)),
        (head("Content-Length: abc"), Some(400)),
        (head("Content-Length: 5\r\nContent-Length: 6"), Some(400)),
        (head("Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", Some(400)),
        (head("Transfer-Encoding: gzip"), Some(400)),
        (chunked("zz\r\n"), None),
        (chunked("ffffffffffffffffff\r\n"), None),
        (chunked("1\r\nab\r\n"), None),
        (chunked("2\r\n{"), None),
        (head("Content-Length: 9") + "{", None),
        (head("Content-Length: 2") + "{}NONSENSE\r\n\r\n", Some(400)),
        (format!("{GOOD}NONSENSE\r\n\r\n"), Some(400)),
        (GOOD.repeat(40), None),
        (GOOD[..20].to_owned(), None),
    ];
    let tls = b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03\x00\r\n\r\n".to_vec();
    let texts = texts.map(|(text, status)| (text.into_bytes(), status));
    texts.into_iter().chain([(tls, Some(400))]).collect()
}

/// Returns the whole answer to those who wait for it.
fn send(address: SocketAddr, bytes: &[u8], leaves: Leaves) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    // It may have been refused before all is sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    match leaves {
        Leaves::Answered => {
            let _ = stream.read(&mut [0; 16]);
        }
        Leaves::HalfClosed => {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut answer);
        }
        Leaves::Reset => SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket"),
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The id of the last of its answers.
fn last_id(answer: &str) -> Option<&str> {
    answer.rsplit_once("x-request-id: ")?.1.lines().next()
}

#[test]
fn no_bytes_of_a_stranger_are_an_error_in_the_log() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let listening = format!("[server]\nmetrics_listen = \"{metrics}\"");
    let text = config("memory:").replace("[server]", &listening);
    let process = Process::serve(&file(&directory, &text));
    let strange = strange();
    let (mut answers, mut surely_told) = (Vec::new(), 0);
    for (bytes, status) in &strange {
        // Who leaves after the answer to what came before may be gone when this is read.
        let is_behind = bytes.ends_with(b"NONSENSE\r\n\r\n") && bytes.len() > 20;
        for leaves in [Leaves::Answered, Leaves::HalfClosed, Leaves::Reset] {
            if leaves == Leaves::Answered && status.is_none() {
                continue;
            }
            for address in [process.address, metrics] {
                let answer = send(address, bytes, leaves);
                match (leaves, status) {
                    (Leaves::HalfClosed, Some(status)) => answers.push((address, bytes, *status, answer)),
                    (Leaves::Answered, Some(_)) => surely_told += usize::from(!is_behind),
                    (Leaves::HalfClosed, None) | (Leaves::Answered, None) | (Leaves::Reset, _) => {}
                }
            }
        }
    }
    process.signal("-TERM");
    let (code, output) = process.end();
    assert_eq!(code, Some(0));
    let lines: Vec<Value> = output.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_alarm = |line: &&Value| {
        let is_ours = line["target"].as_str().is_some_and(|target| target.starts_with("vestibule"));
        line["level"] == "ERROR" || (line["level"] == "WARN" && !is_ours)
    };
    let alarms: Vec<_> = lines.iter().filter(is_alarm).collect();
    assert!(alarms.is_empty(), "{} lines: {alarms:#?}", alarms.len());
    // Its operator learns of each from one line, which has an id.
    let told = lines.iter().filter(|line| line["message"] == TOLD).count();
    let most = 2 * 3 * strange.iter().filter(|(_, status)| status.is_some()).count();
    assert!((surely_told + answers.len()..=most).contains(&told), "{told} lines of at most {most}");
    for (address, bytes, status, answer) in answers {
        let sent = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]);
        // Of a long head the rest is not read, which can cost its sender the answer.
        let Some(id) = last_id(&answer) else {
            assert!(status == 413 && bytes.len() > 64 * 1024, "{address} {sent:?}: {answer}");
            continue;
        };
        let is_told = lines.iter().filter(|line| line["span"]["request_id"] == id);
        let told: Vec<_> = is_told.map(|line| (&line["message"], &line["status"])).collect();
        let one = (&Value::from(TOLD), &Value::from(status));
        assert_eq!(told, [one], "{address} {sent:?}");
    }
}

/// Its refusals are empty, as those of the codec are.
#[test]
fn what_the_metrics_listener_does_not_serve_is_a_request_all_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let listening = format!("[server]\nmetrics_listen = \"{metrics}\"");
    let process = Process::serve(&file(&directory, &config("memory:").replace("[server]", &listening)));
    let asked = [
        ("GET / HTTP/1.1", "404 Not Found"),
        ("HEAD /nowhere HTTP/1.1", "404 Not Found"),
        ("GET /%6detrics HTTP/1.1", "404 Not Found"),
        ("POST /metrics HTTP/1.1", "405 Method Not Allowed"),
        ("GET /metrics HTTP/1.1", "200 OK"),
    ];
    // All on one connection: none of them ends it.
    let requests = asked.map(|(line, _)| format!("{line}\r\nHost: x\r\n\r\n")).concat();
    let answer = send(metrics, requests.as_bytes(), Leaves::HalfClosed);
    let heads: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(heads.len(), asked.len(), "{answer}");
    for ((line, status), head) in asked.iter().zip(heads) {
        assert!(head.starts_with(status), "{line}: {head}");
        assert_eq!(head.matches("\r\nx-request-id: req_").count(), 1, "{line}: {head}");
        assert_eq!(head.contains("\r\nallow: "), status.starts_with("405"), "{line}: {head}");
        assert!(!head.contains("connection: close"), "{line}: {head}");
    }
    process.signal("-TERM");
    let (code, output) = process.end();
    assert_eq!(code, Some(0));
    assert!(!output.iter().any(|line| line.contains(TOLD)), "{output:#?}");
}
