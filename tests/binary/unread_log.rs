//! A log that nobody reads: the gateway answers all the same, and tells afterwards what it did not write.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;
use tempfile::TempDir;

use super::support::app::{Call, config};
use super::support::process::{Process, vestibule};
use super::support::redis_server::free_port;
use super::{create, file};

/// What the queue may hold, with what the threads and the pipe may hold beside it.
const MOST_KEPT_BYTES: usize = 10 << 20;

struct Unread {
    process: Process,
    client: reqwest::Client,
    metrics: String,
    _directory: TempDir,
}

fn start(format: &str) -> Unread {
    let directory = tempfile::tempdir().expect("a directory");
    let (port, metrics_port) = (free_port(), free_port());
    let listen = format!("127.0.0.1:{port}\"\nmetrics_listen = \"127.0.0.1:{metrics_port}");
    let log = format!("log.format = \"{format}\"\nlog.level = \"trace\"\n");
    let text = log + &config("memory:").replace("127.0.0.1:0", &listen);
    let path = file(&directory, &text);
    let mut process = Process::spawn_unread(vestibule(&["serve", "--config"]).arg(path));
    process.address = ([127, 0, 0, 1], port).into();
    let deadline = Instant::now() + Duration::from_secs(20);
    // The metrics listener is bound after the other.
    for port in [port, metrics_port] {
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it does not listen");
            std::thread::yield_now();
        }
    }
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
    Unread {
        process,
        client: client.expect("a client"),
        metrics: format!("http://127.0.0.1:{metrics_port}/metrics"),
        _directory: directory,
    }
}

impl Unread {
    /// As the metric says.
    async fn dropped(&self, kind: &str) -> u64 {
        let text = Call(self.client.get(&self.metrics)).send().await.text;
        let name = format!("vestibule_log_lines_dropped_total{{kind=\"{kind}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{name} in {text}"))
    }

    /// Calls until lines are dropped, and returns the handles of the sessions that it creates meanwhile.
    async fn flood(&self) -> Vec<String> {
        assert_eq!(self.dropped("other").await, 0, "the counter is there from the start");
        let mut handles = Vec::new();
        let mut rounds_after = 0;
        while rounds_after < 3 {
            let session = create(&self.process, "my-portal").await;
            assert_eq!(session.status, 200, "{}", session.text);
            let handle = session.data()["id"].as_str().expect("a handle").to_owned();
            handles.push(handle);
            let answers = (0..50).map(|_| Call(self.client.get(self.process.url("/health/live"))).send());
            assert!(join_all(answers).await.iter().all(|reply| reply.status == 200));
            rounds_after += u32::from(self.dropped("other").await > 0);
        }
        handles
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_no_answer_and_keeps_the_audit_lines() {
    let mut gateway = start("json");
    let handles = gateway.flood().await;
    let get = Call(gateway.client.get(gateway.process.url("/v2/portal.getSession?slug=my-portal")));
    assert_eq!(get.send().await.status, 401);
    assert_eq!(gateway.dropped("audit").await, 0);
    let dropped = gateway.dropped("other").await;

    gateway.process.read();
    gateway.process.wait_for_line(|line| line.contains("log lines were dropped"));
    let lines: Vec<Value> =
        gateway.process.output.iter().map(|line| serde_json::from_str(line).expect("whole lines")).collect();
    let told = lines.last().expect("the line that tells");
    assert_eq!((&told["level"], &told["audit"]), (&"WARN".into(), &0.into()));
    assert!(told["other"].as_u64() >= Some(dropped), "{told} after {dropped}");
    let created: Vec<&str> = lines
        .iter()
        .filter(|line| line["event"] == "session.created")
        .filter_map(|line| line["handle"].as_str())
        .collect();
    assert_eq!(created, handles);
    assert!(gateway.process.output.iter().map(String::len).sum::<usize>() < MOST_KEPT_BYTES);
    gateway.process.signal("-TERM");
    assert_eq!(gateway.process.end().0, Some(0));
}

#[tokio::test]
async fn lines_for_people_stop_no_answer_either() {
    let mut gateway = start("pretty");
    gateway.flood().await;
    gateway.process.read();
    gateway.process.wait_for_line(|line| line.contains("log lines were dropped"));
}

#[tokio::test]
async fn a_gateway_whose_log_nobody_reads_ends_when_it_is_told_to() {
    let mut gateway = start("json");
    gateway.flood().await;
    gateway.process.signal("-TERM");
    // It gives the last lines two seconds.
    assert_eq!(gateway.process.wait(), Some(0));
}
