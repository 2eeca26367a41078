//! What every API must do with the tokens of a gateway: its own, and forgeries of them.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::{Api, Kind};
use crate::support::app::{ACME_LIVE, TestApp, text};
use crate::support::forged_tokens::{Forger, decoded};
use crate::support::gateway::Gateway;
use crate::support::signing_keys::{configured, make_key};

/// A gateway with a key of each kind.
struct Stage {
    gateway: Gateway,
    app: TestApp,
    directory: TempDir,
}

impl Stage {
    /// It signs with its ES256 key.
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let keys = [("es256.pem", "ES256"), ("eddsa.pem", "EdDSA")];
        let keys = keys.map(|(name, algorithm)| make_key(directory.path(), name, algorithm));
        let gateway = Gateway::start_by(&configured("memory:", &[&keys[0], &keys[1]]), None);
        let app = TestApp::of_process(&gateway.url);
        Stage { gateway, app, directory }
    }

    /// From now on it signs with the other.
    fn sign_with_eddsa(&mut self) {
        let path = |name: &str| self.directory.path().join(name);
        let configuration = configured("memory:", &[&path("eddsa.pem"), &path("es256.pem")]);
        self.gateway.write_config(&configuration);
        self.gateway.reload();
    }

    async fn direct(&self, format: &str) -> Value {
        let body = json!({
            "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"], "format": format,
        });
        self.app.backend(ACME_LIVE, "createSessionToken", body).await.data()
    }

    /// For calls to other APIs.
    async fn call_token(&self) -> String {
        let browser = self.app.signed_in(json!({})).await;
        let reply = self.app.get("/v2/portal.getToken").bearer(&browser).send().await;
        text(&reply.data()["token"]).to_owned()
    }

    async fn tokens(&self) -> [String; 2] {
        [text(&self.direct("jwt").await["token"]).to_owned(), self.call_token().await]
    }

    /// The forgeries of a token of the ES256 key, and credentials that are no JWT.
    async fn refused(&self, good: &str) -> Vec<(String, String)> {
        let mut all = Forger::new(good, &self.directory.path().join("es256.pem")).forgeries();
        all.push(("a root key".to_owned(), ACME_LIVE.to_owned()));
        all.push(("a browser token".to_owned(), self.app.signed_in(json!({})).await));
        all
    }

    async fn revoke(&self, id: &Value) {
        let revoked = self.app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
        assert_eq!(revoked.data()["revoked"], 1);
    }
}

/// Each is answered 401: not let in, and no fault of the API's own. Envoy answers 403 to one for another audience.
async fn refuses_all(api: &Api, forgeries: &[(String, String)]) {
    assert!(forgeries.len() > 45, "only {}", forgeries.len());
    let mut others = Vec::new();
    for (name, token) in forgeries {
        let status = api.ask(token).await;
        if status != 401 && !(status == 403 && name.starts_with("aud ")) {
            others.push(format!("{status} for {name}: {token}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

pub async fn by_the_public_keys(kind: Kind) {
    let mut stage = Stage::start();
    let api = Api::start(kind, &stage.gateway.url).await;
    let direct = stage.direct("jwt").await;
    let good = text(&direct["token"]).to_owned();
    let mut accepted = vec![good.clone(), stage.call_token().await];
    let forgeries = stage.refused(&good).await;
    stage.sign_with_eddsa();
    accepted.extend(stage.tokens().await);
    for token in &accepted {
        assert_eq!(api.ask(token).await, 200, "{token}");
    }
    refuses_all(&api, &forgeries).await;
    assert_eq!(api.ask(text(&stage.direct("opaque").await["token"])).await, 401);

    // A revocation reaches the gateway, and not those who do not ask it.
    stage.revoke(&direct["id"]).await;
    assert!(!stage.app.accepts(&good).await);
    stage.gateway.kill();
    for token in &accepted {
        assert_eq!(api.ask(token).await, 200, "the gateway is not asked: {token}");
    }
}

pub async fn by_asking_the_gateway() {
    let mut stage = Stage::start();
    let api = Api::start(Kind::Nginx, &stage.gateway.url).await;
    let direct = stage.direct("jwt").await;
    let good = text(&direct["token"]).to_owned();
    let opaque = text(&stage.direct("opaque").await["token"]).to_owned();
    let forgeries = stage.refused(&good).await;
    // A server's browser token is a credential at the gateway.
    let forgeries: Vec<_> = forgeries.into_iter().filter(|(name, _)| name != "a browser token").collect();
    let call = stage.call_token().await;
    stage.sign_with_eddsa();
    for token in [&good, &opaque, &stage.tokens().await[0]] {
        assert_eq!(api.ask(token).await, 200, "{token}");
    }
    let seen = api.upstream.take();
    assert!(seen.iter().all(|request| request.header("portal-external-id") == "user_123"), "{seen:#?}");
    assert!(seen.iter().all(|request| request.header("authorization").is_empty()), "{seen:#?}");
    assert_eq!(api.ask(&call).await, 401, "it is no credential at the gateway");
    refuses_all(&api, &forgeries).await;
    stage.revoke(&direct["id"]).await;
    assert_eq!(api.ask(&good).await, 401, "a revocation is known at once");
}

/// What an API behind `jwt_authn` sees: the claims of the token, never those that a client made up.
pub async fn envoy_hands_on_the_claims() {
    let stage = Stage::start();
    let api = Api::start(Kind::Envoy, &stage.gateway.url).await;
    let token = stage.call_token().await;
    api.upstream.take();
    assert_eq!(api.send(&token, &[("x-jwt-claims", "e30")]).await, 200);
    let seen = api.upstream.take_one();
    let claims = seen.all("x-jwt-claims");
    assert_eq!(claims.len(), 1, "{claims:?}");
    let claims = decoded(claims[0]);
    assert_eq!((&claims["sub"], &claims["token_use"]), (&json!("user_123"), &json!("call")));
    assert_eq!(seen.header("authorization"), "", "the token ends at the proxy");
}
