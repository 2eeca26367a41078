//! The official SDK, `@unkey/api`, works against the gateway: unmodified, with nothing set but `serverURL`
//! and `rootKey`. It tries again by itself after an outage or a lost connection: where that costs nothing, and
//! the two cases in which the session ID is gone; never are there two sessions.
//!
//! The scripts in `tests/sdk` use the SDK; here are the gateway, its Redis, and the faults between them.

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::app::{ACME_LIMITED, ACME_LIVE, Kind, TestApp, text};
use support::process::Process;
use support::swallowing_proxy::SwallowingProxy;

/// What an exchange has in its call of Redis, and no other call has: an argument that begins with a space.
const EXCHANGE_IN_REDIS: &[u8] = b"\r\n ";
const EXCHANGE_IN_HTTP: &[u8] = b"POST /v2/portal.exchange";

/// A version of the SDK.
#[derive(Clone, Copy)]
struct Sdk(&'static str);

impl Sdk {
    /// `node tests/sdk/<script>.mjs <version> <argument>` against the gateway at `url`.
    fn script(self, script: &str, argument: &str, url: &str, key: &str) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
        assert!(folder.join("node_modules").is_dir(), "the SDK is missing: run tests/run, which installs it");
        let mut command = Command::new("node");
        command.arg(format!("{script}.mjs")).args([self.0, argument]).current_dir(folder);
        command.env("VESTIBULE_URL", url).env("VESTIBULE_ROOT_KEY", key);
        command
    }

    /// One of the cases of `typed_errors.mjs`.
    fn meets(self, case: &str, app: &TestApp, key: &str) {
        succeed(self.script("typed_errors", case, &app.base, key));
    }

    /// Follows an exchange, with whatever tries the SDK makes.
    fn exchanging(self, ticket: &str, url: &str) -> Process {
        Process::spawn(&mut self.script("exchange", ticket, url, ACME_LIVE))
    }
}

/// Runs a script to its good end; what it printed.
fn succeed(mut command: Command) -> String {
    let output = command.output().expect("node is installed: tests/run installs it");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}

