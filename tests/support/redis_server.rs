//! A real `redis-server` on a free port, with a directory of its own; gone with the value. Several that form one
//! store are in `sentinel_set.rs` and `redis_cluster.rs`.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::redis_tls::Tls;
use super::shifted_clock::ShiftedClock;

pub struct RedisServer {
    child: Mutex<Option<Child>>,
    port: u16,
    directory: TempDir,
    arguments: Vec<String>,
    sentinel_file: Option<String>,
    paused: AtomicBool,
    program: String,
    environment: Vec<(String, String)>,
    tls: Option<Arc<Tls>>,
}

impl RedisServer {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With further arguments of `redis-server`, such as `--requirepass`.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary directory"), free_port(), arguments)
    }

    /// Where something already expects it.
    pub fn start_on_port(port: u16, arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary directory"), port, arguments)
    }

    /// Once the replica has all that the primary has.
    pub fn start_replica_of(primary: &RedisServer, arguments: &[&str]) -> Self {
        let of = format!("127.0.0.1 {}", primary.port);
        let arguments = [&["--replicaof", &of][..], &FAST_REPLICATION, arguments].concat();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let replica =
            Self::not_yet_started(directory, free_port(), &arguments).with_tls(primary.tls.as_ref());
        replica.start_again();
        replica.wait_until("its replication begins", |redis| {
            info(redis, "replication", "master_link_status").is_some_and(|status| status == "up")
        });
        // Only then it is one that an answer waits for.
        let online = format!("port={},state=online", replica.port);
        primary.wait_until("it counts the replica", |redis| {
            let replication: String = redis::cmd("INFO").arg("replication").query(redis).unwrap_or_default();
            replication.contains(&online)
        });
        replica
    }

    /// In a directory that holds what the server is to find there.
    pub fn start_in(directory: TempDir, port: u16, arguments: &[&str]) -> Self {
        let server = Self::not_yet_started(directory, port, arguments);
        server.start_again();
        server
    }

    /// For [`RedisServer::spawn`]: several servers start faster side by side.
    pub fn not_yet_started(directory: TempDir, port: u16, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        RedisServer {
            child: Mutex::new(None),
            port,
            directory,
            arguments,
            sentinel_file: None,
            paused: AtomicBool::new(false),
            program: "redis-server".into(),
            environment: Vec::new(),
            tls: None,
        }
    }

    /// A Valkey in place of a Redis.
    pub fn valkey(arguments: &[&str]) -> Self {
        let fetched = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/valkey-server");
        let program = if std::path::Path::new(fetched).exists() { fetched } else { "valkey-server" };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut server = Self::not_yet_started(directory, free_port(), arguments);
        server.program = program.to_owned();
        server.start_again();
        server
    }

    /// One that lives by this clock.
    pub fn start_by(clock: &ShiftedClock) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut server = Self::not_yet_started(directory, free_port(), &[]);
        server.environment = clock.environment().into();
        server.start_again();
        server
    }

    /// A sentinel with this configuration file.
    pub fn into_sentinel(mut self, file: &str) -> Self {
        self.sentinel_file = Some(file.to_owned());
        self
    }

    /// Speaks nothing but TLS, if there is any.
    pub fn with_tls(mut self, tls: Option<&Arc<Tls>>) -> Self {
        self.tls = tls.cloned();
        self
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After [`RedisServer::stop`] or [`RedisServer::kill`]: the same port and data.
    pub fn start_again(&self) {
        self.spawn();
        self.wait_until_it_answers();
    }

    /// With everything loaded.
    pub fn wait_until_it_answers(&self) {
        self.wait_until("it answers", |redis| redis::cmd("PING").query::<String>(redis).is_ok());
    }

    /// Starts it and does not wait until it answers.
    pub fn spawn(&self) {
        self.spawn_with(&[]);
    }

    /// With arguments that hold for this start only.
    pub fn spawn_with(&self, arguments: &[&str]) {
        let mut command = Command::new(&self.program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(file) = &self.sentinel_file {
            command.args([file, "--sentinel"]);
        } else {
            command.args(["--save", "", "--dbfilename", "dump.rdb"]);
        }
        match &self.tls {
            Some(tls) => command.args(tls.arguments(self.port)),
            None => command.args(["--port", &self.port.to_string()]),
        };
        command.args(["--bind", "127.0.0.1", "--dir"]);
        command.arg(self.directory.path()).args(&self.arguments).args(arguments);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        *self.child() =
            Some(child.unwrap_or_else(|error| panic!("{}: {error}; ./tests/run installs it", self.program)));
    }

    /// Until the server says so.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut(&mut redis::Connection) -> bool) {
        let port = self.port;
        wait_until(&format!("{what} (redis-server on port {port})"), || {
            self.connect().is_ok_and(|mut redis| is_so(&mut redis))
        });
    }

    /// How many calls wait for replicas at this moment.
    pub fn calls_that_wait(&self) -> usize {
        let mut redis = self.connect().expect("redis answers");
        let clients: String =
            redis::cmd("CLIENT").arg("LIST").query(&mut redis).expect("redis lists its clients");
        // The command is the last one of each, also where it is over; only one that is blocked waits.
        let is_blocked = |line: &&str| {
            let mut fields = line.split(' ').filter_map(|field| field.strip_prefix("flags="));
            fields.any(|flags| flags.contains('b'))
        };
        clients.lines().filter(|line| line.contains("cmd=wait")).filter(is_blocked).count()
    }

    /// Makes a primary of a replica.
    pub fn promote(&self) {
        self.command(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Any command, such as `CONFIG SET …`.
    pub fn command(&self, words: &[&str]) -> redis::Value {
        let mut redis = self.connect().expect("redis answers");
        let answer = redis::cmd(words[0]).arg(&words[1..]).query(&mut redis);
        answer.unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// A field of `INFO`, such as `role` of `replication`.
    pub fn info(&self, section: &str, field: &str) -> Option<String> {
        // A sentinel closes all connections of a node that it demotes, ours too.
        let mut found = None;
        self.wait_until("it tells", |redis| {
            found = info(redis, section, field);
            true
        });
        found
    }

    /// Takes no part in a failover: neither does it answer nor is its connection broken, until it goes on.
    pub fn pause(&self) {
        self.paused.store(true, Ordering::SeqCst);
        self.signal("-STOP");
    }

    pub fn go_on(&self) {
        self.signal("-CONT");
        self.paused.store(false, Ordering::SeqCst);
    }

    /// Ends it in good order, with its data saved.
    pub fn stop(&self) {
        let mut redis = self.connect().expect("redis answers");
        redis::cmd("SAVE").exec(&mut redis).expect("redis saves");
        self.kill();
    }

    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            child.kill().expect("redis-server can be killed");
            child.wait().expect("redis-server ends");
        }
    }

    /// Such as `-STOP`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    pub fn url(&self) -> String {
        match &self.tls {
            Some(tls) => format!("rediss://{}:{}/0", tls.host(), self.port),
            None => format!("redis://127.0.0.1:{}/0", self.port),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.child().as_ref().expect("redis-server runs").id()
    }

    /// A connection for the test itself.
    pub fn connect(&self) -> redis::RedisResult<redis::Connection> {
        let mut url = url::Url::parse(&self.url()).expect("a URL");
        if let Some(password) = self.argument("--requirepass") {
            url.set_password(Some(password)).expect("a URL that takes a password");
        }
        // Limits, for a server that hangs is what some tests are about.
        let redis = match &self.tls {
            Some(tls) => tls.connect(url)?,
            None => redis::Client::open(url)?.get_connection_with_timeout(Duration::from_secs(5))?,
        };
        redis.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(redis)
    }

    /// The value of an argument it was started with.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str)
    }

    /// Neither stopped, killed nor paused.
    pub fn is_running(&self) -> bool {
        self.child().is_some() && !self.paused.load(Ordering::SeqCst)
    }

    /// Where its files are.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Every key, as text where it is text.
    pub fn keys(&self) -> Vec<String> {
        let mut redis = self.connect().expect("redis answers");
        redis::cmd("KEYS").arg("*").query(&mut redis).expect("redis lists its keys")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Of a `store.url` that names several servers.
pub fn scheme_and_hosts(servers: &[RedisServer]) -> (&'static str, String) {
    let tls = servers.first().and_then(|server| server.tls.as_ref());
    let (scheme, host) = tls.map_or(("redis", "127.0.0.1"), |tls| ("rediss", tls.host()));
    let hosts: Vec<String> = servers.iter().map(|server| format!("{host}:{}", server.port())).collect();
    (scheme, hosts.join(","))
}

/// The default lets a primary wait for seconds before it serves a new replica.
pub const FAST_REPLICATION: [&str; 2] = ["--repl-diskless-sync-delay", "0"];

fn info(redis: &mut redis::Connection, section: &str, field: &str) -> Option<String> {
    let text: String = redis::cmd("INFO").arg(section).query(redis).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| *name == field).map(|(_, value)| value.to_owned())
}

/// Waits for a condition, not for time to pass.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain waited until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One that no other test of this process was given.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return port;
        }
    }
}
