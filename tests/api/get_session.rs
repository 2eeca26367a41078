//! `portal.getSession`: what a portal learns of its user, and whom it learns nothing of.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, PAGE, SECOND_PAGE, TestApp, UMBRELLA_LIVE, in_portal, mistyped, text};

const PATH: &str = "/v2/portal.getSession";

/// What the backend sends as `metadata` is what the portal reads, byte for byte.
async fn expect_faithful(app: &TestApp, metadata: &str) {
    let body = r#"{"slug":"my-portal","externalId":"user_123","permissions":["keys:read"],"metadata":"#;
    let call = app.call(Method::POST, "/v2/portal.createSession").bearer(ACME_LIVE);
    let call = call.header("content-type", "application/json");
    let created = call.body(format!("{body}{metadata}}}")).send().await;
    assert_eq!(created.status, 200, "{metadata}: {}", created.text);
    let exchanged = app.exchange(text(&created.data()["sessionId"])).await;
    let session = app.get(PATH).bearer(text(&exchanged.data()["token"])).send().await;
    for reply in [exchanged, session] {
        let expected = format!("\"metadata\":{metadata},");
        assert!(reply.text.contains(&expected), "{metadata}: {}", reply.text);
    }
}

on_both_stores! {
    async fn get_and_post_with_cookie_and_bearer_answer_alike(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let first = app.get(PATH).cookie(&token).send().await;
        assert_eq!(first.status, 200, "{}", first.text);
        first.expect_common_headers();
        let calls = [
            app.get(PATH).bearer(&token),
            app.post(PATH, json!({})).cookie(&token),
            app.post(PATH, json!({})).bearer(&token),
            app.call(Method::POST, PATH).cookie(&token),
            app.call(Method::POST, PATH).header("content-type", "application/json").bearer(&token),
        ];
        for call in calls {
            let reply = call.send().await;
            assert_eq!(reply.but_its_id(), first.but_its_id());
        }
        assert!(!first.text.contains(&token), "the token is in no answer");
    }

    async fn every_field_is_told(app: TestApp) {
        let granted = json!({
            "externalId": "user_😀", "permissions": ["keys:read", "api.*.read_key"], "preview": true,
            "returnUrl": "https://app.example.com/back?x=1#y", "email": "jane@example.com",
            "externalOrganizationId": "org_1", "metadata": { "plan": "pro" },
        });
        let created = app.create(granted.clone()).await;
        let exchanged = app.exchange(text(&created["sessionId"])).await.data();
        let session = app.get(PATH).bearer(text(&exchanged["token"])).send().await.data();
        for (name, value) in granted.as_object().expect("fields") {
            assert_eq!(&session[name], value, "{name}");
        }
        assert_eq!(session["id"], created["id"]);
        assert_eq!(session["slug"], "my-portal");
        assert_eq!(session["environment"], "live");
        assert_eq!(session["createdAt"].as_u64(), created["expiresAt"].as_u64().map(|time| time - 900_000));
        assert_eq!(session["expiresAt"].as_u64(), session["exchangedAt"].as_u64().map(|time| time + 86_400_000));
        assert!(session["exchangedAt"].as_u64() >= session["createdAt"].as_u64());
    }

    async fn absent_fields_are_left_out(app: TestApp) {
        let token = app.signed_in(json!({ "slug": "no-return" })).await;
        let session = app.get(PATH).bearer(&token).send().await.data();
        for name in ["email", "externalOrganizationId", "metadata", "returnUrl"] {
            assert_eq!(session.get(name), None, "{name}");
        }
        assert_eq!(session["preview"], false);
    }

    async fn the_return_url_is_the_portals_if_the_session_has_none(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let session = app.get(PATH).bearer(&token).send().await.data();
        assert_eq!(session["returnUrl"], "https://app.example.com/billing");
    }

    async fn metadata_comes_back_as_it_was_sent(app: TestApp) {
        for metadata in [r#"{}"#, r#"{"":[[],{},null,false,"a\"b\\c\n"]}"#, r#"{"ü":"é😀"}"#] {
            expect_faithful(&app, metadata).await;
        }
    }

    async fn metadata_keeps_the_order_of_its_fields(app: TestApp) {
        expect_faithful(&app, r#"{"zebra":1,"apple":2,"nested":{"y":1,"x":2}}"#).await;
    }

    async fn metadata_keeps_its_numbers_to_the_digit(app: TestApp) {
        for number in [
            "0", "-1", "9007199254740993", "-9223372036854775808", "18446744073709551615", "0.5",
            "123456789012345678901234567890", "0.1000000000000000055511151231257827", "1.10",
        ] {
            expect_faithful(&app, &format!("{{\"number\":{number}}}")).await;
        }
    }

    async fn every_dead_token_is_refused_in_the_same_words(app: TestApp) {
        let expired = app.signed_in(json!({ "ttlSeconds": 60 })).await;
        app.forward(Duration::from_secs(61));
        let revoked = app.signed_in(json!({})).await;
        let user = json!({ "slug": "my-portal", "externalId": "user_123" });
        app.post("/v2/portal.revokeSession", user).bearer(ACME_LIVE).send().await;
        let ended = app.signed_in(json!({})).await;
        app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
        let live = app.signed_in(json!({})).await;
        let pending = app.fresh_id(json!({})).await;
        let foreign = TestApp::start(Kind::Memory).await.signed_in(json!({})).await;
        let first = app.get(PATH).cookie("garbage").send().await;
        first.expect(401, "authentication/portal_session_not_found");
        assert_eq!(first.header("www-authenticate"), "Bearer");
        assert!(first.set_cookies().is_empty(), "a refusal clears no cookie");
        let with_slug = format!("{PATH}?slug=my-portal");
        let dead = [
            &expired, &revoked, &ended, &pending, &foreign, &mistyped(&live), &live.replace("live", "test"),
            "ps_live_", "x",
        ];
        for token in dead {
            assert_eq!(app.get(PATH).cookie(token).send().await.but_its_id(), first.but_its_id(), "{token}");
            let bearer = app.get(&with_slug).bearer(token).send().await;
            assert_eq!(bearer.but_its_id(), first.but_its_id(), "{token}");
        }
    }

    /// Only its form is looked at: whether such a key exists is told to nobody here.
    async fn a_root_key_in_a_tokens_place_is_told_so_whether_it_exists_or_not(app: TestApp) {
        let known = app.get(PATH).bearer(ACME_LIVE).send().await;
        known.expect(401, "authentication/portal_session_not_found");
        assert!(known.text.contains("A root key was sent"), "{}", known.text);
        for key in [UMBRELLA_LIVE, "rk_live_nobodys0000000000000000000000000000live", "rk_x"] {
            assert_eq!(app.get(PATH).bearer(key).send().await.but_its_id(), known.but_its_id(), "{key}");
        }
    }

    async fn nothing_sent_is_told_apart_from_dead(app: TestApp) {
        let calls = [
            app.get(PATH),
            app.get(PATH).header("cookie", "theme=dark; portal_session_my-portal=x; __Host-other=y"),
            app.get(PATH).header("authorization", "Basic dXNlcjpwYXNzd29yZA=="),
            app.post(PATH, json!({})),
        ];
        for call in calls {
            let reply = call.send().await;
            reply.expect(401, "authentication/portal_token_missing");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
    }

    async fn a_token_in_query_or_body_does_not_count(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let reply = app.get(&format!("{PATH}?token={token}&access_token={token}")).send().await;
        reply.expect(401, "authentication/portal_token_missing");
        let reply = app.post(PATH, json!({ "token": token })).send().await;
        reply.expect(401, "authentication/portal_token_missing");
    }

    async fn a_foreign_page_reads_nothing_by_cookie(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let origins = [
            "null", "https://evil.example", "https://portal.example.com.evil", "http://portal.example.com",
            "https://portal.example.com:8443", "https://PORTAL.example.com",
        ];
        for origin in origins {
            for call in [app.get(PATH), app.post(PATH, json!({}))] {
                let reply = call.cookie(&token).header("origin", origin).send().await;
                reply.expect(403, "authorization/forbidden");
                assert!(!reply.text.contains("user_123"));
            }
            // No browser sends a Bearer token by itself.
            let reply = app.get(PATH).bearer(&token).header("origin", origin).send().await;
            assert_eq!(reply.status, 200, "{origin}: {}", reply.text);
        }
        // To a page of another portal it is as if nobody had this cookie.
        let reply = app.get(PATH).cookie(&token).header("origin", SECOND_PAGE).send().await;
        reply.expect(401, "authentication/portal_token_missing");
        assert_eq!(app.get(PATH).bearer(&token).header("origin", SECOND_PAGE).send().await.status, 200);
        // A server that renders the portal passes the cookie on, without an Origin.
        for call in [app.get(PATH), app.get(PATH).header("origin", PAGE)] {
            assert_eq!(call.cookie(&token).send().await.status, 200);
        }
    }

    async fn a_disabled_portal_is_told_apart_from_a_dead_session(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.reload(in_portal("my-portal", "enabled = false"));
        for call in [app.get(PATH).cookie(&token), app.get(PATH).bearer(&token)] {
            let reply = call.send().await;
            reply.expect(403, "authorization/forbidden");
            assert!(reply.set_cookies().is_empty(), "a refusal clears no cookie");
        }
        app.reload(|config| config);
        assert_eq!(app.get(PATH).cookie(&token).send().await.status, 200, "enabled again");
    }

    async fn a_session_of_a_portal_that_has_gone_is_dead(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.reload(|config| config.replace("slug = \"my-portal\"", "slug = \"renamed\""));
        app.get(PATH).bearer(&token).send().await.expect(401, "authentication/portal_session_not_found");
        app.get(PATH).cookie(&token).send().await.expect(401, "authentication/portal_token_missing");
        let renamed = format!("__Host-portal_session_renamed={token}");
        let reply = app.get(PATH).header("cookie", &renamed).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
    }

    async fn a_session_does_not_move_to_another_workspace_with_its_slug(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.reload(|config| {
            let config = config.replace("slug = \"my-portal\"", "slug = \"renamed\"");
            config.replace("slug = \"umbrella-portal\"", "slug = \"my-portal\"")
        });
        for call in [app.get(PATH).cookie(&token), app.get(PATH).bearer(&token)] {
            call.send().await.expect(401, "authentication/portal_session_not_found");
        }
    }
}
