//! What the log tells an operator without being asked.

use std::process::Command;

use serde_json::{Value, json};

use vestibule::domain::credential::BrowserToken;
use vestibule::domain::environment::Environment;
use vestibule::domain::history::MOST_OPENINGS_ALIKE;

use super::support::app::config;
use super::support::process::{Process, vestibule};
use super::support::store::tag_of;
use super::{create, file, free_port, text_at};

fn serve(text: &str) -> (Process, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    (Process::serve(&file(&directory, text)), directory)
}

/// An exchange of nothing, by way of a proxy.
fn guess(process: &Process) {
    let url = process.url("/v2/portal.exchangeSession");
    let json = ["-H", "content-type: application/json", "-d", "{\"sessionId\":\"x\"}"];
    let mut curl = Command::new("curl");
    curl.args(["-s", "-o", "/dev/null", "-H", "x-forwarded-for: 192.0.2.1"]).args(json).arg(url);
    assert!(curl.status().expect("curl runs").success());
}

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn a_proxy_that_was_left_out_of_the_configuration() {
    let (mut process, _directory) =
        serve(&config("memory:").replace("exchange_per_minute = 1000000", "exchange_per_minute = 2"));
    for _ in 0..3 {
        guess(&process);
    }
    process.wait_for_line(|line| line.contains("\"status\":429"));
    let line = json_of(process.output.last().expect("the line"));
    assert_eq!((&line["limit"], &line["counted"]), (&json!("exchange_per_minute"), &json!("127.0.0.1")));
    let warnings: Vec<_> =
        process.output.iter().filter(|line| line.contains("server.trusted_proxies")).collect();
    let [warning] = warnings[..] else { panic!("once: {warnings:#?}") };
    assert_eq!(json_of(warning)["peer"], "127.0.0.1");
}

/// People who cannot sign out are another matter than somebody who guesses.
#[test]
fn a_limit_of_logouts_has_a_name_of_its_own() {
    let metrics = format!("127.0.0.1:{}", free_port());
    let listening = format!("[server]\nmetrics_listen = \"{metrics}\"");
    let config = config("memory:").replace("exchange_per_minute = 1000000", "exchange_per_minute = 2");
    let (mut process, _directory) = serve(&config.replace("[server]", &listening));
    let token = BrowserToken::mint(Environment::Live, tag_of("nobody"));
    let bearer = format!("authorization: Bearer {}", token.expose());
    let url = process.url("/v2/portal.endSession");
    for _ in 0..3 {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-o", "/dev/null", "-X", "POST", "-H", &bearer, &url]);
        assert!(curl.status().expect("curl runs").success());
    }
    process.wait_for_line(|line| line.contains("\"status\":429"));
    let line = json_of(process.output.last().expect("the line"));
    assert_eq!((&line["limit"], &line["counted"]), (&json!("logout"), &json!("127.0.0.1")));
    let counted = Command::new("curl").args(["-s", &format!("http://{metrics}/metrics")]).output();
    let counted = String::from_utf8(counted.expect("curl runs").stdout).expect("text");
    for (limit, count) in [("logout", 1), ("exchange_per_minute", 0)] {
        let series = format!("vestibule_rate_limited_total{{limit=\"{limit}\"}} {count}");
        assert!(counted.lines().any(|line| line == series), "{series}");
    }
}

#[test]
fn nothing_is_told_of_a_proxy_that_is_trusted() {
    let trusting = config("memory:").replace("[server]", "[server]\ntrusted_proxies = [\"127.0.0.1\"]");
    let (mut process, _directory) = serve(&trusting);
    guess(&process);
    process.wait_for_line(|line| line.contains("\"status\":401"));
    assert!(!process.output.iter().any(|line| line.contains("is not believed")), "{:#?}", process.output);
}

/// A loop of a browser, or of somebody who has the link, fills neither the log nor the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_fetched_in_advance_again_and_again_is_told_as_often_as_a_history_keeps_it() {
    let one_worker = config("memory:").replace("[server]", "[server]\nworkers = 1");
    let (process, _directory) = serve(&one_worker);
    let created = create(&process, "hosted-portal").await.data();
    let landing = process.url(&format!("/portal/hosted-portal?session={}", text_at(&created, "sessionId")));
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for _ in 0..3 * MOST_OPENINGS_ALIKE {
        let reply = client.get(&landing).header("sec-purpose", "prefetch").send().await.expect("an answer");
        assert_eq!(reply.status().as_u16(), 403);
    }
    process.signal("-TERM");
    let (_, output) = process.end();
    let told = output.iter().filter(|line| line.contains("session.opened")).count();
    assert_eq!(told, MOST_OPENINGS_ALIKE, "{output:#?}");
}

#[test]
fn a_gateway_that_nobody_can_use() {
    let mut command = vestibule(&["serve"]);
    let mut process = Process::serve_by(command.env("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0"));
    process.wait_for_line(|line| line.contains("no portal is configured") && line.contains("vestibule dev"));
    process.wait_for_line(|line| {
        line.contains("no root key is configured") && line.contains("vestibule keys new")
    });
}

#[test]
fn where_the_metrics_are() {
    let listens = config("memory:").replace("[server]", "[server]\nmetrics_listen = \"127.0.0.1:0\"");
    let (process, _directory) = serve(&listens);
    let line = json_of(process.output.last().expect("the line"));
    let address = line["metrics"].as_str().expect("an address").parse::<std::net::SocketAddr>();
    assert!(address.is_ok_and(|address| address.port() != 0), "{line}");
}

#[test]
fn what_a_reload_did_not_change() {
    let text = config("memory:");
    let (mut process, directory) = serve(&text);
    let changed = text.replace("create_per_minute = 1000000", "create_per_minute = 7");
    file(&directory, &changed.replace("drain_seconds = 0", "workers = 1"));
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("at a restart only"));
    let line = json_of(process.output.last().expect("the line"));
    assert_eq!(line["keys"], "limits.create_per_minute, server.drain_seconds, server.workers");
    // It is in force no more than before, and nothing else is said to have changed.
    file(&directory, &text);
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("reloaded"));
    guess(&process);
    process.wait_for_line(|line| line.contains("\"status\":401"));
    assert_eq!(process.output.iter().filter(|line| line.contains("at a restart only")).count(), 1);
}

/// So that lines can be sorted.
#[test]
fn a_line_for_people_begins_with_its_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &format!("log.format = \"pretty\"\n{}", config("memory:")));
    let mut process = Process::start(vestibule(&["serve", "--config"]).arg(path), |line| {
        line.split_once(" address=")?.1.split_whitespace().next()?.parse().ok()
    });
    guess(&process);
    process.wait_for_line(|line| line.contains("answered"));
    let line = process.output.last().expect("the line");
    let (time, rest) = line.split_once(' ').expect("a time");
    assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && rest.starts_with("req_"), "{line}");
}
