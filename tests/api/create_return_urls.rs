//! `portal.createSession`: `returnUrl` is under one of the portal's `return_urls`, and nothing else passes.

use serde_json::{Value, json};

use crate::create_fields::{accepts, refuses, start};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, TestApp, open_redirects, text};

fn of_length(chars: usize) -> Value {
    json!(format!("https://app.example.com/{}", "a".repeat(chars - 24)))
}

#[tokio::test]
async fn urls_of_at_most_2000_characters() {
    accepts("returnUrl", vec![of_length(2_000)]).await;
    refuses("returnUrl", "string", vec![of_length(2_001)]).await;
}

#[tokio::test]
async fn urls_under_the_portals_return_urls() {
    let good = [
        "https://app.example.com",
        "https://app.example.com/a/b?c=https://evil.example#d",
        "https://app.example.com:443/a",
        "https://APP.example.com/a",
        "https://app.example.com/@jane?to=joe@example.com",
        "https://app.example.com/ä?ö=ü#ß",
    ];
    accepts("returnUrl", good.map(Value::from).to_vec()).await;
    let bad = ["", "/billing", "https://other.example.com/", "https://portal.example.com/"];
    refuses("returnUrl", "string", bad.map(Value::from).to_vec()).await;
}

#[tokio::test]
async fn an_at_sign_after_the_host_is_no_user_info() {
    let good = ["https://app.example.com?to=jane@example.com", "https://app.example.com#jane@example.com"];
    accepts("returnUrl", good.map(Value::from).to_vec()).await;
}

#[tokio::test]
async fn no_open_redirect_of_the_corpus_becomes_a_return_url() {
    let corpus = open_redirects();
    assert!(corpus.len() > 80, "the corpus is missing");
    refuses("returnUrl", "string", corpus.into_iter().map(Value::from).collect()).await;
}

#[tokio::test]
async fn return_urls_are_the_portals_own() {
    let app = start().await;
    // Without return_urls, the portal's return_url alone is the prefix; without either, there is none.
    let table = [
        ("second-portal", "https://app.example.com/second", 200),
        ("second-portal", "https://app.example.com/second/x?y", 200),
        ("second-portal", "https://app.example.com/seconds", 400),
        ("second-portal", "https://app.example.com/second/../billing", 400),
        ("second-portal", "https://app.example.com/second/%2e%2e/billing", 400),
        ("second-portal", "https://app.example.com/second/..%2fbilling", 400),
        ("second-portal", "https://app.example.com/billing", 400),
        ("no-return", "https://no-return.example.com/", 400),
    ];
    for (slug, url, status) in table {
        let reply = app.create_with(ACME_LIVE, json!({ "slug": slug, "returnUrl": url })).await;
        assert_eq!(reply.status, status, "{slug}: {url}: {}", reply.text);
    }
}

on_both_stores! {
    async fn a_return_url_that_grows_when_it_is_encoded_is_refused_at_once_or_works(app: TestApp) {
        let url = format!("https://app.example.com/{}", "é".repeat(1_900));
        let reply = app.create_with(ACME_LIVE, json!({ "returnUrl": url })).await;
        if reply.status == 200 {
            let exchanged = app.exchange(text(&reply.data()["sessionId"])).await;
            assert_eq!(exchanged.status, 200, "{}", exchanged.text);
        } else {
            reply.expect(400, "application/invalid_input");
        }
    }
}

#[tokio::test]
async fn a_return_url_outside_the_portals_is_told_with_the_other_faults() {
    let app = start().await;
    let fields = json!({ "returnUrl": "https://evil.example/", "ttlSeconds": 1 });
    let reply = app.create_with(ACME_LIVE, fields).await;
    let mut locations = reply.locations();
    locations.sort();
    assert_eq!(locations, ["body.returnUrl", "body.ttlSeconds"]);
}
