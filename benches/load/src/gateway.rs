//! The gateway under test: its release build with everything on, logs into a file.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::{Server, free_port};

pub struct Gateway {
    pub server: Server,
    pub root_key: String,
    /// From the start of the process to its first connection.
    pub ready_after: Duration,
    log: File,
}

pub struct Options<'a> {
    pub binary: &'a Path,
    pub directory: &'a Path,
    pub store_url: String,
    pub workers: usize,
    pub portals: usize,
    /// 0: none, as the goals are set.
    pub history_days: u32,
}

impl Gateway {
    pub fn start(options: &Options<'_>) -> io::Result<Self> {
        let (port, metrics_port) = (free_port()?, free_port()?);
        let (root_key, entry) = new_root_key(options.binary)?;
        let config = options.directory.join(format!("gateway-{port}.toml"));
        std::fs::write(&config, configuration(options, port, metrics_port, &entry))?;
        let log = OpenOptions::new().create(true).append(true).open(config.with_extension("log"))?;
        let mut command = Command::new(options.binary);
        command.args(["serve", "--config"]).arg(&config).stdout(log.try_clone()?);
        let started = Instant::now();
        let server = Server::start(&mut command, port)?;
        Ok(Gateway { server, root_key, ready_after: started.elapsed(), log })
    }

    /// Its log would fill the disk; it appends, so it goes on at the beginning.
    pub fn forget_log(&self) -> io::Result<()> {
        self.log.set_len(0)
    }
}

/// The key and its entry for the configuration.
fn new_root_key(binary: &Path) -> io::Result<(String, String)> {
    let output = Command::new(binary).args(["keys", "new", "--environment", "live"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = text.lines().find(|line| line.starts_with("rk_live_")).map(str::to_owned);
    let entry = text.find("[[workspaces.root_keys]]").map(|at| text[at..].to_owned());
    key.zip(entry).ok_or_else(|| io::Error::other("`vestibule keys new` printed no key"))
}

/// Limits are checked on every request, but none is reached.
fn configuration(options: &Options<'_>, port: u16, metrics_port: u16, root_key: &str) -> String {
    let mut text = format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
metrics_listen = "127.0.0.1:{metrics_port}"
public_url = "https://sessions.example.com"
secret = "a secret of the benchmark, long enough to be taken"
workers = {workers}
[store]
url = "{store}"
[history]
days = {days}
[limits]
exchange_per_minute = 10000000
create_per_minute = 10000000
[[workspaces]]
id = "acme"
{root_key}
[[workspaces.portals]]
slug = "my-portal"
url = "https://portal.example.com/"
return_url = "https://app.example.com/billing"
return_urls = ["https://app.example.com/"]
"#,
        workers = options.workers,
        days = options.history_days,
        store = options.store_url,
    );
    for index in 1..options.portals {
        text.push_str(&format!(
            "[[workspaces.portals]]\nslug = \"portal-{index}\"\nurl = \"https://portal-{index}.example.com/\"\n"
        ));
    }
    text
}

/// Of the repository that this package lies in.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
