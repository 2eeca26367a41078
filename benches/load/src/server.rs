//! A server process: started on a free port, watched through `/proc`, killed with the value.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// To start and to answer.
const LIMIT: Duration = Duration::from_secs(20);

pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts `command`, which must listen on `port`, and waits until it takes connections.
    pub fn start(command: &mut Command, port: u16) -> io::Result<Server> {
        let child = command.spawn().map_err(|error| io::Error::other(format!("{command:?}: {error}")))?;
        let mut server = Server { address: SocketAddr::from(([127, 0, 0, 1], port)), child };
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(server.address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                return Err(io::Error::other(format!("{command:?} ended: {status}")));
            }
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{command:?} does not listen")));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(server)
    }

    /// User and system time since its start, of all its threads.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The second field is a name in parentheses, which may hold anything.
        let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / rustix::param::clock_ticks_per_second() as f64
    }

    /// What it holds in memory now, in MiB (of 2^20 bytes).
    pub fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
        let kib = line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
        kib.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
