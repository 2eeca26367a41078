//! Clients that want too much: slow ones, idle ones, a flood. The others are served, and memory is bounded.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::stage::{LIMIT, MARGIN, assert_no_violation, created, exchanged, ms, tell, worst_answer};
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::client::Client;
use crate::support::history::load::{Load, Plan, verified};
use crate::support::history::{Call, Event, Fault, History, Outcome};
use crate::support::redis_faults::FaultyRedis;

/// Of the store, by default.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Of slow clients of each kind.
const SLOW: usize = 500;
/// What a slow client may cost: its socket's buffers and its request.
const SLOW_KIB: u64 = 64;
const IDLE: usize = 10_000;
/// What an idle connection may cost.
const IDLE_KIB: u64 = 16;
/// Clients that ask without a pause.
const FLOOD: u64 = 200;
const FLOOD_MIB: u64 = 64;

struct Scene {
    _redis: FaultyRedis,
    gateway: Gateway,
    load: Load,
    resident_mib: u64,
}

async fn scene(plan: Plan) -> Scene {
    let redis = FaultyRedis::start(b"unused").await;
    let gateway = Gateway::start(&redis.server.url());
    let load = Load::start(vec![gateway.url.clone()], plan);
    eventually("the load runs", LIMIT, async || load.journal.count(verified) > 200).await;
    let resident_mib = gateway.resident_mib();
    Scene { _redis: redis, gateway, load, resident_mib }
}

impl Scene {
    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.gateway.url.trim_start_matches("http://")).expect("it accepts")
    }

    fn grown_mib(&self) -> u64 {
        self.gateway.resident_mib().saturating_sub(self.resident_mib)
    }

    async fn goes_on(&self, verifications: usize) {
        let before = self.load.journal.count(verified);
        let more = async || self.load.journal.count(verified) > before + verifications;
        eventually("others are served", LIMIT, more).await;
    }

    /// Nobody noticed: no call failed, none took long.
    async fn nobody_noticed(self, what: &str, grown_mib: u64, allowed_mib: u64) {
        let history = History { events: self.load.stop().await, faults: Vec::new() };
        let worst = worst_answer(&history.events);
        let calls = history.events.len();
        let p99 = percentile(&history.events, 99);
        tell(&format!(
            "{what} | {calls} calls | p99 {} | worst answer {} | +{grown_mib} MiB",
            ms(p99),
            ms(worst)
        ));
        assert_no_violation(&history);
        assert!(worst < 2 * TIMEOUT + MARGIN, "an answer took {worst:?}");
        assert!(grown_mib <= allowed_mib, "{grown_mib} MiB more; at most {allowed_mib}");
    }
}

fn percentile(events: &[Event], of_hundred: usize) -> Duration {
    let mut took: Vec<u64> = events.iter().map(|event| event.ended_us - event.started_us).collect();
    took.sort_unstable();
    Duration::from_micros(took[(took.len() - 1) * of_hundred / 100])
}

