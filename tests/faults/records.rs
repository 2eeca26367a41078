//! What a rolling upgrade, or another program, puts under our keys: records of a version that this gateway does
//! not know, and data of another type. Nothing is known then, so nobody is logged out and nothing is spent.

use redis::Commands;
use serde_json::json;

use crate::support::app::{Kind, PAGE, Reply, TestApp};

/// A 503 that touches nothing in the browser.
fn assert_is_no_logout(what: &str, reply: &Reply) {
    assert_eq!(
        (reply.status, &*reply.code()),
        (503, "application/service_unavailable"),
        "{what}: {}",
        reply.text
    );
    assert!(reply.set_cookies().is_empty() && reply.header("location").is_empty(), "{what} is no logout");
    assert_ne!(reply.header("retry-after"), "", "{what}");
}

async fn assert_nothing_is_known(app: &TestApp, token: &str, ticket: &str) {
    let authorize = || app.get("/v2/portal.authorize").cookie(token);
    let navigation = authorize().header("sec-fetch-mode", "navigate");
    let end =
        app.post("/v2/portal.endSession", json!({})).cookie(token).header("sec-fetch-site", "same-origin");
    let exchange = app.exchanging(ticket).header("origin", PAGE).cookie(token);
    for (what, call) in [
        ("getSession", app.get("/v2/portal.getSession").bearer(token)),
        ("authorize", authorize()),
        ("a navigation", navigation),
        ("endSession", end),
        ("exchangeSession", app.exchanging(ticket)),
        ("exchangeSession of a page", exchange),
    ] {
        assert_is_no_logout(what, &call.send().await);
    }
}

/// An old and a new replica serve together for a while; each knows its own records, and says 503 of the other's.
#[tokio::test]
async fn a_record_of_another_version_is_an_outage_until_a_gateway_that_knows_it_is_asked() {
    let app = TestApp::start(Kind::Redis).await;
    let old = app.replica().await;
    let (token, ticket) = (app.signed_in(json!({})).await, app.fresh_id(json!({})).await);
    let redis = app.redis.clone().expect("this gateway has a Redis");
    let mut connection = redis.connect().expect("redis answers");
    let mut put_version = |from: char, to: char| {
        let records: Vec<String> =
            redis.keys().into_iter().filter(|key| key.contains(":t:") || key.contains(":b:")).collect();
        assert_eq!(records.len(), 2, "a session and a ticket: {records:?}");
        for key in records {
            let record: String = connection.get(&key).expect("a record");
            assert!(record.starts_with(from), "the version stands first: {record}");
            let record = format!("{to}{}", &record[1..]);
            let set = redis::cmd("SET").arg(&key).arg(record).arg("KEEPTTL").exec(&mut connection);
            set.expect("redis writes");
        }
    };
    put_version('1', '3');
    assert_nothing_is_known(&app, &token, &ticket).await;
    assert_nothing_is_known(&old, &token, &ticket).await;
    // What the newer gateway would do: it reads its own records, and these were never spent or removed.
    put_version('3', '1');
    assert!(old.accepts(&token).await, "the session lives on");
    assert_eq!(app.exchange(&ticket).await.status, 200, "the ticket is unspent");
}

#[tokio::test]
async fn data_of_another_type_under_our_keys_is_an_outage() {
    let app = TestApp::start(Kind::Redis).await;
    let (token, ticket) = (app.signed_in(json!({})).await, app.fresh_id(json!({})).await);
    let redis = app.redis.clone().expect("this gateway has a Redis");
    let mut connection = redis.connect().expect("redis answers");
    for key in redis.keys() {
        let _: () = connection.del(&key).expect("redis deletes");
        let _: () = connection.rpush(&key, "somebody else's").expect("redis writes");
    }
    assert_nothing_is_known(&app, &token, &ticket).await;
    assert_eq!(app.get("/health/live").send().await.status, 200);
}
