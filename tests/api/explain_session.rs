//! `portal.explainSession`: why did this link fail? For a support desk, and for nobody else.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{
    ACME_LIMITED, ACME_LIVE, ACME_TEST, Kind, Reply, TestApp, UMBRELLA_LIVE, in_portal, mistyped, text,
};

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";

async fn explained(app: &TestApp, question: Value) -> Value {
    let reply = app.backend(ACME_LIVE, "explainSession", question).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.expect_common_headers();
    reply.data()
}

async fn open(app: &TestApp, session_id: &str, headers: &[(&str, &str)]) -> Reply {
    app.get(&format!("/portal/hosted-portal?session={session_id}")).headers(headers).send().await
}

/// Each event without its time.
fn told(explained: &Value) -> Vec<Value> {
    let events = explained["events"].as_array().expect("a list").clone();
    let without_time = |mut event: Value| {
        assert!(event.as_object_mut().and_then(|event| event.remove("at")).is_some_and(|at| at.is_u64()));
        event
    };
    events.into_iter().map(without_time).collect()
}

fn unknown(explained: &Value) {
    assert_eq!((&explained["state"], &explained["events"]), (&json!("unknown"), &json!([])), "{explained}");
    assert_eq!(explained.as_object().map(serde_json::Map::len), Some(3), "{explained}");
}

