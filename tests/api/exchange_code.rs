//! `portal.exchangeCode`: another name of `portal.exchangeSession`, with the same rules.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{Call, Kind, Reply, TestApp, text};

fn exchange(app: &TestApp, code: &Value) -> Call {
    app.post("/v2/portal.exchangeCode", json!({ "code": code }))
}

fn by_a_page(call: Call, origin: &str) -> Call {
    call.header("origin", origin).header("sec-fetch-site", "same-origin")
}

/// The names of the fields of an answer's data.
fn fields(reply: &Reply) -> Vec<String> {
    reply.data().as_object().expect("an object").keys().cloned().collect()
}

on_both_stores! {
    async fn a_server_gets_the_token_and_when_it_expires(app: TestApp) {
        let created = app.create(json!({})).await;
        let reply = exchange(&app, &created["sessionId"]).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(fields(&reply), ["accessToken", "expiresAt", "expiresIn"]);
        let data = reply.data();
        let current = app.get("/v2/portal.getSession").bearer(text(&data["accessToken"])).send().await;
        assert_eq!(current.status, 200, "{}", current.text);
        assert_eq!(current.data()["id"], created["id"]);
        assert_eq!(current.data()["expiresAt"], data["expiresAt"]);
    }

    async fn a_page_gets_the_cookies_and_never_the_token(app: TestApp) {
        let created = app.create(json!({})).await;
        let call = exchange(&app, &created["sessionId"]);
        let reply = by_a_page(call, "https://portal.example.com").send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(fields(&reply), ["expiresAt", "expiresIn"]);
        assert_eq!(reply.header("access-control-allow-origin"), "https://portal.example.com");
        let [session, hint] = reply.set_cookies()[..] else { panic!("two cookies") };
        assert!(session.starts_with("__Host-portal_session_my-portal=ps_live_"), "{session}");
        assert!(hint.starts_with("portal_hint=my-portal; "), "{hint}");
    }

    async fn a_session_id_works_once_under_both_names_together(app: TestApp) {
        let gone = "authentication/portal_session_not_found";
        let first = app.create(json!({})).await["sessionId"].clone();
        assert_eq!(exchange(&app, &first).send().await.status, 200);
        app.exchange(text(&first)).await.expect(401, gone);
        exchange(&app, &first).send().await.expect(401, gone);
        let second = app.create(json!({})).await["sessionId"].clone();
        assert_eq!(app.exchange(text(&second)).await.status, 200);
        exchange(&app, &second).send().await.expect(401, gone);
        exchange(&app, &json!("no session ID at all")).send().await.expect(401, gone);
    }

    async fn a_foreign_page_is_refused_and_spends_nothing(app: TestApp) {
        let id = app.create(json!({})).await["sessionId"].clone();
        for origin in ["https://evil.example", "https://second.example.com"] {
            by_a_page(exchange(&app, &id), origin).send().await.expect(403, "authorization/forbidden");
        }
        assert_eq!(exchange(&app, &id).send().await.status, 200);
    }

    async fn a_code_that_is_missing_empty_or_no_string_is_a_400(app: TestApp) {
        for body in [json!({}), json!({ "code": "" }), json!({ "code": 1 }), json!({ "code": null })] {
            let refused = app.post("/v2/portal.exchangeCode", body).send().await;
            refused.expect(400, "application/invalid_input");
            assert_eq!(refused.locations(), ["body.code"]);
        }
        let mixed = json!({ "sessionId": app.create(json!({})).await["sessionId"] });
        let refused = app.post("/v2/portal.exchangeCode", mixed).send().await;
        assert_eq!(refused.locations(), ["body.code", "body.sessionId"]);
    }

    async fn it_is_post_only_and_answers_the_preflight_of_a_listed_page(app: TestApp) {
        let refused = app.get("/v2/portal.exchangeCode").send().await;
        refused.expect(405, "bad_request/method_not_allowed");
        assert_eq!(refused.header("allow"), "POST");
        let preflight = app
            .call(reqwest::Method::OPTIONS, "/v2/portal.exchangeCode")
            .header("origin", "https://portal.example.com")
            .header("access-control-request-method", "POST")
            .send()
            .await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), "https://portal.example.com");
    }
}

#[tokio::test]
async fn both_names_count_against_one_rate_limit() {
    let app = TestApp::start_with(Kind::Memory, |config| {
        config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 2")
    })
    .await;
    app.exchange("none").await.expect(401, "authentication/portal_session_not_found");
    exchange(&app, &json!("none")).send().await.expect(401, "authentication/portal_session_not_found");
    exchange(&app, &json!("none")).send().await.expect(429, "too_many_requests/rate_limited");
    app.exchange("none").await.expect(429, "too_many_requests/rate_limited");
}
