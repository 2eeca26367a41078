//! `portal.revokeSession` beyond one session or one portal: a user everywhere, by token, all but one; and `kind` in
//! `portal.listSessions`.

use serde_json::{Value, json};

use crate::direct::{formats, open};
use crate::on_both_stores;
use crate::support::app::{ACME_LIMITED, ACME_LIVE, ACME_TEST, TestApp, UMBRELLA_LIVE, mistyped, text};
use crate::support::forge::{claims_of, header_of};

async fn revoked(app: &TestApp, key: &str, body: Value) -> u64 {
    let reply = app.backend(key, "revokeSession", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()["revoked"].as_u64().expect("a number")
}

/// Id and token of a direct session.
async fn opened(app: &TestApp, key: &str, fields: Value) -> (String, String) {
    let data = open(app, key, fields).await;
    (text(&data["id"]).to_owned(), text(&data["token"]).to_owned())
}

on_both_stores! {
    async fn a_user_alone_means_every_portal_that_the_key_may_see(app: TestApp) {
        let jane = json!({ "externalId": "jane" });
        let mut ended = vec![app.sign_in(ACME_LIVE, jane.clone()).await.1];
        for mut format in formats() {
            format["externalId"] = json!("jane");
            ended.push(opened(&app, ACME_LIVE, format).await.1);
        }
        let second = app.sign_in(ACME_LIVE, json!({ "externalId": "jane", "slug": "second-portal" })).await.1;
        let pending = app.create(json!({ "externalId": "jane", "slug": "no-return" })).await;
        let others = [
            app.sign_in(ACME_LIVE, json!({ "externalId": "JANE" })).await.1,
            app.sign_in(ACME_TEST, jane.clone()).await.1,
            app.sign_in(UMBRELLA_LIVE, json!({ "externalId": "jane", "slug": "umbrella-portal" })).await.1,
            opened(&app, ACME_TEST, jane.clone()).await.1,
        ];
        assert_eq!(revoked(&app, ACME_LIMITED, jane.clone()).await, 1, "the portals that this key lists");
        assert!(!app.accepts(&second).await);
        assert_eq!(revoked(&app, ACME_LIVE, jane.clone()).await, 4);
        for token in &ended {
            assert!(!app.accepts(token).await);
        }
        app.exchange(text(&pending["sessionId"])).await.expect(401, "authentication/portal_session_not_found");
        for (index, token) in others.iter().enumerate() {
            assert!(app.accepts(token).await, "session {index} was not meant");
        }
        assert_eq!(revoked(&app, ACME_LIVE, jane).await, 0);
    }

    async fn a_session_ends_by_its_token(app: TestApp) {
        let mut sessions = Vec::new();
        for format in formats() {
            let (_, token) = opened(&app, ACME_LIVE, format.clone()).await;
            sessions.push((token, opened(&app, ACME_LIVE, format).await.1));
        }
        sessions.push((app.signed_in(json!({})).await, app.signed_in(json!({})).await));
        for (token, other) in sessions {
            assert_eq!(revoked(&app, ACME_LIVE, json!({ "token": token })).await, 1);
            assert!(!app.accepts(&token).await);
            assert!(app.accepts(&other).await, "another session of the same user stays");
            assert_eq!(revoked(&app, ACME_LIVE, json!({ "token": token })).await, 0);
        }
    }

    async fn a_jwt_ends_by_its_jti(app: TestApp) {
        let (_, token) = opened(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": claims_of(&token)["jti"] })).await, 1);
        assert!(!app.accepts(&token).await);
    }

    async fn a_token_that_the_key_may_not_see_counts_as_nothing(app: TestApp) {
        let mut tokens = vec![app.signed_in(json!({})).await];
        for format in formats() {
            tokens.push(opened(&app, ACME_LIVE, format).await.1);
        }
        for token in tokens {
            for key in [UMBRELLA_LIVE, ACME_LIMITED, ACME_TEST] {
                assert_eq!(revoked(&app, key, json!({ "token": token })).await, 0);
                assert!(app.accepts(&token).await);
            }
        }
    }

    async fn what_is_no_token_of_a_session_ends_nothing(app: TestApp) {
        let created = app.create(json!({})).await;
        let browser = app.signed_in(json!({})).await;
        let (id, direct) = opened(&app, ACME_LIVE, json!({})).await;
        let (_, jwt) = opened(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
        let call = app.get("/v2/portal.getToken").bearer(&direct).send().await.data();
        let altered = crate::support::forge::Key::of_a_stranger()
            .token(&header_of(&jwt).to_string(), &claims_of(&jwt).to_string());
        let mistyped = mistyped(&direct);
        let (sent, padded) = (format!("Bearer {direct}"), format!("{browser} "));
        let (link, for_others) = (text(&created["url"]), text(&call["token"]));
        // Each would leave a session alive whose backend takes it for over.
        for token in ["", "x", &id, &mistyped, &sent, &padded, link, ACME_LIVE, text(&created["sessionId"]), for_others] {
            let refused = app.backend(ACME_LIVE, "revokeSession", json!({ "token": token })).await;
            assert_eq!((refused.status, refused.locations()), (400, vec!["body.token".to_owned()]), "{token:?}");
        }
        // Of one that this gateway cannot verify nobody learns why.
        let (body, signature) = jwt.rsplit_once('.').expect("a signature");
        let turned: String = signature.chars().rev().collect();
        let jwts = [altered, jwt[..jwt.len() - 1].to_owned(), format!("{body}.{turned}"), format!("{body}."), "eyJ.x.y".to_owned()];
        let mut told = Vec::new();
        for token in &jwts {
            let refused = app.backend(ACME_LIVE, "revokeSession", json!({ "token": token })).await;
            assert_eq!((refused.status, refused.locations()), (400, vec!["body.token".to_owned()]), "{token:?}");
            told.push(refused.error()["errors"].clone());
        }
        assert!(told.windows(2).all(|two| two[0] == two[1]), "{told:?}");
        for token in [&browser, &direct, &jwt] {
            assert!(app.accepts(token).await);
        }
        assert_eq!(app.exchange(text(&created["sessionId"])).await.status, 200);
    }

    async fn all_but_one(app: TestApp) {
        let (kept, kept_token) = opened(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
        let (_, direct) = opened(&app, ACME_LIVE, json!({})).await;
        let (browser_id, browser) = app.sign_in(ACME_LIVE, json!({})).await;
        let except = |id: &str| json!({ "externalId": "user_123", "except": id });
        assert_eq!(revoked(&app, ACME_LIVE, except(&kept)).await, 2);
        for (token, lives) in [(&kept_token, true), (&direct, false), (&browser, false)] {
            assert_eq!(app.accepts(token).await, lives);
        }
        let mistyped = app.backend(ACME_LIVE, "revokeSession", except("sess_x")).await;
        mistyped.expect(400, "application/invalid_input");
        assert_eq!(mistyped.locations(), ["body.except"]);
        // An exception that is gone or of somebody else keeps nothing.
        assert_eq!(revoked(&app, ACME_LIVE, except(&browser_id)).await, 1);
        assert!(!app.accepts(&kept_token).await);
        let (of_another, token) = opened(&app, ACME_LIVE, json!({ "externalId": "user_7" })).await;
        opened(&app, ACME_LIVE, json!({})).await;
        assert_eq!(revoked(&app, ACME_LIVE, except(&of_another)).await, 1);
        assert!(app.accepts(&token).await);
        let (here, token) = opened(&app, ACME_LIVE, json!({})).await;
        let in_one = json!({ "slug": "direct-portal", "externalId": "user_123", "except": here });
        assert_eq!(revoked(&app, ACME_LIVE, in_one).await, 0);
        assert!(app.accepts(&token).await);
    }

    async fn what_cannot_stand_together_is_told(app: TestApp) {
        let table: [(Value, &[&str]); 7] = [
            (json!({ "id": "sess_x", "token": "x" }), &["body.token"]),
            (json!({ "id": "sess_x", "except": "sess_x" }), &["body.except"]),
            (json!({ "token": "x", "externalId": "u", "slug": "my-portal" }), &["body.slug", "body.externalId", "body.token"]),
            (json!({ "token": 7 }), &["body.token"]),
            (json!({ "except": "sess_x" }), &["body.externalId", "body.except"]),
            (json!({ "slug": "my-portal" }), &["body.externalId"]),
            (json!({ "externalId": "u", "externalOrganizationId": "o" }), &["body.externalOrganizationId"]),
        ];
        for (body, expected) in table {
            let reply = app.backend(ACME_LIVE, "revokeSession", body.clone()).await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), expected, "{body}");
        }
    }

    async fn a_list_tells_how_each_session_began(app: TestApp) {
        let in_portal = json!({ "slug": "direct-portal" });
        let (browser, _) = app.sign_in(ACME_LIVE, in_portal.clone()).await;
        let pending = text(&app.create(in_portal).await["id"]).to_owned();
        let (opaque, _) = opened(&app, ACME_LIVE, json!({})).await;
        let (jwt, _) = opened(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
        let user = json!({ "slug": "direct-portal", "externalId": "user_123" });
        let listed = app.backend(ACME_LIVE, "listSessions", user.clone()).await.data();
        let listed = listed.as_array().expect("a list");
        let expected = [
            (&browser, "browser", "active"), (&pending, "browser", "pending"), (&opaque, "direct", "active"),
            (&jwt, "direct", "active"),
        ];
        assert_eq!(listed.len(), expected.len());
        for (id, kind, state) in expected {
            let session = listed.iter().find(|session| session["id"] == *id).expect("it is listed");
            assert_eq!((&session["kind"], &session["state"]), (&json!(kind), &json!(state)), "{session}");
            let exchanged = kind == "browser" && state == "active";
            assert_eq!(session.get("exchangedAt").is_some(), exchanged, "{session}");
            assert!(session.get("token").is_none());
        }
        for key in [UMBRELLA_LIVE, ACME_LIMITED] {
            let reply = app.backend(key, "listSessions", user.clone()).await;
            reply.expect(404, "data/portal_config_not_found");
        }
        let of_test = app.backend(ACME_TEST, "listSessions", user).await.data();
        assert_eq!(of_test, json!([]), "the other environment sees none");
    }
}
