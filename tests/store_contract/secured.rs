//! The contract on servers as hosts offer them: with TLS and passwords everywhere, and with commands taken away.

use std::sync::Arc;

use super::{Fixture, check_all, direct, history, idle, limits};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;
use crate::support::redis_tls::Tls;
use crate::support::sentinel_set::SentinelSet;

/// As passwords come out of a generator.
const PASSWORD: &str = "p@ss/w:rd#%?é";
const IN_URL: &str = ":p%40ss%2Fw%3Ard%23%25%3F%C3%A9@";
const ARGUMENTS: [&str; 4] = ["--requirepass", PASSWORD, "--masterauth", PASSWORD];

async fn check_everything(fixture: impl Fn() -> Fixture) {
    check_all(&fixture).await;
    direct::check_all(&fixture).await;
    history::check_all(&fixture).await;
    idle::check_all(&fixture).await;
    limits::check_all(&fixture).await;
}

/// The sentinels name the primary by its address, and the certificate is for that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_with_sentinels_by_tls_and_passwords_of_their_own() {
    let tls = Tls::for_names(&["127.0.0.1"]);
    let own = ["--requirepass", "another/word"];
    let set = Arc::new(SentinelSet::start_by(1, &ARGUMENTS, &own, Some(&tls)));
    let lines = format!("{}sentinel_password = \"another/word\"", tls.lines());
    check_everything(|| Fixture::sentinels_at(&set, &set.url_with(IN_URL), &lines)).await;
}

/// The nodes name one another by their addresses, and have one certificate, for the name in the URL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_on_a_cluster_by_tls_and_password() {
    let tls = Tls::for_names(&["localhost"]);
    let cluster = Arc::new(RedisCluster::start_by(3, 0, &ARGUMENTS, Some(&tls)));
    check_everything(|| Fixture::cluster_at(&cluster, &cluster.url_with(IN_URL), &tls.lines())).await;
}

/// The commands that hosts take away or rename. What each of them costs: docs/hosted-redis.md.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_without_the_commands_that_hosts_take_away() {
    let taken = ["INFO", "WAIT", "CONFIG", "SCRIPT", "CLIENT", "EVALSHA"];
    let renamed: Vec<&str> = taken.iter().flat_map(|command| ["--rename-command", command, ""]).collect();
    check_everything(|| Fixture::on(RedisServer::start_with(&renamed))).await;
}
