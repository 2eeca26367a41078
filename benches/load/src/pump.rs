//! The load generator: one thread, many keep-alive connections, a request at a time on each.
//!
//! Owns: when a request is sent, and from when its latency counts. At a fixed rate that is the moment it was
//! due, sent or not: a server that stalls is charged for all who waited (no coordinated omission).
//! Must not know: what is asked.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::epoll;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};

use crate::wire::{Protocol, Reply};

const TIMER: u64 = u64::MAX;
/// Without any progress for so long, a run has failed.
const STALL: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };

/// The longest latency that is told apart from longer ones.
const LONGEST_NS: u64 = 60_000_000_000;

pub struct Load<'a> {
    pub address: SocketAddr,
    pub protocol: Protocol,
    pub connections: usize,
    /// Sent in turn, from the first again after the last.
    pub requests: &'a [Vec<u8>],
    pub count: usize,
    /// Requests a second; `None`: as many as the target can answer.
    pub rate: Option<f64>,
}

pub struct Outcome {
    pub took: Duration,
    /// Nanoseconds.
    pub latencies: Histogram<u64>,
}

impl Outcome {
    /// In milliseconds.
    pub fn latency_ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1e6
    }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    due: Instant,
}

/// Sends everything and hands every reply's head and body to `on_reply`.
pub fn run(load: &Load<'_>, mut on_reply: impl FnMut(&[u8], &[u8])) -> io::Result<Outcome> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
    epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
    let mut connections = Vec::new();
    for index in 0..load.connections {
        let connection = connect(load.address)?;
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&epoll, connection.stream.as_fd(), data, epoll::EventFlags::IN)?;
        connections.push(connection);
    }
    let mut free: VecDeque<usize> = (0..load.connections).collect();
    let mut latencies = Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("bounds and digits are allowed");
    let mut events = Vec::with_capacity(load.connections + 1);
    let mut chunk = vec![0; 64 * 1024];
    let (mut issued, mut answered) = (0, 0);
    let started = Instant::now();
    let due = |index: usize| load.rate.map(|rate| started + Duration::from_secs_f64(index as f64 / rate));
    while answered < load.count {
        while issued < load.count && !free.is_empty() {
            let now = Instant::now();
            let due = due(issued).unwrap_or(now);
            if due > now {
                set_timer(&timer, due - now)?;
                break;
            }
            let connection = &mut connections[free.pop_front().expect("it is not empty")];
            connection.due = due;
            // A request fits into an empty socket's buffer.
            connection.stream.write_all(&load.requests[issued % load.requests.len()])?;
            issued += 1;
        }
        events.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), Some(&STALL))?;
        if events.is_empty() {
            return Err(io::Error::other(format!("no reply any more after {answered} of {}", load.count)));
        }
        for event in &events {
            let index = event.data.u64();
            if index == TIMER {
                let _ = rustix::io::read(&timer, &mut [0; 8]);
                continue;
            }
            let connection = &mut connections[index as usize];
            if !receive(connection, &mut chunk)? {
                continue;
            }
            match load.protocol.read(&connection.received) {
                Reply::Partial => continue,
                Reply::Refused(told) => return Err(io::Error::other(told)),
                Reply::Whole { head, body } => on_reply(head, body),
            }
            latencies.saturating_record(connection.due.elapsed().as_nanos() as u64);
            connection.received.clear();
            free.push_back(index as usize);
            answered += 1;
        }
    }
    Ok(Outcome { took: started.elapsed(), latencies })
}

fn connect(address: SocketAddr) -> io::Result<Connection> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(Connection { stream, received: Vec::with_capacity(4_096), due: Instant::now() })
}

/// Whether anything came.
fn receive(connection: &mut Connection, chunk: &mut [u8]) -> io::Result<bool> {
    match connection.stream.read(chunk) {
        Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the target closed a connection")),
        Ok(length) => {
            connection.received.extend_from_slice(&chunk[..length]);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

fn set_timer(timer: &impl AsFd, wait: Duration) -> io::Result<()> {
    let it_value = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos().max(1)) };
    let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
    rustix::time::timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
    Ok(())
}
