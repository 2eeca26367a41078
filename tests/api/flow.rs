//! The product's main flow, each step as API.md describes it, on both stores.

use std::time::Duration;

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{TestApp, text};

on_both_stores! {
    async fn the_flow_from_create_to_expiry(app: TestApp) {
        // A backend creates a session.
        let created = app.create(json!({})).await;
        let session_id = text(&created["sessionId"]);
        assert!(session_id.starts_with("pst_live_"));
        assert_eq!(text(&created["url"]), format!("https://portal.example.com/?theme=dark&session={session_id}"));
        assert!(text(&created["id"]).starts_with("sess_"));

        // The portal's page exchanges it.
        let reply = app
            .post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }))
            .header("origin", "https://portal.example.com")
            .header("sec-fetch-site", "same-origin")
            .send()
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let cookies = reply.set_cookies();
        let session_cookie = cookies[0];
        assert!(session_cookie.starts_with("__Host-portal_session_my-portal=ps_live_"), "{session_cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
            assert!(session_cookie.contains(&format!("; {attribute}")), "{attribute} in {session_cookie}");
        }
        assert!(cookies[1].starts_with("portal_hint=my-portal; "), "{}", cookies[1]);
        assert_eq!(reply.data().get("token"), None, "a page never sees the token");
        let session = reply.data()["session"].clone();
        let jar = session_cookie.split(';').next().expect("a pair").to_owned();

        // The gateway tells who is there.
        let current = app.get("/v2/portal.getSession").header("cookie", &jar).send().await;
        assert_eq!(current.status, 200, "{}", current.text);
        assert_eq!(current.data(), session);
        assert_eq!(session["externalId"], "user_123");
        assert_eq!(session["permissions"], json!(["api.*.read_key", "api.*.read_analytics"]));
        assert_eq!(session["id"], created["id"]);

        // The session ID works once.
        let again = app
            .post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }))
            .header("accept", "application/json")
            .send()
            .await;
        assert_eq!(again.status, 401);
        let expected = json!({
            "meta": { "requestId": again.header("x-request-id") },
            "error": {
                "type": "https://sessions.example.com/errors/authentication/portal_session_not_found",
                "title": "Unauthorized",
                "status": 401,
                "detail": "Session is invalid, expired, or has already been used.",
            },
        });
        assert_eq!(again.json(), expected);

        // A proxy lets the user pass until the session expires; then it sends the browser home.
        let jar = format!("{jar}; portal_hint=my-portal");
        let navigate = || {
            app.get("/v2/portal.authorize?slug=my-portal").header("cookie", &jar).header("sec-fetch-mode", "navigate")
        };
        app.forward(Duration::from_secs(86_400 - 5));
        assert_eq!(navigate().send().await.status, 200);
        app.forward(Duration::from_secs(6));
        let home = navigate().send().await;
        assert_eq!(home.status, 302, "{}", home.text);
        assert_eq!(home.header("location"), "https://app.example.com/billing?reason=session_expired");
    }
}
