//! The binary as its operator runs it: commands, exit codes, signals, and what it logs.

#[path = "binary/asking.rs"]
mod asking;
#[path = "binary/events.rs"]
mod events;
#[path = "binary/exit_codes.rs"]
mod exit_codes;
#[path = "binary/gone_clients.rs"]
mod gone_clients;
#[path = "binary/partly.rs"]
mod partly;
#[path = "binary/reloading.rs"]
mod reloading;
#[path = "binary/secrets.rs"]
mod secrets;
#[path = "binary/stopping.rs"]
mod stopping;
#[path = "binary/strangers.rs"]
mod strangers;
#[path = "binary/supervised.rs"]
mod supervised;
mod support;
#[path = "binary/told.rs"]
mod told;
#[path = "binary/traces.rs"]
mod traces;
#[path = "binary/unread_log.rs"]
mod unread_log;

use std::path::PathBuf;
use std::process::Command;

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::app::{ACME_LIVE, Call, Reply, config, text};
use support::collector::{Collector, Mood};
use support::process::{Process, run, vestibule};
use support::redis_server::{RedisServer, free_port};
use tempfile::TempDir;

fn file(directory: &TempDir, text: &str) -> PathBuf {
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, text).expect("the file is written");
    path
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn post(process: &Process, path: &str, key: &str, body: Value) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    Call(client.post(process.url(path)).json(&body)).bearer(key).send().await
}

fn text_at<'a>(value: &'a Value, field: &str) -> &'a str {
    text(&value[field])
}

async fn create(process: &Process, slug: &str) -> Reply {
    let body = json!({ "slug": slug, "externalId": "user_123", "permissions": ["keys:read"] });
    post(process, "/v2/portal.createSession", ACME_LIVE, body).await
}