on_both_stores! {
    async fn a_link_tells_its_whole_story(app: TestApp) {
        let created = app.create(json!({ "slug": "hosted-portal" })).await;
        let (id, session_id) = (text(&created["id"]), text(&created["sessionId"]));
        open(&app, session_id, &[]).await.expect_page(200, "Continue");
        app.forward(Duration::from_secs(1));
        open(&app, session_id, &[("sec-purpose", "prefetch")]).await.expect(403, "authorization/forbidden");
        let exchange = app.exchanging(session_id).header("user-agent", CHROME).send().await;
        assert_eq!(exchange.status, 200, "{}", exchange.text);
        app.exchange(session_id).await.expect(401, "authentication/portal_session_not_found");
        open(&app, session_id, &[("sec-fetch-mode", "navigate")]).await;

        let link = explained(&app, json!({ "sessionId": created["url"] })).await;
        let expected = json!([
            { "event": "session.created", "by": "acme-live", "sentence": "Created by acme-live for user_123." },
            { "event": "session.opened", "looksLike": "scanner", "sentence": "Opened by what looks like a mail scanner (nothing spent)." },
            { "event": "session.opened", "looksLike": "prefetch", "sentence": "Opened by a browser that fetches pages in advance (nothing spent)." },
            { "event": "session.exchanged", "userAgent": "Chrome on Windows", "sentence": "Exchanged in Chrome on Windows." },
            { "event": "session.refused", "reason": "used", "sentence": "Refused: already used." },
            { "event": "session.refused", "reason": "used", "sentence": "Refused: already used." },
        ]);
        assert_eq!(json!(told(&link)), expected);
        for (field, value) in [("id", id), ("slug", "hosted-portal"), ("externalId", "user_123"), ("state", "used")] {
            assert_eq!(link[field], value, "{link}");
        }
        let sentence = "The link has been used in Chrome on Windows, and a link works only once; the session is active in Chrome on Windows.";
        assert_eq!(link["sentence"], sentence);
        // The session itself is another matter than the link to it.
        let session = explained(&app, json!({ "id": id })).await;
        assert_eq!((&session["state"], &session["events"]), (&json!("active"), &link["events"]));
        let listed = explained(&app, json!({ "slug": "hosted-portal", "externalId": "user_123" })).await;
        assert_eq!(listed, json!([session]));
    }

    async fn asking_spends_nothing(app: TestApp) {
        let created = app.create(json!({})).await;
        let (id, session_id) = (text(&created["id"]), text(&created["sessionId"]));
        for pasted in [session_id.to_owned(), text(&created["url"]).to_owned(), format!("My link <{}> fails!", text(&created["url"]))] {
            let link = explained(&app, json!({ "sessionId": pasted })).await;
            assert_eq!((&link["state"], &link["id"]), (&json!("pending"), &json!(id)));
            assert!(!link.to_string().contains("pst_"), "{link}");
        }
        let exchanged = app.exchange(session_id).await;
        assert_eq!(exchanged.status, 200, "{}", exchanged.text);
        let token = text(&exchanged.data()["token"]).to_owned();
        let own = app.get("/v2/portal.getSession").bearer(&token).send().await.data();
        for reason in ["revoked", "used"] {
            let question = if reason == "used" { json!({ "sessionId": session_id }) } else { json!({ "id": id }) };
            app.backend(ACME_LIVE, "revokeSession", json!({ "id": own["id"] })).await;
            assert_eq!(explained(&app, question).await["state"], reason);
        }
    }

    async fn a_session_that_is_over_is_explained(app: TestApp) {
        let (ended, token) = app.sign_in(ACME_LIVE, json!({})).await;
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&token).send().await.status, 200);
        let (revoked, _) = app.sign_in(ACME_LIVE, json!({})).await;
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked })).await;
        let link = app.create(json!({})).await;
        let (expired, _) = app.sign_in(ACME_LIVE, json!({ "ttlSeconds": 60 })).await;
        app.forward(Duration::from_secs(901));
        for (id, state, sentence) in [
            (&*ended, "ended", "Its user signed out."),
            (&*revoked, "revoked", "The backend revoked the session."),
            (text(&link["id"]), "expired", "The link expired before anybody used it."),
            (&*expired, "expired", "The session reached the end of its life."),
        ] {
            let session = explained(&app, json!({ "id": id })).await;
            assert_eq!((&session["state"], &session["sentence"]), (&json!(state), &json!(sentence)));
            assert_eq!((&session["slug"], &session["id"]), (&json!("my-portal"), &json!(id)));
            // Its grant is gone, and a history holds no more of a person than the log.
            assert_eq!(session.get("externalId"), None, "{session}");
        }
        let all = explained(&app, json!({ "slug": "my-portal", "externalId": "user_123" })).await;
        assert_eq!(all.as_array().map(Vec::len), Some(4));
    }

    async fn refusals_that_spend_nothing_are_told_too(app: TestApp) {
        let created = app.create(json!({})).await;
        let session_id = text(&created["sessionId"]);
        // Of another portal, and of none: such as a new address that is missing in the configuration.
        for (at, origin) in ["https://second.example.com", "https://new.example.com"].into_iter().enumerate() {
            let foreign = app.exchanging(session_id).header("origin", origin).send().await;
            foreign.expect(403, "authorization/forbidden");
            let link = explained(&app, json!({ "sessionId": session_id })).await;
            assert_eq!(link["sentence"], "The link has not been used yet and works once; the last attempt was refused: the page's origin is not one of the portal's.");
            assert_eq!(told(&link)[at + 1]["reason"], "origin_not_listed", "{origin}");
        }
    }

    async fn whose_portal_is_switched_off_is_told_so(app: TestApp) {
        let (id, _) = app.sign_in(ACME_LIVE, json!({})).await;
        app.reload(in_portal("my-portal", "enabled = false"));
        let session = explained(&app, json!({ "id": id })).await;
        let sentence = "The session is active; the portal is switched off.";
        assert_eq!((&session["state"], &session["sentence"]), (&json!("active"), &json!(sentence)));
    }

    async fn a_gateway_that_does_not_know_the_portal_spends_nothing(app: TestApp) {
        let created = app.create(json!({})).await;
        let session_id = text(&created["sessionId"]);
        app.reload(|config| config.replace("slug = \"my-portal\"", "slug = \"renamed\""));
        app.exchange(session_id).await.expect(401, "authentication/portal_session_not_found");
        app.reload(|config| config);
        let link = explained(&app, json!({ "sessionId": session_id })).await;
        assert_eq!((&link["state"], &told(&link)[1]["reason"]), (&json!("pending"), &json!("portal_gone")));
        assert_eq!(app.exchange(session_id).await.status, 200);
    }

    async fn what_a_key_may_not_see_and_what_never_was_are_the_same(app: TestApp) {
        let live = app.create(json!({})).await;
        let (dead, _) = app.sign_in(ACME_LIVE, json!({})).await;
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": dead })).await;
        let never = format!("sess_{}", "0".repeat(32));
        let first = app.backend(ACME_LIVE, "explainSession", json!({ "id": never })).await;
        unknown(&first.data());
        for key in [ACME_TEST, ACME_LIMITED, UMBRELLA_LIVE] {
            for question in [
                json!({ "id": live["id"] }),
                json!({ "id": dead }),
                json!({ "id": "no handle at all" }),
                json!({ "sessionId": live["sessionId"] }),
                json!({ "sessionId": live["url"] }),
            ] {
                let reply = app.backend(key, "explainSession", question.clone()).await;
                assert_eq!(reply.but_its_id(), first.but_its_id(), "{question}");
            }
        }
        let hidden = json!({ "slug": "my-portal", "externalId": "user_123" });
        let hidden = app.backend(UMBRELLA_LIVE, "explainSession", hidden).await;
        let never = json!({ "slug": "no-such-portal", "externalId": "user_123" });
        let never = app.backend(UMBRELLA_LIVE, "explainSession", never).await;
        never.expect(404, "data/portal_config_not_found");
        assert_eq!(hidden.but_its_id(), never.but_its_id());
        let nobody = json!({ "slug": "my-portal", "externalId": "nobody" });
        assert_eq!(explained(&app, nobody).await, json!([]));
    }

    async fn a_link_that_a_mail_has_broken_is_called_so(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        for broken in [&session_id[..40], &mistyped(&session_id), "https://portal.example.com/", ""] {
            let link = explained(&app, json!({ "sessionId": broken })).await;
            unknown(&link);
            assert!(text(&link["sentence"]).contains("characters are missing or changed"), "{link}");
        }
    }

    async fn what_was_sent_in_the_wrong_field_is_told_so(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        for (question, told) in [
            (json!({ "sessionId": id }), "send it as id"),
            (json!({ "id": app.fresh_id(json!({})).await }), "send it as sessionId"),
            (json!({ "sessionId": token }), "is a token, and no link"),
        ] {
            let answer = explained(&app, question.clone()).await;
            unknown(&answer);
            assert!(text(&answer["sentence"]).contains(told), "{question}: {answer}");
        }
    }

    async fn faults_of_the_question(app: TestApp) {
        for (question, locations) in [
            (json!({}), vec!["body.id"]),
            (json!({ "slug": "my-portal" }), vec!["body.externalId"]),
            (json!({ "id": 7 }), vec!["body.id"]),
            (json!({ "id": "sess_1", "sessionId": "x" }), vec!["body.sessionId"]),
            (json!({ "sessionId": "x", "slug": "my-portal", "externalId": "u" }), vec!["body.slug", "body.externalId"]),
            (json!({ "sessionId": "x", "more": 1 }), vec!["body.more"]),
        ] {
            let reply = app.backend(ACME_LIVE, "explainSession", question.clone()).await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), locations, "{question}");
        }
    }
}

#[tokio::test]
async fn without_days_the_state_is_told_and_nothing_of_the_past() {
    let app = TestApp::start_with(Kind::Redis, |config| format!("history.days = 0\n{config}")).await;
    let created = app.create(json!({})).await;
    app.exchange(text(&created["sessionId"])).await;
    let link = explained(&app, json!({ "sessionId": created["sessionId"] })).await;
    assert_eq!((&link["state"], &link["events"]), (&json!("used"), &json!([])));
}
