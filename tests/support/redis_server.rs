//! A real `redis-server` on a free port, with a directory of its own; gone with the value.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub struct RedisServer {
    child: Mutex<Option<Child>>,
    port: u16,
    directory: TempDir,
    arguments: Vec<String>,
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

    fn start_in(directory: TempDir, port: u16, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let server = RedisServer { child: Mutex::new(None), port, directory, arguments };
        server.start_again();
        server
    }

    /// A port with TLS beside the plain one: its URL, and the file of the authority that vouches for it.
    pub fn start_with_tls() -> (Self, String, PathBuf) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: String| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("a file is written");
            path
        };
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = file("certificate.pem", certified.cert.pem());
        let key = file("key.pem", certified.signing_key.serialize_pem());
        let port = free_port().to_string();
        let (certificate_path, key) = (certificate.to_str().expect("a path"), key.to_str().expect("a path"));
        let tls = ["--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file", certificate_path];
        let server = Self::start_in(directory, free_port(), &[&tls[..], &["--tls-key-file", key]].concat());
        (server, format!("rediss://localhost:{port}/0"), certificate)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After [`RedisServer::stop`] or [`RedisServer::kill`]: the same port and data.
    pub fn start_again(&self) {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--dbfilename", "dump.rdb", "--dir"]).arg(self.directory.path()).args(&self.arguments);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        *self.child() =
            Some(child.expect("redis-server is not installed: run ./tests/run, which installs it"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.connect().and_then(|mut redis| redis::cmd("PING").query::<String>(&mut redis)).is_err() {
            assert!(Instant::now() < deadline, "redis-server did not start on port {}", self.port);
            // A wait for the condition above, not for time to pass.
            std::thread::sleep(Duration::from_millis(5));
        }
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
        format!("redis://127.0.0.1:{}/0", self.port)
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
        if let Some(password) = self.arguments.iter().skip_while(|name| *name != "--requirepass").nth(1) {
            url.set_password(Some(password)).expect("a URL that takes a password");
        }
        redis::Client::open(url)?.get_connection()
    }

    /// Every key, as text where it is text.
    pub fn keys(&self) -> Vec<String> {
        let mut redis = self.connect().expect("redis answers");
        redis::cmd("KEYS").arg("*").query(&mut redis).expect("redis lists its keys")
    }

    /// Lets time pass for everything that is stored.
    pub fn forward(&self, by: Duration) {
        let script = r"
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local left = redis.call('PTTL', key)
              if left >= 0 then
                if left <= tonumber(ARGV[1]) then redis.call('DEL', key)
                else redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
              end
            end";
        let mut redis = self.connect().expect("redis answers");
        let by_ms = u64::try_from(by.as_millis()).expect("a short time");
        redis::Script::new(script).arg(by_ms).invoke::<()>(&mut redis).expect("time can be forwarded");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
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