/// Runs each test with both versions.
macro_rules! with_both_versions {
    ($($(#[$meta:meta])* async fn $name:ident($sdk:ident: Sdk) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            async fn check($sdk: Sdk) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn version_2_5_0() {
                check(Sdk("2.5.0")).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn version_2_5_1() {
                check(Sdk("2.5.1")).await;
            }
        }
    )*};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_2_5_0_creates_and_exchanges_by_its_names() {
    let app = TestApp::start(Kind::Memory).await;
    let printed = succeed(Sdk("2.5.0").script("round_trip_2_5_0", "", &app.base, ACME_LIVE));
    let session = session_of(&app, &printed).await;
    assert_eq!(session["permissions"], json!(["keys:read", "keys:create", "keys:reroll", "analytics:read"]));
    assert_eq!(session["preview"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_2_5_1_creates_and_exchanges_by_its_names() {
    let app = TestApp::start(Kind::Memory).await;
    let printed = succeed(Sdk("2.5.1").script("round_trip_2_5_1", "", &app.base, ACME_LIVE));
    let session = session_of(&app, &printed).await;
    assert_eq!(session["permissions"], json!(["keys:read", "keys:create", "keys:reroll", "analytics:read"]));
    assert_eq!(session["preview"], true);
    assert_eq!(session["returnUrl"], "https://app.example.com/settings");
}

with_both_versions! {
    async fn what_cannot_be_done_is_the_sdks_own_typed_error(sdk: Sdk) {
        let app = TestApp::start(Kind::Memory).await;
        for case in ["used", "bad-slug", "empty-ticket", "unknown-slug"] {
            sdk.meets(case, &app, ACME_LIVE);
        }
        sdk.meets("forbidden", &app, ACME_LIMITED);
        sdk.meets("unknown-key", &app, "rk_live_nobody00000000000000000000000000nobody");
    }

    async fn a_rate_limit_is_the_sdks_own_typed_error(sdk: Sdk) {
        let app = TestApp::start_with(Kind::Memory, |config| {
            let config = config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 1");
            config.replace("create_per_minute = 1000000", "create_per_minute = 2")
        });
        sdk.meets("limited", &app.await, ACME_LIVE);
    }

    async fn while_the_store_cannot_be_reached_the_sdk_retries_and_the_ticket_is_not_spent(sdk: Sdk) {
        let redis = support::redis_server::RedisServer::start();
        let proxy = SwallowingProxy::start(redis.port(), EXCHANGE_IN_REDIS).await;
        let app = TestApp::start_at(&format!("redis://127.0.0.1:{}/0", proxy.port), |config| config).await;
        let ticket = text(&app.create(json!({})).await["sessionId"]).to_owned();

        proxy.cut_next(usize::MAX);
        let mut exchange = sdk.exchanging(&ticket, &app.base);
        exchange.wait_for_line(|line| line == "answer 503");
        exchange.wait_for_line(|line| line == "answer 503");
        proxy.cut_next(0);
        let (_, printed) = exchange.end();
        the_only_session_is_of(&app, &printed).await;
    }

    async fn while_redis_restarts_the_sdk_retries_and_the_ticket_is_not_spent(sdk: Sdk) {
        // With the fence, a ticket from before a restart would be refused: see the next test.
        let no_fence = |config| format!("store.fence_failover = false\n{config}");
        let app = TestApp::start_with(Kind::Redis, no_fence).await;
        let printed = exchange_over_a_restart(sdk, &app).await;
        the_only_session_is_of(&app, &printed).await;
    }

    async fn a_ticket_from_before_a_restart_is_refused_after_it_by_default(sdk: Sdk) {
        let app = TestApp::start(Kind::Redis).await;
        let printed = exchange_over_a_restart(sdk, &app).await;
        let last = &printed[printed.len() - 2..];
        assert_eq!(last, ["answer 401", "error UnauthorizedErrorResponse"], "{printed:?}");
        assert_eq!(sessions(&app).await, Vec::<Value>::new());
    }

    async fn a_connection_lost_before_the_gateway_is_retried_by_the_sdk_with_success(sdk: Sdk) {
        let app = TestApp::start(Kind::Redis).await;
        let proxy = SwallowingProxy::start(app.running().address.port(), EXCHANGE_IN_HTTP).await;
        let ticket = text(&app.create(json!({})).await["sessionId"]).to_owned();

        proxy.cut_next(2);
        let (_, printed) = sdk.exchanging(&ticket, &format!("http://127.0.0.1:{}", proxy.port)).end();
        assert_eq!(printed[..3], ["no answer", "no answer", "answer 200"], "{printed:?}");
        the_only_session_is_of(&app, &printed).await;
    }

    /// Without an `Idempotency-Key`, which the SDK does not send, the gateway cannot tell the retry from a
    /// second person with the same link. It gives nobody a second session: the user needs a new link.
    async fn a_reply_that_is_lost_after_the_ticket_was_spent_is_a_401_for_the_sdks_retry(sdk: Sdk) {
        let app = TestApp::start(Kind::Redis).await;
        let proxy = SwallowingProxy::start(app.running().address.port(), EXCHANGE_IN_HTTP).await;
        let ticket = text(&app.create(json!({})).await["sessionId"]).to_owned();

        proxy.swallow_next(1);
        let (_, printed) = sdk.exchanging(&ticket, &format!("http://127.0.0.1:{}", proxy.port)).end();
        assert_eq!(printed, ["no answer", "answer 401", "error UnauthorizedErrorResponse"]);
        assert_eq!(proxy.swallowed(), 1, "the fault was caused");
        let sessions = sessions(&app).await;
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        assert_eq!(sessions[0]["state"], "active", "it exists, and nobody has its token");
    }

    /// A Redis that hangs, unlike one that is gone, carries out late what the gateway has given up waiting
    /// for: the SDK's retry comes to a ticket that its own first try has spent.
    async fn a_redis_that_hangs_longer_than_the_gateway_waits_may_still_spend_the_ticket(sdk: Sdk) {
        let one_worker = |config: String| config.replace("[server]", "[server]\nworkers = 1");
        let app = TestApp::start_with(Kind::Redis, one_worker).await;
        // Now the worker has its connection, and Redis the script.
        app.signed_in(json!({ "externalId": "somebody else" })).await;
        let ticket = text(&app.create(json!({})).await["sessionId"]).to_owned();

        let redis = app.redis.as_ref().expect("this gateway has a Redis");
        redis.signal("-STOP");
        let mut exchange = sdk.exchanging(&ticket, &app.base);
        exchange.wait_for_line(|line| line == "answer 503");
        redis.signal("-CONT");
        let (_, printed) = exchange.end();
        assert_eq!(printed, ["answer 503", "answer 401", "error UnauthorizedErrorResponse"]);
        assert_eq!(sessions(&app).await.len(), 1, "it exists, and nobody has its token");
    }
}

/// Redis ends, its data saved, before the SDK begins; it is back when the SDK has met two 503s.
async fn exchange_over_a_restart(sdk: Sdk, app: &TestApp) -> Vec<String> {
    let redis = app.redis.as_ref().expect("this gateway has a Redis");
    let ticket = text(&app.create(json!({})).await["sessionId"]).to_owned();
    redis.stop();
    let mut exchange = sdk.exchanging(&ticket, &app.base);
    exchange.wait_for_line(|line| line == "answer 503");
    exchange.wait_for_line(|line| line == "answer 503");
    redis.start_again();
    exchange.end().1
}

/// The session of the token that a script printed last.
async fn session_of(app: &TestApp, printed: &str) -> Value {
    let last = printed.lines().last().and_then(|line| line.strip_prefix("token "));
    let token = last.unwrap_or_else(|| panic!("no token in {printed}"));
    let reply = app.get("/v2/portal.getSession").bearer(token).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()
}

/// user_123 has one session, and the SDK its token.
async fn the_only_session_is_of(app: &TestApp, printed: &[String]) {
    let session = session_of(app, &printed.join("\n")).await;
    let sessions = sessions(app).await;
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!((&sessions[0]["id"], &sessions[0]["state"]), (&session["id"], &json!("active")));
}

/// All sessions of user_123 in my-portal.
async fn sessions(app: &TestApp) -> Vec<Value> {
    let asked = json!({ "slug": "my-portal", "externalId": "user_123" });
    let reply = app.post("/v2/portal.listSessions", asked).bearer(ACME_LIVE).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data().as_array().expect("a list").clone()
}