#[cfg(feature = "playground")]
#[test]
fn dev_prints_commands_that_work_as_printed() {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let any = "127.0.0.1:0";
    let arguments = ["dev", "--listen", &listen, "--app-listen", any, "--portal-listen", any];
    let mut process = Process::start(&mut vestibule(&arguments), |line| {
        line.contains("Vestibule is listening").then(|| listen.parse().expect("an address"))
    });
    process.wait_for_line(|line| line.starts_with("Stop with"));
    let guide: Vec<&str> =
        process.output.iter().map(String::as_str).skip_while(|line| !line.starts_with("export ")).collect();
    let script = guide.join("\n").split("Stop with").next().expect("the commands").to_owned();
    let output = Command::new("sh").args(["-e", "-c", &script]).output().expect("sh runs");
    let answers = text_of(&output.stdout);
    assert!(answers.contains("\"sessionId\":\"pst_live_"), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 OK") && answers.contains("Max-Age=86400"), "{answers}");
    let mut last = answers.trim().lines().rev();
    let mut last = || -> Value { serde_json::from_str(last.next().expect("a line")).expect("JSON") };
    let (opened, session) = (last(), last());
    assert_eq!(session["data"]["externalId"], "user_123");
    assert_eq!(session["data"]["permissions"], json!(["api.*.read_key", "api.*.read_analytics"]));
    assert!(opened["data"]["token"].as_str().is_some_and(|token| token.starts_with("pt_live_")), "{opened}");
}

#[test]
fn a_bad_configuration_is_reported_whole_and_exits_2() {
    let directory = tempfile::tempdir().expect("a directory");
    let path =
        file(&directory, "store.url = \"mongodb://\"\n[server]\nlisten = \"nowhere\"\nlisen = \"x\"\n");
    for command in ["serve", "check"] {
        let output = run(&[command, "--config", path.to_str().expect("a path")]);
        let report = text_of(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{report}");
        for location in ["store.url:", "server.listen:", "server.lisen:"] {
            assert!(report.contains(location), "{location} in {report}");
        }
    }
}

#[test]
fn check_accepts_what_serve_accepts() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &config("memory:"));
    let output = run(&["check", "--config", path.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
}

#[test]
fn check_asks_for_a_way_back_where_a_portal_has_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let portal = |slug: &str, more: &str| {
        format!("[[workspaces.portals]]\nslug = \"{slug}\"\nurl = \"https://{slug}.example.com/\"\n{more}")
    };
    let home = "return_url = \"https://app.example.com/\"\n";
    let text = "[store]\nallow_memory = true\n[[workspaces]]\nid = \"acme\"\n".to_owned();
    let good = text.clone() + &portal("billing", home) + &portal("app", "direct = true\n");
    let note = |text: &str| {
        let path = file(&directory, text);
        let output = run(&["check", "--config", path.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
        text_of(&output.stdout)
    };
    assert!(!note(&good).contains("Note:"));
    let told = note(&(good + &portal("shop", "")));
    assert!(told.contains("Note: without return_url, ") && told.contains("1 portal: shop."), "{told}");
}

#[tokio::test]
async fn a_new_key_opens_the_gateway_that_is_given_its_digest() {
    let output = text_of(&run(&["keys", "new", "--environment", "test"]).stdout);
    let key = output.lines().find(|line| line.starts_with("rk_test_")).expect("a key");
    let entry = &output[output.find("[[workspaces.root_keys]]").expect("an entry")..];
    let directory = tempfile::tempdir().expect("a directory");
    let workspace = "[[workspaces]]\nid = \"own\"\n[[workspaces.portals]]\nslug = \"own-portal\"\nurl = \"https://own.example.com/\"\n";
    let server = "[server]\nlisten = \"127.0.0.1:0\"\n";
    let process = Process::serve(&file(&directory, &format!("{server}{workspace}{entry}")));
    let body = json!({ "slug": "own-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    let reply = post(&process, "/v2/portal.createSession", key, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Two live side by side during a rotation, and an audit line tells which was used.
#[test]
fn new_keys_have_different_names() {
    let name = || {
        let output = text_of(&run(&["keys", "new", "--environment", "test"]).stdout);
        output.lines().find(|line| line.starts_with("id = ")).expect("a name").to_owned()
    };
    assert_ne!(name(), name());
}

#[test]
fn a_new_secret_is_long_enough_and_never_the_same() {
    let secret = || text_of(&run(&["keys", "secret"]).stdout).trim().to_owned();
    let (first, second) = (secret(), secret());
    assert!(first.len() >= 32 && first != second);
}

/// A link comes by standard input, and nothing of it is printed again.
#[tokio::test]
async fn explain_tells_what_became_of_a_link() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = config("memory:").replace("127.0.0.1:0", &format!("127.0.0.1:{}", free_port()));
    let path = file(&directory, &text);
    let process = Process::serve(&path);
    let created = create(&process, "my-portal").await.data();
    let explain = |key: &str, arguments: &[&str], input: &str| {
        let input_file = directory.path().join("input");
        std::fs::write(&input_file, input).expect("a file is written");
        let mut command = vestibule(&["explain", "--config", path.to_str().expect("a path")]);
        command.args(arguments).env("VESTIBULE_ROOT_KEY", key);
        let output = command.stdin(std::fs::File::open(&input_file).expect("a file")).output();
        let output = output.expect("the binary runs");
        (output.status.code(), text_of(&output.stdout) + &text_of(&output.stderr))
    };
    let (id, link) = (text_at(&created, "id"), text_at(&created, "url"));
    let by_user = ["--portal", "my-portal", "--user", "user_123"];
    let expected = "pending: The link has not been used yet and works once.\n";
    for (arguments, input) in [(&[id][..], ""), (&["-"], &format!("<{link}>\n")[..]), (&by_user, "")] {
        let (code, told) = explain(ACME_LIVE, arguments, input);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.starts_with(&format!("{id}, portal my-portal\n{expected}  20")), "{told}");
        assert!(told.ends_with(" UTC  Created by acme-live for user_123.\n"), "{told}");
    }
    let (code, told) = explain(ACME_LIVE, &["-"], &link[..60]);
    assert_eq!(
        (code, told.contains("unknown: The text holds no complete session ID")),
        (Some(0), true),
        "{told}"
    );
    let (code, told) = explain("rk_live_nobody", &[id], "");
    assert_eq!((code, told.contains("refuses (401)")), (Some(1), true), "{told}");
}

#[test]
fn healthcheck_tells_whether_the_gateway_lives() {
    let directory = tempfile::tempdir().expect("a directory");
    let port = free_port();
    let text = config("memory:").replace("127.0.0.1:0", &format!("0.0.0.0:{port}"));
    let path = file(&directory, &text);
    let check = || run(&["healthcheck", "--config", path.to_str().expect("a path")]).status.code();
    assert_eq!(check(), Some(1), "nothing listens yet");
    let process = Process::serve(&path);
    assert_eq!(check(), Some(0));
    // A reload refuses such a file, and the gateway serves on: it must not be killed for it.
    for bad in [
        text.replace("url = ", "uri = "),
        text.replace("secret = ", "secret = \"cut o"),
        text.clone() + "\n[[server",
    ] {
        file(&directory, &bad);
        assert_eq!(check(), Some(0), "{bad}");
    }
    let address = format!("127.0.0.1:{port}");
    assert_eq!(run(&["healthcheck", "--address", &address]).status.code(), Some(0), "without any file");
    drop(process);
    assert_eq!(check(), Some(1));
}

#[tokio::test]
async fn hangup_reloads_workspaces_and_a_bad_file_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = config("memory:");
    let path = file(&directory, &text);
    let mut process = Process::serve(&path);
    assert_eq!(create(&process, "my-portal").await.status, 200);
    assert_eq!(create(&process, "fresh-portal").await.status, 404);

    let portal = "[[workspaces.portals]]\nslug = \"fresh-portal\"\nurl = \"https://fresh.example.com/\"\n";
    let marker = "[[workspaces.root_keys]]";
    file(&directory, &text.replacen(marker, &format!("{portal}{marker}"), 1));
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("reloaded"));
    assert_eq!(create(&process, "fresh-portal").await.status, 200);

    file(&directory, "this is no TOML");
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("the old one stays"));
    assert_eq!(create(&process, "fresh-portal").await.status, 200);
}

/// Lines are written together and by another thread, but none waits for a timer: a process that is killed has lost
/// at most those of its last moment.
#[tokio::test]
async fn a_killed_gateway_has_logged_what_it_answered() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::serve(&file(&directory, &config("memory:")));
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut ids = Vec::new();
    for _ in 0..50 {
        let answers = (0..8).map(|_| Call(client.get(process.url("/health/live"))).send());
        ids.extend(join_all(answers).await.iter().map(|reply| reply.header("x-request-id").to_owned()));
    }
    process.signal("-KILL");
    let (_, output) = process.end();
    let lost = |id: &&String| !output.iter().any(|line| line.contains(id.as_str()));
    let lost: Vec<_> = ids[..ids.len() - 8].iter().filter(lost).collect();
    assert!(lost.is_empty(), "{} of {} lines are lost", lost.len(), ids.len());
    let lines = output.iter().filter(|line| line.contains("\"answered\""));
    assert!(lines.clone().count() >= 392);
    for line in lines {
        let line: Value = serde_json::from_str(line).expect("whole lines");
        assert_eq!((&line["status"], &line["route"]), (&json!(200), &json!("/health/live")));
    }
}

