//! Outages, rate limits, the log.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::stage::{MISSING, Stage, is_outage, is_sent_home, own_host};
use crate::support::echo::Echo;
use crate::support::process::Process;
use crate::support::redis_server::RedisServer;
use crate::support::told::left_out;

pub async fn an_outage_is_no_logout(kind: Kind) {
    let redis = RedisServer::start();
    let stage = Stage::start_by(Way::OfThePortal, kind, &redis.url(), "").await;
    let token = stage.gateway.signed_in(json!({})).await;
    stage.passes("/", &token);
    redis.stop();
    for path in ["/", "/admin/"] {
        for reply in
            [stage.get(path).cookie(&token).page().send(), stage.get(path).cookie(&token).fetch().send()]
        {
            is_outage(&reply, &[503]);
        }
    }
    stage
        .get("/v2/portal.getSession")
        .cookie(&token)
        .fetch()
        .send()
        .expect(503, "application/service_unavailable");
    assert!(stage.portal.take().is_empty());
    redis.start_again();
    stage.passes("/", &token);

    let Stage { gateway, portal, proxy } = stage;
    gateway.stop().await;
    let allowed: &[u16] = if kind == Kind::Traefik { &[500] } else { &[503] };
    for path in ["/", "/admin/"] {
        is_outage(&proxy.browser.get(path).cookie(&token).page().send(), allowed);
        is_outage(&proxy.browser.get(path).cookie(&token).fetch().send(), allowed);
    }
    let allowed: &[u16] = if kind == Kind::Traefik { &[502] } else { &[503] };
    is_outage(&proxy.browser.get("/v2/portal.getSession").cookie(&token).fetch().send(), allowed);
    assert!(portal.take().is_empty());
    assert_eq!(proxy.browser.get("/enter/").send().status, 200, "the public part needs no gateway");
}

pub async fn a_rate_limit_counts_the_client_not_the_proxy(kind: Kind) {
    if !cfg!(target_os = "linux") {
        left_out("elsewhere than on Linux the loopback interface has no other addresses");
        return;
    }
    let stage = Stage::start_with(kind, "memory:", "\n[limits]\nexchange_per_minute = 2\n").await;
    let exchange = |client: Ipv4Addr, claimed: &str| {
        let request = stage.call("POST", "/v2/portal.exchangeSession").from(client);
        let request =
            request.header("X-Forwarded-For", claimed).header("Forwarded", &format!("for={claimed}"));
        request.json(&json!({ "sessionId": "none" })).send().status
    };
    let (one, other) = (Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3));
    let of_one = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "127.0.0.3"].map(|claimed| exchange(one, claimed));
    assert_eq!(of_one, [401, 401, 429, 429], "what a client says of its address counts for nothing");
    assert_eq!(exchange(other, "127.0.0.2"), 401, "another client has a limit of its own");

    let token = stage.gateway.signed_in(json!({})).await;
    let claim = stage.get("/").from(one).cookie(&token).header("X-Forwarded-For", "192.0.2.1").send();
    assert_eq!(claim.status, 200);
    assert_eq!(
        stage.portal.take_one().header("x-forwarded-for"),
        "127.0.0.2",
        "the portal learns the address too"
    );
}

pub async fn the_log_of_refusals_names_the_client(kind: Kind) {
    if !cfg!(target_os = "linux") {
        left_out("elsewhere than on Linux the loopback interface has no other addresses");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, own_host("memory:")).expect("the file is written");
    let mut gateway = Process::serve(&path);
    let portal = Echo::start();
    let proxy = Proxy::start(kind, Places::new(gateway.address, portal.address, Way::Hosted));
    let request = proxy.browser.get("/").from(Ipv4Addr::new(127, 0, 0, 2)).page();
    is_sent_home(&request.header("X-Forwarded-For", "192.0.2.1").send(), MISSING);
    // Documented: nginx asks twice.
    for _ in 0..if kind == Kind::Nginx { 2 } else { 1 } {
        gateway.wait_for_line(|line| line.contains("session.refused"));
        let line = gateway.output.last().expect("the line");
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["client"], "127.0.0.2", "{line}");
    }
}
