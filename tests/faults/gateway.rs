//! The life of a gateway process: killed, restarted in turn, reloaded, drained, all of it under load.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::stage::{LIMIT, assert_no_violation, created, exchanged, ms, tell, worst_answer};
use crate::support::app::{ACME_LIVE, config};
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::client::{Client, Journal};
use crate::support::history::load::{Load, Plan, verified};
use crate::support::history::{Event, Fault, History, Outcome};
use crate::support::redis_faults::FaultyRedis;

/// Of the load to each gateway: one for each client, and the further ones of its racing exchanges.
const CONNECTIONS: usize = 16;

fn is_unanswered(event: &Event) -> bool {
    event.outcome == Outcome::Unanswered
}

async fn two_replicas_under_load() -> (FaultyRedis, [Gateway; 2], Load) {
    let redis = FaultyRedis::start(b"unused").await;
    let gateways = [Gateway::start(&redis.url()), Gateway::start(&redis.url())];
    let load = Load::start(gateways.iter().map(|gateway| gateway.url.clone()).collect(), Plan::default());
    eventually("the load runs", LIMIT, async || load.journal.count(verified) > 100).await;
    (redis, gateways, load)
}

/// Lets the load go on for so many more verifications.
async fn more(load: &Load, verifications: usize) {
    let before = load.journal.count(verified);
    eventually("the load goes on", LIMIT, async || load.journal.count(verified) > before + verifications)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_killed_in_turn_give_no_second_session_and_lose_none() {
    let (_redis, mut gateways, load) = two_replicas_under_load().await;
    let started_us = load.journal.stopwatch.now_us();
    for turn in 0..4 {
        gateways[turn % 2].kill();
        more(&load, 50).await;
        gateways[turn % 2].start_again();
        more(&load, 50).await;
    }
    let ended_us = load.journal.stopwatch.now_us();
    let killed = Fault { name: "SIGKILL of a gateway", started_us, ended_us, fences: false, splits: false };
    let history = History { events: load.stop().await, faults: vec![killed] };
    let unanswered = history.events.iter().filter(|event| is_unanswered(event)).count();
    tell(&format!("SIGKILL of gateways | {} calls, {unanswered} unanswered", history.events.len()));
    assert!(unanswered > 0, "the fault was met");
    assert_no_violation(&history);
}

/// A proxy takes a replica out before its end, or asks the other one where a connection is refused; the load does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_exchange_and_ends_every_process_in_good_order() {
    let (_redis, mut gateways, load) = two_replicas_under_load().await;
    let started_us = load.journal.stopwatch.now_us();
    for gateway in &mut gateways {
        let code = tokio::task::block_in_place(|| gateway.terminate());
        assert_eq!(code, Some(0));
        gateway.start_again();
        more(&load, 100).await;
    }
    let ended_us = load.journal.stopwatch.now_us();
    let restart = Fault { name: "rolling restart", started_us, ended_us, fences: false, splits: false };
    let history = History { events: load.stop().await, faults: vec![restart] };
    let count = |outcome| history.events.iter().filter(|event| event.outcome == outcome).count();
    tell(&format!(
        "rolling restart | {} calls, {} not connected, {} broken off",
        history.events.len(),
        count(Outcome::NotConnected),
        count(Outcome::Unanswered)
    ));
    // A request that crosses the close of its idle connection; whoever repeats it loses nothing (RFC 9112, 9.3.1).
    assert!(count(Outcome::Unanswered) <= 2 * CONNECTIONS, "at most one for each connection");
    let outages = count(Outcome::Outage);
    assert_eq!(outages, 0, "the store was there all the time");
    assert_no_violation(&history);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_under_load_fail_no_request() {
    let (redis, mut gateways, load) = two_replicas_under_load().await;
    let portal = "[[workspaces.portals]]\nslug = \"fresh-portal\"\nurl = \"https://fresh.example.com/\"\n";
    let text = config(&redis.url());
    let marker = "[[workspaces.root_keys]]";
    for turn in 0..20 {
        let text =
            if turn % 2 == 0 { text.replacen(marker, &format!("{portal}{marker}"), 1) } else { text.clone() };
        gateways[0].write_config(&text);
        gateways[0].process().signal("-HUP");
        tokio::task::block_in_place(|| gateways[0].process().wait_for_line(|line| line.contains("reloaded")));
        more(&load, 5).await;
    }
    let history = History { events: load.stop().await, faults: Vec::new() };
    tell(&format!(
        "20 reloads | {} calls | worst answer {}",
        history.events.len(),
        ms(worst_answer(&history.events))
    ));
    // No fault is excused: not one outage, not one call without an answer.
    assert_no_violation(&history);
}

/// Requests whose bodies are still on their way when the signal comes: all are answered, none is reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_in_flight_at_a_stop_are_finished() {
    const IN_FLIGHT: usize = 50;
    let redis = FaultyRedis::start(b"unused").await;
    let mut gateway = Gateway::start(&redis.url());
    let address = gateway.url.trim_start_matches("http://").to_owned();
    let body = r#"{"slug":"my-portal","externalId":"user_123","permissions":["keys:read"]}"#;
    let (first, rest) = body.split_at(10);
    let mut streams: Vec<TcpStream> = (0..IN_FLIGHT)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).expect("it listens");
            write!(
                stream,
                "POST /v2/portal.createSession HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ACME_LIVE}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                body.len()
            )
            .expect("it reads");
            // The interim answer proves that the handler is at work.
            stream.read_exact(&mut [0; 25]).expect("100 Continue");
            stream.write_all(first.as_bytes()).expect("it reads");
            stream
        })
        .collect();
    gateway.process().signal("-TERM");
    eventually("the listener is closed", LIMIT, async || TcpStream::connect(&address).is_err()).await;
    for stream in &mut streams {
        stream.write_all(rest.as_bytes()).expect("it still reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers, and no reset");
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("pst_live_"), "{answer}");
    }
    // Without another signal: a second one would end it at once.
    assert_eq!(tokio::task::block_in_place(|| gateway.ended()), Some(0));
}

