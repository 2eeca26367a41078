//! `portal.exchangeSession`: what it takes, that an ID works once, and that every refusal looks the same.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Kind, PAGE, Reply, TestApp, mistyped, text};

const PATH: &str = "/v2/portal.exchangeSession";

/// Fifty at once, by turns at each of `gateways`.
async fn race(gateways: &[&TestApp], session_id: &str) -> Vec<Reply> {
    let mut racing = JoinSet::new();
    for gateway in gateways.iter().cycle().take(50) {
        racing.spawn(gateway.exchanging(session_id).send());
    }
    racing.join_all().await
}

/// The one token of all these answers.
fn only_winner(replies: &[Reply]) -> String {
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1, "exchanges that succeeded");
    for reply in lost {
        reply.expect(401, "authentication/portal_session_not_found");
        assert!(reply.set_cookies().is_empty());
    }
    text(&won[0].data()["token"]).to_owned()
}

on_both_stores! {
    async fn the_answer_is_the_session_as_get_session_tells_it(app: TestApp) {
        let reply = app.exchange(&app.fresh_id(json!({ "email": "jane@example.com", "preview": true })).await).await;
        reply.expect_common_headers();
        let data = reply.data();
        assert_eq!(data["expiresAt"], data["session"]["expiresAt"]);
        let current = app.get("/v2/portal.getSession").bearer(text(&data["token"])).send().await;
        assert_eq!(current.data(), data["session"]);
        assert!(reply.set_cookies()[0].contains(text(&data["token"])), "cookie and token are the same");
    }

    async fn an_id_that_is_missing_or_no_text_is_invalid(app: TestApp) {
        let bodies = [
            json!({}), json!({ "sessionId": "" }), json!({ "sessionId": null }), json!({ "sessionId": 1 }),
            json!({ "sessionId": ["pst_live_"] }), json!({ "sessionId": {} }), json!({ "sessionId": true }),
        ];
        for body in bodies {
            let reply = app.post(PATH, body.clone()).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["body.sessionId"], "{body}");
        }
        let reply = app.call(Method::POST, PATH).header("content-type", "application/json").send().await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), ["body.sessionId"], "an empty body");
    }

    async fn an_invalid_body_does_not_spend_the_id(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        let reply = app.post(PATH, json!({ "sessionId": id, "slug": "my-portal" })).send().await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), ["body.slug"], "unknown fields are named");
        let cut_off = app.call(Method::POST, PATH).header("content-type", "application/json");
        let reply = cut_off.body(format!("{{\"sessionId\":\"{id}\"")).send().await;
        reply.expect(400, "bad_request/request_body_unreadable");
        assert_eq!(reply.locations(), ["body"]);
        let list = app.post(PATH, json!([id])).send().await;
        list.expect(400, "application/invalid_input");
        assert_eq!(app.exchange(&id).await.status, 200);
    }

    async fn every_dead_id_is_refused_in_the_same_words(app: TestApp) {
        let expired = app.fresh_id(json!({})).await;
        app.forward(Duration::from_secs(901));
        let used = app.fresh_id(json!({})).await;
        let token = text(&app.exchange(&used).await.data()["token"]).to_owned();
        let ended = app.fresh_id(json!({})).await;
        let ended_token = text(&app.exchange(&ended).await.data()["token"]).to_owned();
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&ended_token).send().await.status, 200);
        let revoked = app.create(json!({})).await;
        let reply = app.post("/v2/portal.revokeSession", json!({ "id": revoked["id"] })).bearer(ACME_LIVE).send().await;
        assert_eq!(reply.data(), json!({ "revoked": 1 }));
        let live = app.fresh_id(json!({})).await;
        let foreign = TestApp::start(Kind::Memory).await.fresh_id(json!({})).await;

        let dead = [
            expired, used, ended, text(&revoked["sessionId"]).to_owned(), token, ended_token, foreign,
            text(&revoked["id"]).to_owned(), ACME_LIVE.to_owned(), mistyped(&live), live.replace("live", "test"),
            live.to_uppercase(), format!(" {live}"), format!("{live}\n"), format!("{live}0"),
            live[..live.len() - 1].to_owned(), "pst_live_".to_owned(), "x".to_owned(), " ".to_owned(), "\0".to_owned(),
            "😀".repeat(20), "pst_live_".repeat(1_000),
        ];
        let first = app.exchange("garbage").await;
        first.expect(401, "authentication/portal_session_not_found");
        assert_eq!(first.header("www-authenticate"), "Bearer");
        assert!(first.set_cookies().is_empty());
        for id in &dead {
            assert_eq!(app.exchange(id).await.but_its_id(), first.but_its_id(), "{id}");
        }
        let page = |id| app.exchanging(id).header("origin", PAGE).header("accept", "application/json").send();
        let first = page("garbage").await;
        first.expect(401, "authentication/portal_session_not_found");
        for id in &dead {
            assert_eq!(page(id).await.but_its_id(), first.but_its_id(), "{id}");
        }
        assert_eq!(app.exchange(&live).await.status, 200, "the mistyped one is still good");
    }

    async fn an_id_whose_portal_has_gone_is_dead(app: TestApp) {
        let unknown = app.exchange("garbage").await.but_its_id();
        let removed = app.fresh_id(json!({})).await;
        app.reload(|config| config.replace("slug = \"my-portal\"", "slug = \"renamed\""));
        assert_eq!(app.exchange(&removed).await.but_its_id(), unknown);

        app.reload(|config| config);
        let moved = app.fresh_id(json!({})).await;
        app.reload(|config| {
            let config = config.replace("slug = \"my-portal\"", "slug = \"renamed\"");
            config.replace("slug = \"umbrella-portal\"", "slug = \"my-portal\"")
        });
        assert_eq!(app.exchange(&moved).await.but_its_id(), unknown, "its slug is another workspace's now");

        app.reload(|config| config);
        assert_eq!(app.exchange(&removed).await.status, 200, "a mistake in the configuration ends nothing");
    }

    async fn the_id_counts_in_the_body_only(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        let everywhere = format!("{PATH}?sessionId={id}&session={id}");
        let cookie = format!("sessionId={id}; session={id}; __Host-portal_session_my-portal={id}");
        let reply = app.post(&everywhere, json!({})).bearer(&id).header("cookie", &cookie).send().await;
        reply.expect(400, "application/invalid_input");
        assert!(!reply.text.contains(&id));
        for call in [app.get("/v2/portal.getSession").bearer(&id), app.get("/v2/portal.getSession").cookie(&id)] {
            call.send().await.expect(401, "authentication/portal_session_not_found");
        }
        let get = app.get(&everywhere).send().await;
        get.expect(405, "bad_request/method_not_allowed");
        assert_eq!(get.header("allow"), "POST");
        assert_eq!(app.exchange(&id).await.status, 200, "it is unspent");
    }

    async fn the_user_agent_is_listed(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        let list = || async {
            let asked = json!({ "slug": "my-portal", "externalId": "user_123" });
            app.post("/v2/portal.listSessions", asked).bearer(ACME_LIVE).send().await.data()[0].clone()
        };
        let pending = list().await;
        assert_eq!((&pending["state"], pending.get("userAgent")), (&json!("pending"), None));
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let reply = app.exchanging(&id).header("user-agent", agent).send().await;
        let active = list().await;
        assert_eq!((&active["state"], &active["userAgent"]), (&json!("active"), &json!(agent)));
        for name in ["id", "createdAt", "exchangedAt", "expiresAt", "preview"] {
            assert_eq!(active[name], reply.data()["session"][name], "{name}");
        }
        assert!(active["exchangedAt"].is_u64());
    }

    async fn of_fifty_racing_exchanges_one_wins(app: TestApp) {
        for _ in 0..5 {
            let token = only_winner(&race(&[&app], &app.fresh_id(json!({})).await).await);
            assert_eq!(app.get("/v2/portal.getSession").bearer(&token).send().await.status, 200);
        }
    }

    async fn a_token_for_programs_only(app: TestApp) {
        // A page's script must never see one; Node's fetch sends Sec-Fetch-Mode from a server.
        let table: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("sec-fetch-mode", "cors")], true),
            (&[("sec-fetch-mode", "navigate"), ("user-agent", "Mozilla/5.0"), ("accept", "text/html")], true),
            (&[("origin", PAGE)], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "")], false),
            (&[("origin", PAGE), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], false),
        ];
        for (headers, expected) in table {
            let reply = app.exchanging(&app.fresh_id(json!({})).await).headers(headers).send().await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert_eq!(reply.data().get("token").is_some_and(Value::is_string), *expected, "{headers:?}");
            assert_eq!(reply.text.contains("ps_live_"), *expected, "{headers:?}");
            assert!(reply.set_cookies()[0].contains("=ps_live_"), "the cookie comes in any case");
        }
    }
}

#[tokio::test]
async fn of_fifty_racing_exchanges_on_two_replicas_one_wins() {
    let app = TestApp::start(Kind::Redis).await;
    let replica = app.replica().await;
    for _ in 0..8 {
        let token = only_winner(&race(&[&app, &replica], &app.fresh_id(json!({})).await).await);
        for gateway in [&app, &replica] {
            let current = gateway.get("/v2/portal.getSession").bearer(&token).send().await;
            assert_eq!(current.status, 200, "{}", current.text);
        }
    }
}
