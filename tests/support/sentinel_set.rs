//! A primary, its replicas and the sentinels that watch over them, as real processes on free ports.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::redis_server::{FAST_REPLICATION, RedisServer, free_port, scheme_and_hosts, wait_until};
use super::redis_tls::Tls;

/// The name under which the sentinels know the primary.
pub const MASTER: &str = "vestibule";

pub struct SentinelSet {
    /// The first one is the primary at the start.
    pub nodes: Vec<RedisServer>,
    pub sentinels: Vec<RedisServer>,
}

impl SentinelSet {
    /// One primary, two replicas, three sentinels of whom two decide.
    pub fn start() -> Self {
        Self::start_with(2, &[])
    }

    /// With so many replicas and further arguments of every data node.
    pub fn start_with(replicas: usize, arguments: &[&str]) -> Self {
        Self::start_by(replicas, arguments, &[], None)
    }

    /// The same by TLS, and with further arguments of every sentinel.
    pub fn start_by(
        replicas: usize,
        arguments: &[&str],
        of_sentinels: &[&str],
        tls: Option<&Arc<Tls>>,
    ) -> Self {
        let arguments = [&FAST_REPLICATION[..], arguments].concat();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut nodes = vec![RedisServer::not_yet_started(directory, free_port(), &arguments).with_tls(tls)];
        nodes[0].start_again();
        for _ in 0..replicas {
            nodes.push(RedisServer::start_replica_of(&nodes[0], &arguments));
        }
        let password = nodes[0].argument("--requirepass");
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let sentinel = |port: &u16| sentinel(*port, (&ports, &nodes), password, of_sentinels).with_tls(tls);
        let sentinels: Vec<RedisServer> = ports.iter().map(sentinel).collect();
        for sentinel in &sentinels {
            sentinel.spawn();
        }
        let set = SentinelSet { nodes, sentinels };
        for sentinel in &set.sentinels {
            sentinel.wait_until("the sentinel sees all others", |redis| {
                redis::cmd("SENTINEL").arg("CKQUORUM").arg(MASTER).exec(redis).is_ok()
            });
        }
        set
    }

    /// For `store.url`.
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// With credentials of the data nodes, such as `user:password@`.
    pub fn url_with(&self, credentials: &str) -> String {
        let (scheme, sentinels) = scheme_and_hosts(&self.sentinels);
        format!("{scheme}+sentinel://{credentials}{sentinels}/{MASTER}/0")
    }

    /// Whom the first sentinel that runs takes for the primary.
    pub fn primary(&self) -> &RedisServer {
        let sentinel = self.sentinels.iter().find(|sentinel| sentinel.is_running()).expect("a sentinel runs");
        let port = primary_of(sentinel);
        self.nodes.iter().find(|node| node.port() == port).expect("the primary is one of the nodes")
    }

    /// Until the sentinels have promoted another node than this, and most of them know: no gateway follows fewer.
    pub fn wait_for_another_primary_than(&self, port: u16) -> &RedisServer {
        wait_until("the sentinels have promoted another node", || {
            let primary = self.primary();
            let has_role = || primary.info("replication", "role").as_deref() == Some("master");
            let names_it = |sentinel: &&RedisServer| primary_of(sentinel) == primary.port();
            let running = self.sentinels.iter().filter(|sentinel| sentinel.is_running());
            primary.port() != port
                && primary.is_running()
                && has_role()
                && running.filter(names_it).count() * 2 > self.sentinels.len()
        });
        self.primary()
    }

    /// A failover in good order, such as for maintenance. The sentinels may give it up, for one of them makes a
    /// replica again of what another has just promoted; then they are told again.
    pub fn fail_over(&self) -> &RedisServer {
        let port = self.primary().port();
        let mut told_at = None::<Instant>;
        wait_until("the sentinels have failed over", || {
            if told_at.is_none_or(|at| at.elapsed() > Duration::from_secs(6)) {
                // Refused where one is on: then that one counts.
                let _ = self.sentinels[0].connect().and_then(|mut sentinel| {
                    redis::cmd("SENTINEL").arg("FAILOVER").arg(MASTER).exec(&mut sentinel)
                });
                told_at = Some(Instant::now());
            }
            self.primary().port() != port
        });
        self.wait_for_another_primary_than(port)
    }

    /// Some ten seconds after a failover; before that another one may get stuck.
    pub fn wait_until_all_agree(&self) {
        wait_until("all agree on the new primary", || {
            // On a busy machine the sentinels may take one for dead meanwhile.
            let primary = self.primary();
            let running = |server: &&RedisServer| server.is_running();
            let replicas = self.nodes.iter().filter(running).filter(|node| node.port() != primary.port());
            let in_step = |node: &RedisServer| {
                let port = node.info("replication", "master_port");
                let link = node.info("replication", "master_link_status");
                port == Some(primary.port().to_string()) && link.as_deref() == Some("up")
            };
            self.sentinels.iter().filter(running).all(|sentinel| primary_of(sentinel) == primary.port())
                && replicas.into_iter().all(in_step)
        });
    }
}

fn primary_of(sentinel: &RedisServer) -> u16 {
    let mut redis = sentinel.connect().expect("the sentinel answers");
    let mut ask = redis::cmd("SENTINEL");
    let address: (String, u16) = ask
        .arg("GET-MASTER-ADDR-BY-NAME")
        .arg(MASTER)
        .query(&mut redis)
        .expect("the sentinel knows the primary");
    address.1
}

/// The file tells each sentinel of all others, which they would else find out in seconds.
fn sentinel(
    port: u16,
    (ports, nodes): (&[u16], &[RedisServer]),
    password: Option<&str>,
    arguments: &[&str],
) -> RedisServer {
    let id = |port: u16| format!("{port:040x}");
    let mut lines = vec![
        format!("sentinel myid {}", id(port)),
        format!("sentinel monitor {MASTER} 127.0.0.1 {} 2", nodes[0].port()),
        format!("sentinel down-after-milliseconds {MASTER} 600"),
        format!("sentinel failover-timeout {MASTER} 1500"),
    ];
    lines.extend(password.map(|password| format!("sentinel auth-pass {MASTER} {password:?}")));
    let replicas = nodes[1..].iter();
    lines.extend(replicas.map(|node| format!("sentinel known-replica {MASTER} 127.0.0.1 {}", node.port())));
    let others = ports.iter().filter(|other| **other != port);
    lines.extend(
        others.map(|other| format!("sentinel known-sentinel {MASTER} 127.0.0.1 {other} {}", id(*other))),
    );
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file: PathBuf = directory.path().join("sentinel.conf");
    std::fs::write(&file, lines.join("\n")).expect("a file is written");
    let file = file.to_str().expect("a path").to_owned();
    RedisServer::not_yet_started(directory, port, arguments).into_sentinel(&file)
}
