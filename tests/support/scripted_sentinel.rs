//! A sentinel that names whom the test tells it to: for moments in a failover that real ones pass through too
//! quickly to be met.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::gateway::eventually;
use super::redis_server::RedisServer;
use super::sentinel_set::MASTER;

/// Far longer than whoever asks it lets pass.
const LIMIT: Duration = Duration::from_secs(60);

pub struct ScriptedSentinel {
    port: u16,
    script: Arc<Script>,
}

#[derive(Default)]
struct Script {
    /// 0: it monitors nothing.
    named: AtomicU16,
    epoch: AtomicU64,
    asked: AtomicUsize,
    /// It knows no others.
    is_alone: AtomicBool,
    is_silent: watch::Sender<bool>,
}

impl ScriptedSentinel {
    pub async fn naming(primary: &RedisServer) -> Self {
        Self::naming_port(primary.port()).await
    }

    /// A primary behind a proxy.
    pub async fn naming_port(primary: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let sentinel = ScriptedSentinel { port, script: Arc::default() };
        sentinel.name_port(primary);
        let script = sentinel.script.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, script.clone()));
            }
        });
        sentinel
    }

    /// As after a failover: from now on this one, by a newer configuration.
    pub fn name(&self, primary: &RedisServer) {
        self.name_port(primary.port());
    }

    /// In the configuration that it has: as one that was made anew.
    pub fn name_at_the_same_epoch(&self, primary: &RedisServer) {
        self.script.named.store(primary.port(), Ordering::SeqCst);
    }

    /// As one that was made anew, and has met none of the others.
    pub fn name_alone(&self, primary: &RedisServer) {
        self.name_at_the_same_epoch(primary);
        self.script.is_alone.store(true, Ordering::SeqCst);
    }

    /// As one that was made anew, and not yet told of any primary.
    pub fn name_nobody(&self) {
        self.script.named.store(0, Ordering::SeqCst);
    }

    /// It hears what it is asked, and says nothing: as one that is late.
    pub fn fall_silent(&self) {
        self.script.is_silent.send_replace(true);
    }

    /// Says also what it has kept back.
    pub fn speak(&self) {
        self.script.is_silent.send_replace(false);
    }

    fn name_port(&self, primary: u16) {
        self.script.named.store(primary, Ordering::SeqCst);
        self.script.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Until what it says now has been heard by the one store that asks it, and whatever follows from it has been done.
    pub async fn wait_until_heard(&self) {
        // The first may have begun before, and only the third shows that the second is over.
        self.wait_until_asked(3).await;
    }

    /// How often it was asked so far.
    pub fn asked(&self) -> usize {
        self.script.asked.load(Ordering::SeqCst)
    }

    /// So many times more, by whoever asks it.
    pub async fn wait_until_asked(&self, times: usize) {
        let before = self.asked();
        let is_asked = async || self.asked() >= before + times;
        eventually("the sentinel is asked", LIMIT, is_asked).await;
    }

    /// For `store.url`.
    pub fn url(&self) -> String {
        Self::url_of(&[self])
    }

    /// Several, in this order.
    pub fn url_of(sentinels: &[&ScriptedSentinel]) -> String {
        let hosts: Vec<_> = sentinels.iter().map(|one| format!("127.0.0.1:{}", one.port)).collect();
        format!("redis+sentinel://{}/{MASTER}/0", hosts.join(","))
    }
}

async fn serve(client: TcpStream, script: Arc<Script>) {
    let (from_client, mut to_client) = client.into_split();
    let mut lines = BufReader::new(from_client).lines();
    while let Ok(Some(head)) = lines.next_line().await {
        let count: usize = head.trim_start_matches('*').parse().expect("an array of words");
        let mut words = Vec::new();
        for _ in 0..count {
            let (Ok(Some(_length)), Ok(Some(word))) = (lines.next_line().await, lines.next_line().await)
            else {
                return;
            };
            words.push(word.to_ascii_uppercase());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let reply = match words.as_slice() {
            ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", _] => {
                script.asked.fetch_add(1, Ordering::SeqCst);
                match script.named.load(Ordering::SeqCst) {
                    0 => "*-1\r\n".to_owned(),
                    port => array(&["127.0.0.1", &port.to_string()]),
                }
            }
            ["SENTINEL", "MASTER", _] if script.named.load(Ordering::SeqCst) == 0 => {
                "-ERR No such master with that name\r\n".to_owned()
            }
            ["SENTINEL", "MASTER", _] => {
                let others = if script.is_alone.load(Ordering::SeqCst) { "0" } else { "2" };
                let epoch = script.epoch.load(Ordering::SeqCst).to_string();
                array(&["config-epoch", &epoch, "num-other-sentinels", others])
            }
            _ => "+OK\r\n".to_owned(),
        };
        // The sender is in the script, so it cannot be gone.
        let _ = script.is_silent.subscribe().wait_for(|is_silent| !is_silent).await;
        if to_client.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn array(words: &[&str]) -> String {
    let count = words.len();
    let words = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{count}\r\n{}", words.collect::<String>())
}