/// Everything secret or personal of a whole flow, refusals included, must be in no line of the log, even at
/// the level at which every library tells all it knows, and in nothing that is told to a collector of traces.
async fn no_canary_in_the_log(store_url: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let behind_a_proxy = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let collector = Collector::start(Mood::Takes);
    let config = config(store_url).replace("[server]\n", behind_a_proxy);
    let trace = format!("log.level = \"trace\"\n{config}\n{}", collector.configured(1));
    let process = Process::serve(&file(&directory, &trace));
    let canaries =
        ["canary-user", "canary@example.com", "canary-meta", "canary-query", "canary-body", "canary-cookie"];
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let body = json!({
        "slug": "my-portal", "externalId": canaries[0], "permissions": ["keys:read"], "email": canaries[1],
        "metadata": { "secret": canaries[2] }, "returnUrl": "https://app.example.com/canary-return",
        "path": "/canary-place?code=canary-code",
    });
    let created = post(&process, "/v2/portal.createSession", ACME_LIVE, body).await.data();
    let session_id = created["sessionId"].as_str().expect("a session ID").to_owned();
    let exchange = || json!({ "sessionId": session_id });
    let exchanged =
        Call(client.post(process.url("/v2/portal.exchangeSession")).json(&exchange())).send().await;
    let token = exchanged.data()["token"].as_str().expect("a token").to_owned();
    let cookie = format!("__Host-portal_session_my-portal={token}; other={}", canaries[5]);
    let get = |path: &str| Call(client.get(process.url(path)));
    assert_eq!(
        get("/v2/portal.getSession?x=canary-query").header("cookie", &cookie).send().await.status,
        200
    );
    assert_eq!(get("/v2/portal.authorize?permission=canary.query").bearer(&token).send().await.status, 403);
    let lost = get("/v2/portal.authorize?slug=my-portal").header("sec-fetch-mode", "navigate");
    let lost = lost.header("x-forwarded-uri", "/canary-page?code=canary-code").send().await;
    assert!(lost.set_cookies().iter().any(|line| line.contains("portal_resume_")), "the page is kept");
    assert_eq!(get("/nothing/canary-query?x=canary-query").send().await.status, 404);
    assert_eq!(
        Call(client.post(process.url("/v2/portal.exchangeSession")).json(&exchange())).send().await.status,
        401
    );
    let link = format!("my link https://portal.example.com/?session={session_id} fails");
    let explained = post(&process, "/v2/portal.explainSession", ACME_LIVE, json!({ "sessionId": link }));
    let explained = explained.await;
    assert_eq!(explained.data()["state"], "used", "{}", explained.text);
    assert!(!explained.text.contains(&session_id), "it is not answered either");
    let made_up = "rk_live_canary-key-that-is-not-configured";
    assert_eq!(post(&process, "/v2/portal.listSessions", made_up, json!({})).await.status, 401);
    let bad = Call(client.post(process.url("/v2/portal.exchangeSession")))
        .header("content-type", "application/json");
    assert_eq!(bad.body("{\"canary-body\":").send().await.status, 400);
    let end = Call(client.post(process.url("/v2/portal.endSession"))).bearer(&token);
    assert_eq!(end.send().await.status, 200);
    process.signal("-TERM");
    let (code, output) = process.end();
    assert_eq!(code, Some(0));

    let log = output.join("\n");
    let places = ["canary-return", "canary-place", "canary-page", "canary-code"];
    let secrets = [session_id.as_str(), token.as_str(), ACME_LIVE, made_up, "canary.query"];
    for secret in canaries.iter().chain(&secrets).chain(&places) {
        let line = output.iter().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    // The log is there, and tells what it should.
    let handle = created["id"].as_str().expect("a handle");
    for event in ["session.created", "session.exchanged", "session.ended"] {
        let line =
            output.iter().find(|line| line.contains(event)).unwrap_or_else(|| panic!("{event} in {log}"));
        assert!(line.contains(handle) && line.contains("req_"), "{line}");
    }
    let lines = output.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let refusals = lines.filter(|line| line["event"] == "session.refused");
    let mut reasons: Vec<String> = refusals.map(|line| text(&line["reason"]).to_owned()).collect();
    // Workers write their lines side by side.
    reasons.sort();
    assert_eq!(
        reasons,
        ["missing", "permission_not_held", "unknown", "used"],
        "the operator learns the true reasons"
    );
    assert!(log.contains("TRACE"), "the level was in force");

    let received = collector.received();
    let secrets = canaries.iter().chain(&secrets).chain(&places);
    for (secret, body) in secrets.flat_map(|secret| received.bodies.iter().map(move |body| (secret, body))) {
        assert!(!String::from_utf8_lossy(body).contains(secret), "{secret} is in {:#?}", received.spans);
    }
    let ended = received.spans.iter().find(|span| span.name == "POST /v2/portal.endSession");
    assert_eq!(ended.expect("the last request was recorded").attribute("vestibule.session"), handle);
}

#[tokio::test]
async fn no_credential_or_personal_data_is_ever_logged_with_the_embedded_store() {
    no_canary_in_the_log("memory:").await;
}

#[tokio::test]
async fn no_credential_or_personal_data_is_ever_logged_with_redis() {
    let redis = RedisServer::start();
    no_canary_in_the_log(&redis.url()).await;
    let kept: Vec<String> = redis.keys();
    assert!(kept.iter().all(|key| !key.contains("pst_") && !key.contains("ps_live")), "{kept:?}");
}
