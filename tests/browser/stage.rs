//! A gateway for browsers on localhost, and what a script may do to it.

use std::time::Duration;

use crate::script::Script;
use crate::support::app::{ACME_LIVE, Kind, TestApp};
use crate::support::redis_server::{RedisServer, free_port};
use vestibule::domain::credential::RootKey;

/// The gateway, and the ports of everyone around it, whom the script plays.
pub struct Stage {
    gateway: TestApp,
    ports: Vec<(&'static str, u16)>,
}

impl Stage {
    pub async fn start(kind: Kind) -> Self {
        let redis = (kind == Kind::Redis).then(|| RedisServer::start().into());
        // Known before anything listens: each is in the address of another.
        let places = ["public", "gateway", "portal", "backend", "foreign", "https"];
        let ports: Vec<_> = places.map(|place| (place, free_port())).into();
        let url = redis
            .as_ref()
            .map_or_else(|| "memory:".to_owned(), |redis: &std::sync::Arc<RedisServer>| redis.url());
        let text = configuration(&ports, &url);
        let gateway = TestApp::start_on(redis, |_| text).await;
        Stage { gateway, ports }
    }

    /// Runs `tests/browser/<name>.test.mjs` to its good end.
    pub fn play(&self, name: &str) {
        Script::start(name, &self.ports).run(|command| self.obey(command));
    }

    fn obey(&self, command: &str) {
        let redis = || self.gateway.redis.as_ref().expect("this scenario has a Redis");
        match command.split_once(' ') {
            Some(("forward", seconds)) => {
                self.gateway.forward(Duration::from_secs(seconds.parse().expect("seconds")));
            }
            Some(("redis", signal)) => redis().signal(signal),
            _ => panic!("the script asks for {command:?}"),
        }
    }
}

fn configuration(ports: &[(&str, u16)], store_url: &str) -> String {
    let digest = RootKey::parse(ACME_LIVE).expect("a root key").digest().to_hex();
    let text = include_str!("gateway.toml").replace("{acme-live}", &digest).replace("{store}", store_url);
    ports.iter().fold(text, |text, (place, port)| text.replace(&format!("{{{place}}}"), &port.to_string()))
}
