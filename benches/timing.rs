//! Whether the time of a refused exchange tells why it was refused: unknown, expired and used session IDs in random
//! order over one connection, compared by pairs. `cargo bench --bench timing`
//!
//! It prints, for each store, the medians and for each pair: their difference; Welch's t of the fastest nine tenths;
//! and how often a random call of the first kind takes longer than one of the second (50 %: the time tells nothing).

#![allow(clippy::print_stdout)] // It is what a benchmark is for.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use serde_json::json;
use support::app::{ACME_LIVE, Kind, TestApp, text};
use vestibule::domain::credential::Ticket;
use vestibule::domain::environment::Environment;
use vestibule::domain::user_tag::UserTag;

const CALLS_OF_EACH_KIND: usize = 10_000;
const USERS: usize = 50;
/// More sessions of a user are not looked at for the reason (`src/store/scripts/common.lua`).
const MOST_SESSIONS: usize = 32;
/// A share of wins so far from one half would let 100 calls tell two kinds apart.
const TELLING: f64 = 0.10;

/// Why a session ID is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Unknown,
    Expired,
    Used,
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (kind, sessions) in [(Kind::Memory, 2), (Kind::Redis, 2), (Kind::Redis, MOST_SESSIONS)] {
        println!("\n{kind:?}, {sessions} sessions a user, {CALLS_OF_EACH_KIND} calls of each kind");
        let app = TestApp::start(kind).await;
        let ids = ids(&app, sessions).await;
        report(&measure(&app, &ids));
        app.stop().await;
    }
}

/// For every user an expired and a used ID, with further sessions made after them; and as many that never were.
async fn ids(app: &TestApp, sessions: usize) -> Vec<(Why, String)> {
    let (mut ids, mut random) = (Vec::new(), StdRng::seed_from_u64(1));
    for user in 0..USERS {
        let fields = json!({ "externalId": format!("user_{user}") });
        ids.push((Why::Expired, app.fresh_id(fields.clone()).await));
        let used = app.fresh_id(fields).await;
        assert_eq!(app.exchange(&used).await.status, 200);
        ids.push((Why::Used, used));
        let tag: String = (0..16).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect();
        let never = Ticket::mint(Environment::Live, UserTag::parse(&tag).expect("a tag"));
        ids.push((Why::Unknown, never.expose().to_owned()));
    }
    app.forward(Duration::from_secs(901));
    for user in 0..USERS {
        for _ in 2..sessions {
            let created = app.create_with(ACME_LIVE, json!({ "externalId": format!("user_{user}") })).await;
            assert_eq!(created.status, 200, "{}", text(&created.json()["error"]["detail"]));
        }
    }
    ids
}

/// Nanoseconds of every call, by kind.
fn measure(app: &TestApp, ids: &[(Why, String)]) -> Vec<(Why, Vec<f64>)> {
    let mut random = StdRng::seed_from_u64(2);
    let mut stream = TcpStream::connect(app.running().address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let kinds = [Why::Unknown, Why::Expired, Why::Used];
    let mut order: Vec<Why> = kinds.iter().flat_map(|why| vec![*why; CALLS_OF_EACH_KIND]).collect();
    order.shuffle(&mut random);
    let mut times: Vec<(Why, Vec<f64>)> = kinds.map(|why| (why, Vec::new())).to_vec();
    for (at, why) in order.into_iter().enumerate() {
        let of_kind: Vec<&String> = ids.iter().filter(|(kind, _)| *kind == why).map(|(_, id)| id).collect();
        let id = of_kind.choose(&mut random).expect("an ID of every kind");
        let took = one_call(&mut stream, id);
        // The first ones warm up what all of them use.
        if at > 1_000 {
            times.iter_mut().filter(|(kind, _)| *kind == why).for_each(|(_, times)| times.push(took));
        }
    }
    times
}

fn one_call(stream: &mut TcpStream, id: &str) -> f64 {
    let body = format!("{{\"sessionId\":\"{id}\"}}");
    let request = format!(
        "POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (mut answer, mut read) = ([0; 4_096], 0);
    let started_at = Instant::now();
    stream.write_all(request.as_bytes()).expect("the gateway reads");
    while !answer[..read].ends_with(b"}") {
        read += stream.read(&mut answer[read..]).expect("the gateway answers");
    }
    let took = started_at.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 401 "), "{}", String::from_utf8_lossy(&answer[..read]));
    took.as_nanos() as f64
}

fn report(times: &[(Why, Vec<f64>)]) {
    let sorted: Vec<_> = times.iter().map(|(why, times)| (*why, sorted(times))).collect();
    for (why, times) in &sorted {
        println!("  {why:<8?} median {:>7.1} µs", times[times.len() / 2] / 1e3);
    }
    for (at, (first, a)) in sorted.iter().enumerate() {
        for (second, b) in &sorted[at + 1..] {
            let difference = (a[a.len() / 2] - b[b.len() / 2]) / 1e3;
            let wins = share_of_wins(a, b);
            let verdict = if (wins - 0.5).abs() < TELLING { "tells nothing" } else { "TELLS" };
            println!(
                "  {first:?} against {second:?}: {difference:+.2} µs, t {:+.1}, longer in {:.1} %: {verdict}",
                welch(a, b),
                wins * 100.0
            );
        }
    }
}

fn sorted(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times
}

/// Of the fastest nine tenths: the rest is the machine's, not the gateway's.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let moments = |times: &[f64]| {
        let times = &times[..times.len() * 9 / 10];
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((mean_a, error_a), (mean_b, error_b)) = (moments(a), moments(b));
    (mean_a - mean_b) / (error_a + error_b).sqrt()
}

/// Mann and Whitney's U as a share of all pairs, both sorted.
fn share_of_wins(a: &[f64], b: &[f64]) -> f64 {
    let wins: f64 = a
        .iter()
        .map(|time| {
            let (below, up_to) =
                (b.partition_point(|other| other < time), b.partition_point(|other| other <= time));
            (below + up_to) as f64 / 2.0
        })
        .sum();
    wins / (a.len() as f64 * b.len() as f64)
}
