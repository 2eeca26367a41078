//! `portal.authorize` for whoever may pass, or is known and may not: what a proxy learns of the session, and
//! what decides. Which credential counts is in `presented.rs`, those without a session are in `sent_home.rs`.

use percent_encoding::percent_decode_str;
use reqwest::Method;
use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, Call, IDENTITY, Reply, TestApp, text};

/// Asks as a proxy does.
pub fn authorize(app: &TestApp, query: &str) -> Call {
    app.get(&format!("/v2/portal.authorize{query}"))
}

/// All that a proxy learns, in the order of `IDENTITY`.
pub fn told(reply: &Reply) -> [&str; 8] {
    assert_eq!(reply.status, 200, "{}", reply.text);
    IDENTITY.map(|name| {
        assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name} is there, once");
        reply.header(name)
    })
}

/// A refusal names no session.
pub fn assert_tells_nothing(reply: &Reply) {
    for name in IDENTITY {
        assert!(!reply.headers.contains_key(name), "{name} in a {}", reply.status);
    }
}

on_both_stores! {
    async fn a_proxy_learns_all_of_a_session(app: TestApp) {
        let fields = json!({
            "externalOrganizationId": "org 7",
            "permissions": ["api.*.read_key", "keys:read"],
            "preview": true,
        });
        let (id, token) = app.sign_in(ACME_TEST, fields).await;
        let session = app.get("/v2/portal.getSession").bearer(&token).send().await.data();
        let expires_at = session["expiresAt"].to_string();
        let reply = authorize(&app, "").bearer(&token).send().await;
        let permissions = "api.*.read_key,keys:read";
        let expected = [&id, "my-portal", "user_123", "org%207", permissions, "test", "true", &expires_at];
        assert_eq!(told(&reply), expected);
        assert_eq!(reply.text, "", "the headers say it all");
    }

    async fn headers_without_a_value_are_there_and_empty(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({ "permissions": ["keys:read"] })).await;
        let mut call = authorize(&app, "").cookie(&token);
        for name in IDENTITY {
            call = call.header(name, "forged");
        }
        let reply = call.send().await;
        let told = told(&reply);
        assert_eq!(told[..7], [&id, "my-portal", "user_123", "", "keys:read", "live", "false"]);
    }

    async fn values_are_percent_encoded(app: TestApp) {
        let table = [
            ("user 1", "user%201"),
            ("a,b;c=\"d\"", "a,b;c=\"d\""),
            ("käse", "k%C3%A4se"),
            ("日本", "%E6%97%A5%E6%9C%AC"),
            ("100%", "100%25"),
            ("%41", "%2541"),
            (" padded ", "%20padded%20"),
            ("!#$&'()*+-./:<>?@[]^_`{|}~\\", "!#$&'()*+-./:<>?@[]^_`{|}~\\"),
        ];
        for (value, encoded) in table {
            let token = app.signed_in(json!({ "externalId": value, "externalOrganizationId": value })).await;
            let reply = authorize(&app, "").bearer(&token).send().await;
            let told = told(&reply);
            assert_eq!((told[2], told[3]), (encoded, encoded), "{value:?}");
            let decoded = percent_decode_str(told[2]).decode_utf8().expect("UTF-8");
            assert_eq!(decoded, value);
            assert_eq!(told[4], "api.*.read_key,api.*.read_analytics", "nothing was smuggled in");
        }
        let longest = "日".repeat(256);
        let token = app.signed_in(json!({ "externalId": longest })).await;
        let reply = authorize(&app, "").bearer(&token).send().await;
        assert_eq!(told(&reply)[2], "%E6%97%A5".repeat(256));
    }

    async fn email_and_metadata_are_told_where_they_are_asked_for(app: TestApp) {
        let metadata = json!({ "plan": "pro 100%", "name": "käse" });
        let token = app.signed_in(json!({ "email": "jane@example.com", "metadata": metadata })).await;
        let both = authorize(&app, "?with=email,metadata").bearer(&token).send().await;
        told(&both);
        assert_eq!(both.header("portal-email"), "jane@example.com");
        let decoded = percent_decode_str(both.header("portal-metadata")).decode_utf8().expect("UTF-8");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&decoded).expect("JSON"), metadata);
        let email = authorize(&app, "?with=email").bearer(&token).send().await;
        assert_eq!((email.header("portal-email"), email.headers.contains_key("portal-metadata")), ("jane@example.com", false));
        let neither = authorize(&app, "").bearer(&token).send().await;
        assert!(!neither.headers.contains_key("portal-email"));
        let twice = authorize(&app, "?with=email&with=email,email").bearer(&token).send().await;
        assert_eq!(twice.header_values("portal-email"), ["jane@example.com"]);
        // Always there where they are asked for: what a client sent must not survive.
        let without = app.signed_in(json!({})).await;
        let reply = authorize(&app, "?with=metadata&with=email").header("portal-email", "forged").bearer(&without).send().await;
        for name in ["portal-email", "portal-metadata"] {
            assert_eq!(reply.header_values(name), [""], "{name}");
        }
        for query in ["?with=", "?with=email,", "?with=email,permissions", "?with=Email"] {
            let reply = authorize(&app, query).bearer(&token).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["query.with"], "{query}");
        }
    }

    async fn any_method_with_any_body_is_answered(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "PURGE"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let call = || app.call(method.clone(), "/v2/portal.authorize?permission=api.prod.read_key");
            let call = || call().header("content-type", "text/plain").body("not json");
            told(&call().bearer(&token).send().await);
            assert_eq!(call().send().await.status, 401, "{method}");
        }
    }

    async fn held_permissions_match_by_segments(app: TestApp) {
        let narrow = app.signed_in(json!({ "permissions": ["api.*.read_key", "keys:read"] })).await;
        let wide = app.signed_in(json!({ "permissions": ["*"] })).await;
        let table = [
            ("", true),
            ("?permission=keys:read", true),
            ("?permission=keys%3Aread", true),
            ("?permission=keys.read", true),
            ("?permission=api.prod.read_key", true),
            ("?permission=api.*.read_key", true),
            ("?permission=keys:read&permission=api.prod.read_key", true),
            ("?permission=keys:read&permission=keys:write", false),
            ("?permission=keys:write&permission=keys:read", false),
            ("?permission=keys", false),
            ("?permission=keys:read:all", false),
            ("?permission=keys:*", false),
            ("?permission=*", false),
            ("?permission=api.prod.eu.read_key", false),
            ("?permission=api..read_key", false),
            ("?permission=api.:read_key", false),
            ("?permission=KEYS:READ", false),
            ("?slug=my-portal&permission=keys:write", false),
        ];
        for (query, passes) in table {
            let reply = authorize(&app, query).bearer(&narrow).send().await;
            if passes {
                told(&reply);
            } else {
                reply.expect(403, "authorization/insufficient_permissions");
                assert_tells_nothing(&reply);
            }
            told(&authorize(&app, query).bearer(&wide).send().await);
        }
    }

    async fn a_mistyped_question_lets_nobody_through(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for (query, location) in [
            ("permissions=admin:read", "query.permissions"), ("Permission=admin:read", "query.Permission"),
            ("scope=admin:read", "query.scope"), ("slug[]=my-portal", "query.slug[]"),
        ] {
            let reply = authorize(&app, &format!("?slug=my-portal&{query}")).bearer(&token).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), [location], "{query}");
        }
    }

    async fn a_permission_that_is_none_is_told(app: TestApp) {
        let token = app.signed_in(json!({ "permissions": ["*"] })).await;
        let table: &[(&str, &[&str])] = &[
            ("?permission=", &["query.permission[0]"]),
            ("?permission=has%20space", &["query.permission[0]"]),
            ("?permission=a,b", &["query.permission[0]"]),
            ("?permission=ok&permission=k%C3%A4se&permission=%00", &["query.permission[1]", "query.permission[2]"]),
        ];
        for (query, locations) in table {
            let reply = authorize(&app, query).bearer(&token).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), *locations, "{query}");
        }
        let long = format!("?permission={}", "x".repeat(257));
        authorize(&app, &long).bearer(&token).send().await.expect(400, "application/invalid_input");
    }

    async fn a_disabled_portal_is_forbidden_for_everyone(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.reload(|config| config.replacen("slug = \"my-portal\"", "slug = \"my-portal\"\nenabled = false", 1));
        for query in ["", "?slug=my-portal", "?deny=status"] {
            let call = || authorize(&app, query).cookie(&token);
            for call in [call(), call().header("sec-fetch-mode", "navigate")] {
                let reply = call.send().await;
                reply.expect(403, "authorization/forbidden");
                assert!(reply.set_cookies().is_empty(), "the session may live again");
                assert_tells_nothing(&reply);
            }
        }
        app.reload(|config| config);
        told(&authorize(&app, "").cookie(&token).send().await);
    }

    async fn a_permission_that_is_not_held_sends_nobody_away(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for query in ["?permission=keys:write", "?permission=keys:write&deny=status"] {
            let reply = authorize(&app, query).cookie(&token).header("sec-fetch-mode", "navigate").send().await;
            reply.expect(403, "authorization/insufficient_permissions");
            assert!(text(&reply.error()["detail"]).contains("keys:write"));
            assert_eq!((reply.header("location"), reply.header("portal-redirect")), ("", ""));
        }
    }
}
