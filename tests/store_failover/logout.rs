//! What a logout costs a store whose replica falls behind: its own time once, and others nothing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use vestibule::domain::credential::BrowserToken;
use vestibule::domain::environment::Environment;
use vestibule::domain::ports::{OnBehalf, Record, Removal, StoreError};
use vestibule::telemetry::Metrics;

use crate::support::app::{ACME_LIVE, Reply, TestApp, in_portal};
use crate::support::gateway::eventually;
use crate::support::redis_server::RedisServer;
use crate::support::store::{active, store_observed, tag_of};

/// Far longer than it takes.
const LIMIT: Duration = Duration::from_secs(60);
const COOKIE: &str = "portal_session_my-portal";

/// It has one worker, whose places are all that there are. A browser may keep several sessions under a name that is not bound to one host.
async fn app_on(primary: &RedisServer, timeout_ms: u32, refused_a_minute: u32) -> TestApp {
    let shared = in_portal("my-portal", "cookie.domain = \"example.com\"");
    let limit = format!("exchange_per_minute = {refused_a_minute}");
    let change = |config| {
        let config = shared(config).replace("exchange_per_minute = 1000000", &limit);
        let config = config.replace("[server]", "[server]\nworkers = 1");
        format!("store.timeout_ms = {timeout_ms}\n{config}")
    };
    TestApp::start_at(&primary.url(), change).await
}

fn made_up(user: usize) -> String {
    let tag = tag_of(&format!("stranger {user}"));
    BrowserToken::mint(Environment::Live, tag).expose().to_owned()
}

/// A logout with these cookies.
fn logout(app: &TestApp, tokens: &[String]) -> impl Future<Output = Reply> + use<> {
    let cookies: Vec<_> = tokens.iter().map(|token| format!("{COOKIE}={token}")).collect();
    let call = app.post("/v2/portal.endSession", json!({})).header("cookie", &cookies.join("; "));
    call.header("origin", "https://portal.example.com").send()
}

/// One after the other, each would have the whole time of a call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sessions_of_a_logout_are_waited_for_side_by_side() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let app = app_on(&primary, 5_000, 60).await;
    let mut live = Vec::new();
    for user in ["a", "b"] {
        live.push(app.signed_in(json!({ "externalId": user })).await);
    }
    let dead = [made_up(1), made_up(2)];
    for (tokens, status) in [(&dead[..], 401), (&live[..], 200)] {
        replica.pause();
        let logout = tokio::spawn(logout(&app, tokens));
        let both_wait = async || primary.calls_that_wait() == 2;
        eventually("both wait", Duration::from_secs(5), both_wait).await;
        replica.go_on();
        assert_eq!(logout.await.expect("no panic").status, status);
    }
    for token in &live {
        assert!(!app.accepts(token).await);
    }
}

/// Whoever likes may make up tokens. What they cost must not be what keeps others signed in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logouts_of_made_up_sessions_take_no_place_of_real_ones() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let metrics = Arc::new(Metrics::new().expect("metrics"));
    let store = store_observed(&primary.url(), "timeout_ms = 2000", &metrics);
    let (session, token) = active(store.as_ref(), "user").await;
    replica.pause();
    let settling = (0..20).map(|user| {
        let (store, tag) = (store.clone(), tag_of(&format!("stranger {user}")));
        tokio::spawn(async move { store.settle(tag, OnBehalf::Anybody).await })
    });
    let settling: Vec<_> = settling.collect();
    eventually("two of them wait", Duration::from_secs(60), async || primary.calls_that_wait() == 2).await;
    let (ended, settled) = tokio::join!(
        store.remove(&session.handle, Some(Record::Token(token)), Removal::Ended),
        store.settle(tag_of("whom a backend names"), OnBehalf::Known),
    );
    for outcome in [ended.map(drop), settled] {
        assert!(
            matches!(&outcome, Err(StoreError::Unconfirmed(text)) if text.contains("0 of 1")),
            "it is carried out, and waits for the replica: {outcome:?}"
        );
    }
    let mut crowded = 0;
    for settled in settling {
        let error = settled.await.expect("no panic").expect_err("the replica hangs");
        crowded += usize::from(matches!(error, StoreError::Crowded(_)));
    }
    assert!(crowded > 0, "two have a place");
    let text = metrics.render().expect("metrics");
    let counted = format!("vestibule_store_errors_total{{kind=\"crowded\",operation=\"settle\"}} {crowded}");
    assert!(text.contains(&counted), "{text}");
    replica.go_on();
}

/// Whoever has a root key is no stranger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_takes_no_place_of_logouts_of_made_up_sessions() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let app = app_on(&primary, 5_000, 60).await;
    replica.pause();
    let logouts = (0..8).map(|user| tokio::spawn(logout(&app, &[made_up(user)])));
    let logouts: Vec<_> = logouts.collect();
    let waiting = async |count| {
        eventually("they wait", LIMIT, async || primary.calls_that_wait() == count).await;
    };
    waiting(2).await;
    let revocation = app.backend(ACME_LIVE, "revokeSession", json!({ "token": made_up(9) }));
    let (revoked, ()) = tokio::join!(revocation, async {
        waiting(3).await;
        replica.go_on();
    });
    assert_eq!(revoked.data(), json!({ "revoked": 0 }), "{}", revoked.text);
    for logout in logouts {
        // An outage on a machine so slow that the store's time was over before the replica went on.
        let status = logout.await.expect("no panic").status;
        assert!([401, 503].contains(&status), "{status}");
    }
}

/// Else a replica that hangs would lift the limit just where each costs most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_of_a_made_up_session_counts_also_where_it_ends_in_an_outage() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let app = app_on(&primary, 300, 2).await;
    replica.pause();
    for (user, status) in [(1, 503), (2, 503), (3, 429)] {
        assert_eq!(logout(&app, &[made_up(user)]).await.status, status, "{user}");
    }
    replica.go_on();
}
