//! What every API must do with the tokens of a gateway: its own, and forgeries of them.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::{Api, Kind};
use crate::support::app::{ACME_LIVE, TestApp, text};
use crate::support::attacks::{Attack, Attacker, corpus};
use crate::support::forge::{Key, decoded};
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

    /// The corpus, made of a token of the ES256 key. Line breaks stand in no header.
    async fn attacks(&self, good: &str) -> Vec<(Attack, String)> {
        let key = Key::of_file(self.directory.path().join("es256.pem"));
        let attacker = Attacker::of(&self.app, key, good).await;
        let made = corpus().into_iter().map(|attack| {
            let token = attacker.token(&attack);
            (attack, token)
        });
        made.filter(|(_, token)| reqwest::header::HeaderValue::from_str(token).is_ok()).collect()
    }

    async fn revoke(&self, id: &Value) {
        let revoked = self.app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
        assert_eq!(revoked.data()["revoked"], 1);
    }
}

/// None is let in, and none is a fault of the API's own, but where `may_pass` says that it does no harm.
async fn refuses(api: &Api, attacks: &[(Attack, String)], may_pass: impl Fn(&Attack) -> bool) {
    assert!(attacks.len() > 80, "only {}", attacks.len());
    let mut others = Vec::new();
    for (attack, token) in attacks {
        let status = api.ask(token).await;
        // Envoy answers 403 to a token for another audience; servers have other answers to a header of 40 KB.
        let is_refused = [400, 401, 403, 431].contains(&status);
        if !is_refused && !may_pass(attack) {
            others.push(format!("{status} for {}", attack.name));
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
    let attacks = stage.attacks(&good).await;
    stage.sign_with_eddsa();
    accepted.extend(stage.tokens().await);
    for token in &accepted {
        assert_eq!(api.ask(token).await, 200, "{token}");
    }
    refuses(&api, &attacks, |attack| attack.elsewhere.is_some()).await;
    let opaque = stage.direct("opaque").await;
    for no_jwt in [text(&opaque["token"]), &stage.app.signed_in(json!({})).await, ACME_LIVE] {
        assert_eq!(api.ask(no_jwt).await, 401);
    }

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
    let attacks = stage.attacks(&good).await;
    let call = stage.call_token().await;
    stage.sign_with_eddsa();
    for token in [&good, &opaque, &stage.tokens().await[0]] {
        assert_eq!(api.ask(token).await, 200, "{token}");
    }
    let seen = api.upstream.take();
    assert!(seen.iter().all(|request| request.header("portal-external-id") == "user_123"), "{seen:#?}");
    assert!(seen.iter().all(|request| request.header("authorization").is_empty()), "{seen:#?}");
    assert_eq!(api.ask(&call).await, 401, "it is no credential at the gateway");
    refuses(&api, &attacks, |attack| attack.accepted.is_some()).await;
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
    let claims: Value = serde_json::from_slice(&decoded(claims[0])).expect("JSON");
    assert_eq!((&claims["sub"], &claims["token_use"]), (&json!("user_123"), &json!("call")));
    assert_eq!(seen.header("authorization"), "", "the token ends at the proxy");
}
