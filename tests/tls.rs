//! `rediss://`: the gateway speaks TLS to its Redis, and to no server that nobody vouches for.

mod support;

use serde_json::json;
use support::app::TestApp;
use support::redis_server::RedisServer;

#[tokio::test]
async fn a_redis_with_a_certificate_of_the_given_authority_serves() {
    let (_redis, url, authority) = RedisServer::start_with_tls();
    let line = format!("store.ca_file = {:?}\n", authority.to_str().expect("a path"));
    let app = TestApp::start_at(&url, |config| line + &config).await;
    assert_eq!(app.get("/health/ready").send().await.status, 200);
    app.signed_in(json!({})).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_an_outage() {
    let (_redis, url, _) = RedisServer::start_with_tls();
    let app = TestApp::start_at(&url, |config| config).await;
    assert_eq!(app.get("/health/live").send().await.status, 200);
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
}
