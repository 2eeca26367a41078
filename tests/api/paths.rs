//! `path` of `portal.createSession`: where a browser begins. It is told to whoever exchanges, followed by the hosted
//! landing, and never leads out of the portal.

use serde_json::{Value, json};

use crate::create_fields::{accepts, refuses};
use crate::landing::{click, signed_in_as, ticket};
use crate::landing_form::Shown;
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, TestApp, open_redirects, text};

const DEEP: &str = "/invoices/42?tab=lines&q=a%20b#total";

#[tokio::test]
async fn paths_of_at_most_1024_characters() {
    let of_length = |chars: usize| json!(format!("/{}", "a".repeat(chars - 1)));
    accepts("path", ["/", DEEP, "/?x", "/#/a/b", "/ä"].map(Value::from).to_vec()).await;
    accepts("path", vec![of_length(1_024)]).await;
    refuses("path", "string", vec![of_length(1_025)]).await;
}

#[tokio::test]
async fn no_open_redirect_of_the_corpus_becomes_a_path() {
    let corpus = open_redirects();
    assert!(corpus.len() > 80, "the corpus is missing");
    // Behind a slash, all but these are odd names of pages, and stay in the portal.
    let leading_out =
        corpus.iter().filter(|text| text.starts_with(['/', '\\']) || text.contains(char::is_control));
    let behind_a_slash: Vec<_> = leading_out.map(|text| json!(format!("/{text}"))).collect();
    let alone = corpus.iter().filter(|text| *text != "/evil.example").map(|text| json!(text)).collect();
    refuses("path", "string", alone).await;
    refuses("path", "string", behind_a_slash).await;
    let encoded =
        ["/%2fevil.example", "/.//evil.example", "/a/..//evil.example", "/%5cevil.example", "/x%0d%0a"];
    refuses("path", "string", encoded.map(Value::from).to_vec()).await;
}

#[tokio::test]
async fn a_direct_session_leads_nowhere() {
    let app = crate::create_fields::start().await;
    let body = json!({ "slug": "direct-portal", "externalId": "u", "permissions": ["a"], "path": "/" });
    let reply = app.backend(ACME_LIVE, "createSessionToken", body).await;
    reply.expect(400, "application/invalid_input");
    assert_eq!(reply.locations(), ["body.path"]);
}

on_both_stores! {
    async fn an_exchange_tells_the_path(app: TestApp) {
        let exchanged = app.exchange(&app.fresh_id(json!({ "path": DEEP })).await).await.data();
        assert_eq!(exchanged["path"], DEEP);
        assert_eq!(exchanged["session"].get("path"), None, "it is of the exchange, not of the session");
        let told = app.get("/v2/portal.getSession").bearer(text(&exchanged["token"])).send().await.data();
        assert_eq!(told.get("path"), None);
        let code = json!({ "code": app.fresh_id(json!({ "path": "/a/../b" })).await });
        let exchanged = app.post("/v2/portal.exchangeCode", code).send().await.data();
        assert_eq!(exchanged["path"], "/b", "as a browser would have it");
        let without = app.exchange(&app.fresh_id(json!({})).await).await.data();
        assert_eq!(without.get("path"), None);
    }

    async fn a_repeat_of_the_exchange_tells_it_too(app: TestApp) {
        let id = app.fresh_id(json!({ "path": DEEP })).await;
        for _ in 0..2 {
            let reply = app.exchanging(&id).header("idempotency-key", "the-same-key-of-two-calls").send().await;
            assert_eq!(reply.data()["path"], DEEP, "{}", reply.text);
        }
    }

    async fn the_landing_follows_the_path_at_the_portals_origin(app: TestApp) {
        let id = ticket(&app, json!({ "path": DEEP })).await;
        let entered = Shown::of(&click(&app, &id).send().await).post(&app).send().await;
        let place = format!("https://hosted.example.com{DEEP}");
        assert_eq!((entered.status, entered.header("location")), (303, &*place), "{}", entered.text);
        // The same link once more: a refresh, the back button, a second click in a mail.
        let again = click(&app, &id).header("cookie", &entered.jar()).send().await;
        assert_eq!((again.status, again.header("location")), (303, &*place));
        // Another link that is over says nothing of where to go.
        let other = click(&app, "pst_live_nonsense").header("cookie", &entered.jar()).send().await;
        assert_eq!(other.header("location"), "https://hosted.example.com/app?theme=dark");
    }

    async fn a_test_session_stays_at_the_origin_of_the_test_portal(app: TestApp) {
        let fields = json!({ "slug": "hosted-portal", "path": DEEP });
        let id = app.create_with(ACME_TEST, fields).await.data()["sessionId"].clone();
        let entered = Shown::of(&click(&app, text(&id)).send().await).post(&app).send().await;
        assert_eq!(entered.header("location"), format!("https://hosted-test.example.com{DEEP}"));
    }

    async fn a_new_link_leads_on_from_a_live_session_too(app: TestApp) {
        let held = app.exchange(&ticket(&app, json!({})).await).await.data();
        let held = signed_in_as(text(&held["token"]));
        let id = ticket(&app, json!({ "path": DEEP })).await;
        let shown = Shown::of(&click(&app, &id).header("cookie", &held).send().await);
        let entered = shown.post(&app).header("cookie", &held).send().await;
        assert_eq!(entered.header("location"), format!("https://hosted.example.com{DEEP}"), "{}", entered.text);
    }
}
