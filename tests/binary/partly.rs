//! What has happened to sessions is told, although the rest of the request failed: a repeat finds no more of it.

use serde_json::{Value, json};
use vestibule::domain::credential::BrowserToken;

use super::file;
use super::support::app::{TestApp, config, deployed_at, text};
use super::support::process::Process;
use super::support::redis_server::RedisServer;
use super::support::swallowing_proxy::SwallowingProxy;

const NAME: &str = "portal_session_my-portal";

/// A browser with the sessions of two people, where the store does not serve the second one's.
struct Stage {
    /// A gateway on the whole store.
    app: TestApp,
    process: Process,
    proxy: SwallowingProxy,
    own: (String, String),
    other: String,
    redis: RedisServer,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        let redis = RedisServer::start();
        let app = TestApp::start_at(&redis.url(), limited).await;
        let own = app.sign_in(super::ACME_LIVE, json!({})).await;
        let other = app.signed_in(json!({ "externalId": "user_456" })).await;
        let tag = BrowserToken::parse(&other).expect("a token").tag();
        // The proxy keeps it as long as the test runs.
        let marker = Box::leak(format!("vst:{{{}}}:b:", tag.as_str()).into_bytes().into_boxed_slice());
        let proxy = SwallowingProxy::start(redis.port(), marker).await;
        let directory = tempfile::tempdir().expect("a directory");
        let text = limited(config(&format!("redis://127.0.0.1:{}", proxy.port)));
        let process = Process::serve(&file(&directory, &text));
        Stage { app, process, proxy, own, other, redis, _directory: directory }
    }

    /// Loses every question about it. That breaks the connection, which the other session's questions may share.
    fn lose_the_second(&self) {
        // As often as a call is made at most.
        self.proxy.cut_next(4);
    }

    fn spoil_the_second(&self) {
        let tag = BrowserToken::parse(&self.other).expect("a token").tag();
        let is_record = |key: &&String| key.contains(tag.as_str()) && key.contains(":b:");
        let keys = self.redis.keys();
        let record = keys.iter().find(is_record).expect("its record");
        let mut connection = self.redis.connect().expect("redis answers");
        redis::cmd("SET").arg(record).arg("unreadable").exec(&mut connection).expect("redis writes");
    }

    /// One call with both cookies, and the next line of this event.
    async fn call(&mut self, verb: &str, body: Value, event: &str) -> (u16, Value) {
        let url = self.process.url(&format!("/v2/portal.{verb}"));
        let cookies = format!("{NAME}={}; {NAME}={}", self.own.1, self.other);
        let call = self.app.client.post(url).json(&body).header("cookie", cookies);
        let reply = call.header("sec-fetch-site", "same-origin").send().await.expect("an answer");
        self.process.wait_for_line(|line| line.contains(event));
        let line = self.process.output.last().expect("the line");
        (reply.status().as_u16(), serde_json::from_str(line).expect("JSON"))
    }
}

/// A cookie that several hosts share can be there twice.
fn limited(config: String) -> String {
    let lines = "cookie.domain = \"example.com\"\nmax_sessions_per_user = 3";
    deployed_at("https://portal.example.com", lines)(config)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_replaced_is_told_where_another_could_not_be_ended() {
    let mut stage = Stage::set().await;
    let session_id = stage.app.create(json!({})).await["sessionId"].clone();
    stage.spoil_the_second();
    let (status, line) =
        stage.call("exchangeSession", json!({ "sessionId": session_id }), "session.replaced").await;
    assert_eq!((status, text(&line["handle"])), (200, stage.own.0.as_str()), "{line}");
    stage.process.wait_for_line(|line| line.contains("former session could not be ended"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_ended_is_told_where_another_could_not_be() {
    let mut stage = Stage::set().await;
    stage.lose_the_second();
    let (status, line) = stage.call("endSession", json!({}), "session.ended").await;
    assert_eq!((status, text(&line["handle"])), (503, stage.own.0.as_str()), "{line}");
}
