//! What the gateway costs while nothing happens: memory of open connections, bytes of a live session in Redis,
//! time to start.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::gateway::{Gateway, Options};
use crate::measure::{Plan, Results};
use crate::redis::{self, Client};
use crate::targets::Target;

const CONNECTIONS: usize = 10_000;
const SESSIONS: usize = 20_000;
const STARTS: usize = 7;
/// For what a burst leaves behind to settle.
const SETTLE: Duration = Duration::from_secs(1);

/// Adds to `results` what a gateway of its own shows.
pub fn measure(plan: &Plan, results: &mut Results) -> io::Result<()> {
    let redis = redis::start(&plan.directory, &[])?;
    let options = Options {
        binary: &plan.gateway,
        directory: &plan.directory,
        store_url: format!("redis://{}/", redis.address),
        workers: plan.workers,
        portals: 1,
        history_days: 0,
    };
    let mut ready_ms = Vec::new();
    for _ in 0..STARTS {
        ready_ms.push(Gateway::start(&options)?.ready_after.as_secs_f64() * 1e3);
    }
    ready_ms.sort_by(f64::total_cmp);
    results.ready_ms = ready_ms[STARTS / 2];

    let gateway = Gateway::start(&options)?;
    results.connections_mib = connections(&gateway)?;
    results.session_bytes = session_bytes(&gateway, &mut Client::connect(&redis)?)?;
    Ok(())
}

/// Resident memory with many connections that have each been used once.
fn connections(gateway: &Gateway) -> io::Result<f64> {
    let mut streams = Vec::with_capacity(CONNECTIONS);
    let mut answer = [0; 4_096];
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(gateway.server.address)?;
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: sessions.example.com\r\n\r\n")?;
        if stream.read(&mut answer)? == 0 {
            return Err(io::Error::other("a connection was closed"));
        }
        streams.push(stream);
    }
    std::thread::sleep(SETTLE);
    Ok(gateway.server.resident_mib())
}

/// Growth of Redis's memory for each live session of the README's example, all of different users.
fn session_bytes(gateway: &Gateway, redis: &mut Client) -> io::Result<f64> {
    let target = Target::gateway_like("gateway", gateway.server.address, &gateway.root_key, &[])?;
    redis.ask(&["FLUSHALL"])?;
    let before = redis.info("used_memory")?;
    let tickets = target.requests(crate::targets::Operation::Exchange, SESSIONS)?;
    target.send(&tickets, SESSIONS, None, |_, _| {})?;
    let sessions = redis.ask(&["DBSIZE"])?.text().parse::<f64>().unwrap_or(0.0) / 2.0;
    Ok((redis.info("used_memory")? - before) / sessions)
}
