//! The component in the demo app's own page: its token, what it may do with it, and how it ends.

use reqwest::Method;
use serde_json::{Value, json};

use crate::playground::{Body, Playground};
use crate::support::app::{Call, Reply, text};

impl Playground {
    /// What the app's page asks its backend for.
    async fn token(&self, format: &str) -> Value {
        let login = self.log_in("user_grace").await;
        let reply = self.form("/component/token", &format!("format={format}"), &login).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    /// What the component asks the gateway, from a page of this origin.
    async fn ask(&self, verb: &str, token: &Value, origin: &str) -> Reply {
        let url = format!("{}/v2/portal.{verb}", self.gateway);
        let call = Call(self.client.request(Method::POST, url)).header("origin", origin);
        call.bearer(text(token)).send().await
    }
}

#[tokio::test]
async fn the_component_uses_its_token_on_the_apps_pages_only() {
    let playground = Playground::start();
    for format in ["opaque", "jwt"] {
        let held = playground.token(format).await;
        let session = playground.ask("getSession", &held["token"], &playground.app).await;
        assert_eq!(session.header("access-control-allow-origin"), playground.app);
        assert_eq!(session.data()["id"], held["id"]);
        assert_eq!(session.data()["externalId"], "user_grace");
        let foreign = playground.ask("getSession", &held["token"], &playground.portal).await;
        foreign.expect(403, "authorization/forbidden");
        let issued = playground.ask("getToken", &held["token"], &playground.app).await;
        assert_eq!(text(&issued.data()["token"]).split('.').count(), 3, "a JWT");
    }
}

#[tokio::test]
async fn a_token_ends_by_itself_by_the_page_and_by_the_backend() {
    let playground = Playground::start();
    for ending in ["endSession", "revoke", "expire"] {
        let held = playground.token("jwt").await;
        let ended = match ending {
            "endSession" => playground.ask("endSession", &held["token"], &playground.app).await,
            "revoke" => playground.form("/revoke", "user=user_grace", "").await,
            _ => {
                let past = Body::Json(json!({ "expiresAt": held["expiresAt"] }));
                playground.post(&playground.app, &format!("{}/expire", playground.app), past, "").await
            }
        };
        assert!([200, 204].contains(&ended.status), "{ending}: {}", ended.text);
        let refused = playground.ask("getSession", &held["token"], &playground.app).await;
        refused.expect(401, "authentication/portal_session_not_found");
    }
}

#[tokio::test]
async fn nobody_gets_a_token_without_a_login_and_the_story_has_none_whole() {
    let playground = Playground::start();
    assert_eq!(playground.form("/component/token", "format=opaque", "").await.status, 401);
    for format in ["opaque", "jwt"] {
        let held = playground.token(format).await;
        let told = playground.state(&playground.app).await.to_string();
        assert!(told.contains("createSessionToken"), "{told}");
        // Not even a part of it that is worth anything.
        let secret = text(&held["token"]).rsplit(['_', '.']).next().expect("its end");
        assert!(!told.contains(secret), "{format}: {told}");
    }
}
