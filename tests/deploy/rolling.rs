//! A rolling restart: three gateways behind nginx are replaced one after the other while people use them. Nobody sees an
//! error, be it that they ask or that they change something.
//!
//! `VESTIBULE_ROLLING_RATE` sets the requests a second; the release build is meant for 1,000.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::nginx::Nginx;
use super::support::app::{ACME_LIVE, config};
use super::support::process::{Process, vestibule};
use super::support::redis_server::{RedisServer, free_port};

const CLIENTS: u32 = 40;
const RATE_IN_CI: u32 = 200;

/// One of the three, always at the same address, as behind a proxy that knows addresses, not names.
struct Replica {
    file: PathBuf,
    process: Process,
}

impl Replica {
    fn start(directory: &Path, redis: &RedisServer) -> Self {
        let port = free_port();
        let text = config(&redis.url())
            .replace("127.0.0.1:0", &format!("127.0.0.1:{port}"))
            .replace("drain_seconds = 0", "drain_seconds = 1\ntrusted_proxies = [\"127.0.0.1\"]");
        let file = directory.join(format!("{port}.toml"));
        std::fs::write(&file, text).expect("a file is written");
        Replica { process: serve(&file), file }
    }

    /// What an orchestrator does with it.
    fn restart(self) -> Self {
        self.process.signal("-TERM");
        let (code, output) = self.process.end();
        assert_eq!(code, Some(0), "{output:#?}");
        Replica { process: serve(&self.file), file: self.file }
    }
}

fn serve(file: &Path) -> Process {
    let mut command = vestibule(&["serve", "--config"]);
    // Nobody reads the log of so many requests.
    command.env("VESTIBULE__LOG__LEVEL", "warn,vestibule::app::process=info");
    Process::serve_by(command.arg(file).env("VESTIBULE__LIMITS__CREATE_PER_MINUTE", "0"))
}

fn in_front_of(replicas: &[Replica]) -> (String, Nginx) {
    let port = free_port();
    let document = include_str!("../../docs/deploy.md");
    let (_, site) = document.split_once("```nginx\n# /etc/nginx/conf.d/vestibule.conf\n").expect("the block");
    let (site, _) = site.split_once("```").expect("its end");
    let put = |site: String, (place, value): (String, String)| {
        assert!(site.contains(&place), "docs/deploy.md has no {place:?}");
        site.replace(&place, &value)
    };
    let of_replica = |(index, replica): (usize, &Replica)| {
        (format!("10.0.0.{}:8080 max", index + 1), format!("{} max", replica.process.address))
    };
    let listens = (String::from("10.0.0.10:8080;"), format!("127.0.0.1:{port};"));
    let site = replicas.iter().enumerate().map(of_replica).chain([listens]).fold(site.to_owned(), put);
    (format!("http://127.0.0.1:{port}"), Nginx::start(port, &site))
}

/// The people who use it meanwhile.
struct Load {
    running: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: JoinSet<Vec<String>>,
}

impl Load {
    fn start(origin: &str, token: &str, rate: u32) -> Self {
        let running = Arc::new(AtomicBool::new(true));
        let answered = Arc::new(AtomicUsize::new(0));
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (client, origin, token) = (client.clone(), origin.to_owned(), token.to_owned());
            let (running, answered) = (Arc::clone(&running), Arc::clone(&answered));
            clients.spawn(async move {
                let period = Duration::from_secs(1) * CLIENTS / rate;
                let mut pace = tokio::time::interval_at(Instant::now() + period * number / CLIENTS, period);
                pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
                let mut lost = Vec::new();
                while running.load(Ordering::Relaxed) {
                    pace.tick().await;
                    // Every fourth changes something: nginx never sends such a one again.
                    let request = if number % 4 == 0 {
                        create(&client, &origin)
                    } else {
                        ask(&client, &origin, &token)
                    };
                    match request.send().await {
                        Ok(answer) if answer.status() == 200 => _ = answered.fetch_add(1, Ordering::Relaxed),
                        Ok(answer) => lost.push(format!("{}: {:?}", answer.status(), answer.text().await)),
                        Err(error) => lost.push(format!("{error:?}")),
                    }
                }
                lost
            });
        }
        Load { running, answered, clients }
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// What went wrong.
    async fn end(self) -> Vec<String> {
        self.running.store(false, Ordering::Relaxed);
        self.clients.join_all().await.concat()
    }
}

fn create(client: &reqwest::Client, origin: &str) -> reqwest::RequestBuilder {
    let body = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    client.post(format!("{origin}/v2/portal.createSession")).bearer_auth(ACME_LIVE).json(&body)
}

fn ask(client: &reqwest::Client, origin: &str, token: &str) -> reqwest::RequestBuilder {
    client.get(format!("{origin}/v2/portal.getSession")).bearer_auth(token)
}

async fn sign_in(origin: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let data = async |request: reqwest::RequestBuilder| -> Value {
        request.send().await.expect("an answer").json::<Value>().await.expect("JSON")["data"].clone()
    };
    let created = data(create(&client, origin)).await;
    let exchange = client.post(format!("{origin}/v2/portal.exchangeSession"));
    let exchanged = data(exchange.json(&json!({ "sessionId": created["sessionId"] }))).await;
    exchanged["token"].as_str().unwrap_or_else(|| panic!("{created} {exchanged}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, clippy::disallowed_methods)] // The rate and the figure, for whoever tries another one.
async fn a_rolling_restart_of_three_loses_no_request() {
    let rate =
        std::env::var("VESTIBULE_ROLLING_RATE").map_or(RATE_IN_CI, |rate| rate.parse().expect("a number"));
    let directory = tempfile::tempdir().expect("a directory");
    let redis = RedisServer::start();
    let mut replicas: Vec<Replica> = (0..3).map(|_| Replica::start(directory.path(), &redis)).collect();
    let (origin, _nginx) = in_front_of(&replicas);
    let token = sign_in(&origin).await;
    let started = Instant::now();
    let load = Load::start(&origin, &token, rate);
    while load.answered() < 100 {
        tokio::task::yield_now().await;
    }
    for _ in 0..replicas.len() {
        let before = load.answered();
        let oldest = replicas.remove(0);
        replicas.push(tokio::task::block_in_place(|| oldest.restart()));
        assert!(load.answered() > before, "people use it meanwhile");
    }
    let (answered, seconds) = (load.answered(), started.elapsed().as_secs_f64());
    let lost = load.end().await;
    println!("{answered} requests, {:.0} a second, {} lost", answered as f64 / seconds, lost.len());
    assert!(lost.is_empty(), "{} of {answered} lost: {:#?}", lost.len(), &lost[..lost.len().min(5)]);
}
