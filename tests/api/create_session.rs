//! `portal.createSession`: what a backend gets back, and what of it the session keeps: lives, environment,
//! URL, every field.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, TestApp, attributes, in_portal, text};

/// `createdAt` of the newest session of user_123 in my-portal.
async fn created_at(app: &TestApp) -> u64 {
    let asked = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.post("/v2/portal.listSessions", asked).bearer(ACME_LIVE).send().await;
    listed.data()[0]["createdAt"].as_u64().expect("a time")
}

on_both_stores! {
    async fn the_session_id_lives_for_fifteen_minutes(app: TestApp) {
        let created = app.create(json!({})).await;
        assert_eq!(created["expiresAt"], created_at(&app).await + 900_000);

        let late = app.fresh_id(json!({})).await;
        app.forward(Duration::from_secs(900 - 10));
        assert_eq!(app.exchange(text(&created["sessionId"])).await.status, 200);
        app.forward(Duration::from_secs(11));
        app.exchange(&late).await.expect(401, "authentication/portal_session_not_found");
    }

    async fn the_portal_may_shorten_the_life_of_its_session_ids(app: TestApp) {
        app.reload(in_portal("my-portal", "session_id_ttl_seconds = 60"));
        let created = app.create(json!({})).await;
        assert_eq!(created["expiresAt"], created_at(&app).await + 60_000);

        let late = app.fresh_id(json!({})).await;
        app.forward(Duration::from_secs(40));
        assert_eq!(app.exchange(text(&created["sessionId"])).await.status, 200);
        app.forward(Duration::from_secs(21));
        app.exchange(&late).await.expect(401, "authentication/portal_session_not_found");
    }

    async fn ttl_seconds_is_the_life_of_the_browser_session_and_of_its_cookie(app: TestApp) {
        for (fields, seconds) in [
            (json!({}), 86_400),
            (json!({ "ttlSeconds": 60 }), 60),
            (json!({ "ttlSeconds": 3_601 }), 3_601),
            (json!({ "ttlSeconds": 86_400 }), 86_400),
        ] {
            let created = app.create(fields).await;
            assert_eq!(created["expiresAt"], created_at(&app).await + 900_000, "the ID's life is another");
            let reply = app.exchange(text(&created["sessionId"])).await;
            let (data, cookie) = (reply.data(), reply.set_cookies()[0]);
            let exchanged_at = data["session"]["exchangedAt"].as_u64().expect("a time");
            assert_eq!(data["expiresAt"], exchanged_at + seconds * 1_000);
            assert_eq!(data["session"]["expiresAt"], data["expiresAt"]);
            assert!(attributes(cookie).contains(&&*format!("Max-Age={seconds}")), "{cookie}");
        }
    }

    async fn a_session_ends_after_its_ttl_seconds_however_much_it_is_used(app: TestApp) {
        let token = app.signed_in(json!({ "ttlSeconds": 60 })).await;
        let get = || app.get("/v2/portal.getSession").cookie(&token);
        app.forward(Duration::from_secs(40));
        assert_eq!(get().send().await.status, 200);
        app.forward(Duration::from_secs(21));
        get().send().await.expect(401, "authentication/portal_session_not_found");
    }

    async fn the_key_decides_the_environment(app: TestApp) {
        // Key, portal, URL before the ID, environment. A portal without test_url is the same for both.
        let table = [
            (ACME_LIVE, "my-portal", "https://portal.example.com/?theme=dark&session=", "live"),
            (ACME_TEST, "my-portal", "https://portal-test.example.com/?session=", "test"),
            (ACME_LIVE, "second-portal", "https://second.example.com/?session=", "live"),
            (ACME_TEST, "second-portal", "https://second.example.com/?session=", "test"),
        ];
        for (key, slug, url, environment) in table {
            let reply = app.create_with(key, json!({ "slug": slug })).await;
            let created = reply.data();
            let session_id = text(&created["sessionId"]);
            assert!(session_id.starts_with(&format!("pst_{environment}_")), "{slug}, {environment}");
            assert_eq!(text(&created["url"]), format!("{url}{session_id}"));

            let exchanged = app.exchange(session_id).await.data();
            assert_eq!(exchanged["session"]["environment"], environment);
            assert_eq!(exchanged["session"]["slug"], slug);
            assert!(text(&exchanged["token"]).starts_with(&format!("ps_{environment}_")), "{slug}");
        }
    }

    async fn the_portals_url_keeps_its_query_and_fragment(app: TestApp) {
        let table = [
            ("https://portal.example.com/a/b?x=%20y+z&x=2", "https://portal.example.com/a/b?x=%20y+z&x=2&session=ID"),
            ("https://portal.example.com/a#/route", "https://portal.example.com/a?session=ID#/route"),
            ("https://portal.example.com", "https://portal.example.com/?session=ID"),
        ];
        for (url, expected) in table {
            app.reload(|config| config.replace("https://portal.example.com/?theme=dark", url));
            let created = app.create(json!({})).await;
            assert_eq!(text(&created["url"]), expected.replace("ID", text(&created["sessionId"])));
        }
    }

    async fn the_portal_chooses_the_parameter_of_its_url(app: TestApp) {
        let live = async |slug: &str| {
            let created = app.create(json!({ "slug": slug })).await;
            text(&created["url"]).replace(text(&created["sessionId"]), "ID")
        };
        app.reload(in_portal("my-portal", "session_parameter = \"code\""));
        assert_eq!(live("my-portal").await, "https://portal.example.com/?theme=dark&code=ID");
        // The gateway's own page reads its own name, whatever the portal's frontend would read.
        app.reload(in_portal("hosted-portal", "session_parameter = \"code\""));
        assert_eq!(live("hosted-portal").await, "https://hosted.example.com/portal/hosted-portal?session=ID");
    }

    async fn a_portal_may_be_an_application(app: TestApp) {
        let table = [
            ("acmeapp://enter/", "acmeapp://enter/?session=ID"),
            ("acmeapp://enter?theme=dark#top", "acmeapp://enter?theme=dark&session=ID#top"),
            ("com.acme.app:/enter", "com.acme.app:/enter?session=ID"),
        ];
        for (url, expected) in table {
            app.reload(|config| config.replace("https://portal.example.com/?theme=dark", url));
            let created = app.create(json!({})).await;
            assert_eq!(text(&created["url"]), expected.replace("ID", text(&created["sessionId"])));
        }
    }

    async fn every_field_reaches_the_portal(app: TestApp) {
        let fields = json!({
            "externalId": "user<\"Ü😀 1",
            "permissions": ["keys:read", "api.*.read_key"],
            "preview": true,
            "returnUrl": "https://app.example.com/back?a=1&b=%20#top",
            "email": "jane+a@exämple.com",
            "externalOrganizationId": "org/1 ",
            "metadata": { "plan": "pro", "seats": [1, null, { "deep": true }] },
        });
        let reply = app.exchange(&app.fresh_id(fields.clone()).await).await;
        let session = reply.data()["session"].clone();
        for (name, value) in fields.as_object().expect("fields") {
            assert_eq!(&session[name], value, "{name}");
        }
    }

    async fn every_session_gets_an_id_and_a_handle_of_its_own(app: TestApp) {
        let (one, other) = (app.create(json!({})).await, app.create(json!({})).await);
        assert_ne!(one["sessionId"], other["sessionId"]);
        assert_ne!(one["id"], other["id"]);
        for created in [&one, &other] {
            assert!(text(&created["id"]).starts_with("sess_"));
            // 192 bits are at least 32 characters of base64.
            assert!(text(&created["sessionId"]).len() >= "pst_live_".len() + 32);
            assert!(!text(&created["id"]).contains(text(&created["sessionId"])));
        }
    }

    async fn answers_may_not_be_stored_and_have_no_cors_headers(app: TestApp) {
        let replies = [
            app.create_with(ACME_LIVE, json!({})).await,
            app.create_with(ACME_LIVE, json!({ "slug": "unknown-portal" })).await,
            app.create_with(ACME_LIVE, json!({ "slug": "" })).await,
            app.create_with("rk_live_nobody", json!({})).await,
        ];
        assert_eq!(replies.each_ref().map(|reply| reply.status), [200, 404, 400, 401]);
        for reply in replies {
            reply.expect_common_headers();
            assert!(reply.cors_headers().is_empty() && reply.set_cookies().is_empty(), "{:?}", reply.headers);
        }
    }

    async fn the_answer_has_the_envelope_of_the_contract(app: TestApp) {
        let reply = app.create_with(ACME_LIVE, json!({})).await;
        assert_eq!(reply.header("content-type"), "application/json");
        let body = reply.json();
        assert_eq!(body["meta"], json!({ "requestId": reply.header("x-request-id") }));
        let data = &body["data"];
        for name in ["sessionId", "url", "id"] {
            assert!(matches!(&data[name], Value::String(_)), "{name}");
        }
        assert!(data["expiresAt"].is_u64());
    }
}