/// Whether the peer has closed it, an answer before that or not.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket option");
    loop {
        match stream.read(&mut [0; 4_096]) {
            Ok(0) => return true,
            Ok(_) => (),
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_and_slow_bodies_hinder_nobody_and_are_cut_off() {
    let scene = scene(Plan::default()).await;
    let started_at = Instant::now();
    let head = b"GET /v2/portal.getSession HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let body = b"POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: 1000\r\n\r\n{";
    let mut slow: Vec<TcpStream> = [&head[..], body]
        .into_iter()
        .flat_map(|start| std::iter::repeat_n(start, SLOW))
        .map(|start| {
            let mut stream = scene.connect();
            stream.write_all(start).expect("it reads");
            stream
        })
        .collect();
    // A byte now and then gains nothing: the limit is over the whole head, and over the whole body.
    let mut grown_mib = 0;
    while !slow.is_empty() {
        assert!(started_at.elapsed() < LIMIT, "{} slow clients are still there", slow.len());
        scene.goes_on(20).await;
        grown_mib = grown_mib.max(scene.grown_mib());
        slow.retain_mut(|stream| !is_closed(stream) && stream.write_all(b"a").is_ok());
    }
    let cut_off_after = started_at.elapsed();
    assert!(cut_off_after > Duration::from_secs(9), "they had their time: {cut_off_after:?}");
    let allowed_mib = 2 * SLOW as u64 * SLOW_KIB / 1_024;
    scene.nobody_noticed("1,000 slow clients, cut off after 10 s", grown_mib, allowed_mib).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_hinder_nobody() {
    // For both ends: the gateway inherits it.
    let files = rlimit::increase_nofile_limit(2 * IDLE as u64).expect("the limit of open files is known");
    assert!(files > IDLE as u64 + 1_000, "this needs `ulimit -Hn` of 20000; it is {files}");
    let scene = scene(Plan::default()).await;
    let mut idle: Vec<TcpStream> = Vec::with_capacity(IDLE);
    for number in 0..IDLE {
        let mut stream = scene.connect();
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
        idle.push(stream);
        // Answered, so accepted: a queue of connections is no load.
        if number % 100 == 99 {
            for stream in &mut idle[number - 99..] {
                stream.read_exact(&mut [0; 12]).expect("it answers");
            }
        }
    }
    scene.goes_on(500).await;
    let grown_mib = scene.grown_mib();
    assert!(idle.iter_mut().all(|stream| !is_closed(stream)), "they are all still there");
    drop(idle);
    scene.nobody_noticed("10,000 idle connections", grown_mib, IDLE as u64 * IDLE_KIB / 1_024).await;
}

/// More at once than it can serve: they wait or are told 503, and repeat; whoever had a ticket gets its session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_loses_no_ticket_and_leaves_no_memory_behind() {
    let Scene { _redis, gateway, load, resident_mib } = scene(Plan::default()).await;
    let owner = Client::new(load.journal.clone());
    let (ticket, _) = created(&owner, 0, "owner").await;
    let started_us = load.journal.stopwatch.now_us();
    let flood = Load::start(
        vec![gateway.url.clone()],
        Plan { seed: 2, users: "flood", clients: FLOOD, pause: Duration::ZERO, ..Plan::default() },
    );
    let exchanges = |event: &Event| matches!(event.call, Call::Exchange { .. });
    let count = |event: &Event| event.started_us > started_us && exchanges(event);
    eventually("the flood is there", 3 * LIMIT, async || flood.journal.count(count) > 2_000).await;
    let grown_mib = gateway.resident_mib().saturating_sub(resident_mib);
    let mut faults =
        vec![Fault { name: "a flood", started_us, ended_us: u64::MAX / 2, fences: false, splits: false }];
    let flooded = History { events: flood.stop().await, faults: faults.clone() };
    faults[0].ended_us = load.journal.stopwatch.now_us();
    exchanged(&owner, 0, &ticket, "the-key-of-the-owner").await;
    let history = History { events: load.stop().await, faults };

    let failed = flooded.events.iter().filter(|event| event.outcome.has_failed()).count();
    let (p99, worst) = (percentile(&flooded.events, 99), worst_answer(&flooded.events));
    tell(&format!(
        "a flood of {FLOOD} clients | {} calls, {failed} of them 503 | p99 {} | worst answer {} \
         | +{grown_mib} MiB",
        flooded.events.len(),
        ms(p99),
        ms(worst),
    ));
    assert_no_violation(&flooded);
    assert_no_violation(&history);
    assert!(grown_mib < FLOOD_MIB, "{grown_mib} MiB more");
    assert!(
        flooded
            .events
            .iter()
            .all(|event| !matches!(event.outcome, Outcome::NotConnected | Outcome::Unanswered)),
        "every call is answered"
    );
}