/// After its restart the same secret makes the same tokens: a repeat across it finds its session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_across_a_restart_finds_its_session() {
    let redis = FaultyRedis::start(b"unused").await;
    let mut gateway = Gateway::start(&redis.url());
    let client = Client::new(Journal::new(vec![gateway.url.clone()]));
    let (ticket, _) = created(&client, 0, "user").await;
    let token = exchanged(&client, 0, &ticket, "the-key-of-one-browser").await;
    gateway.kill();
    gateway.start_again();
    assert_eq!(exchanged(&client, 0, &ticket, "the-key-of-one-browser").await, token);
}

/// How one more client fares: connects, asks, reads.
fn visit(address: &str) -> Visit {
    let Ok(mut stream) = TcpStream::connect(address) else { return Visit::TurnedAway };
    let asked = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    match asked.and_then(|()| stream.read_to_string(&mut answer)) {
        Ok(_) if answer.starts_with("HTTP/1.1 200 ") => Visit::Answered,
        Ok(_) | Err(_) => Visit::Lost,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visit {
    Answered,
    /// A proxy tries the next replica, with any request.
    TurnedAway,
    /// A proxy cannot know what became of it, and must not send a POST again.
    Lost,
}

/// A connection may wait to be accepted at the very moment when the listener closes.
#[test]
fn whoever_gets_a_connection_before_the_end_gets_an_answer() {
    for _ in 0..5 {
        let mut gateway = Gateway::start_by(&config("memory:"), None);
        let address = gateway.url.trim_start_matches("http://").to_owned();
        let answered = Arc::new(AtomicUsize::new(0));
        let visitors: Vec<_> = (0..24)
            .map(|_| {
                let (address, answered) = (address.clone(), answered.clone());
                std::thread::spawn(move || {
                    loop {
                        match visit(&address) {
                            Visit::Answered => _ = answered.fetch_add(1, Ordering::Relaxed),
                            end @ (Visit::TurnedAway | Visit::Lost) => return end,
                        }
                    }
                })
            })
            .collect();
        while answered.load(Ordering::Relaxed) < 500 {
            std::thread::yield_now();
        }
        assert_eq!(gateway.terminate(), Some(0));
        for visitor in visitors {
            assert_eq!(visitor.join().expect("no panic"), Visit::TurnedAway);
        }
    }
}
