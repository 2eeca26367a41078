//! The former release and this one side by side over one Redis: whatever one writes, the other reads, so that a
//! rolling upgrade, and the way back, is an outage for nobody.

use redis::Commands;
use serde_json::{Value, json};
use vestibule::config::Settings;

use crate::support::app::{ACME_LIVE, Kind, Reply, TestApp, config, in_portal, text};
use crate::support::former_release::{FormerGateway, its_configurations};
use crate::support::gateway::Gateway;
use crate::support::redis_server::RedisServer;

const USER: &str = "user of both";

/// Creates at one and exchanges at another: the handle and the token.
async fn sign_in(created_at: &TestApp, exchanged_at: &TestApp) -> (String, String) {
    let fields = json!({
        "externalId": USER,
        "externalOrganizationId": "org_1",
        "email": "jane@example.com",
        "metadata": { "plan": "pro" },
        "returnUrl": "https://app.example.com/back",
        "ttlSeconds": 3_600,
    });
    let created = created_at.create(fields).await;
    let exchanged = exchanged_at.exchange(text(&created["sessionId"])).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    (text(&created["id"]).to_owned(), text(&exchanged.data()["token"]).to_owned())
}

async fn session_of(app: &TestApp, token: &str) -> Value {
    let reply = app.get("/v2/portal.getSession").bearer(token).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()
}

async fn listed(app: &TestApp) -> Vec<String> {
    let user = json!({ "slug": "my-portal", "externalId": USER });
    let reply = app.backend(ACME_LIVE, "listSessions", user).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let sessions = reply.data();
    sessions.as_array().expect("a list").iter().map(|session| text(&session["id"]).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_former_release_and_this_one_serve_each_others_sessions() {
    let this = TestApp::start(Kind::Redis).await;
    let url = this.redis.as_ref().expect("this gateway has a Redis").url();
    let former = tokio::task::block_in_place(|| FormerGateway::start(&url));
    let both = [("this", &this), ("former", &former.app)];
    for (created_at, creating) in both {
        for (exchanged_at, exchanging) in both {
            let (id, token) = sign_in(creating, exchanging).await;
            let way = format!("created by {created_at}, exchanged by {exchanged_at}");
            let told = [session_of(&this, &token).await, session_of(&former.app, &token).await];
            for field in ["id", "externalId", "permissions", "metadata", "email", "expiresAt", "returnUrl"] {
                assert_eq!(told[0][field], told[1][field], "{way}: {field}");
                assert_ne!(told[0][field], Value::Null, "{way}: {field}");
            }
            for (name, app) in both {
                assert_eq!(listed(app).await, [id.as_str()], "{way}, listed by {name}");
            }
            // Its ticket opens no second session on either side, and either side's revocation holds on both.
            for (name, app) in both {
                let pending = creating.create(json!({ "externalId": USER })).await;
                let one = json!({ "id": text(&pending["id"]) });
                let revoked = app.backend(ACME_LIVE, "revokeSession", one).await;
                assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{way}, revoked by {name}");
                for (_, other) in both {
                    assert_eq!(other.exchange(text(&pending["sessionId"])).await.status, 401, "{way}");
                }
            }
            let all = json!({ "slug": "my-portal", "externalId": USER });
            let revoked = exchanging.backend(ACME_LIVE, "revokeSession", all).await;
            assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{way}");
            for (name, app) in both {
                assert!(!app.accepts(&token).await, "{way}, asked at {name}");
            }
        }
    }
}

/// It passes over the path; what it writes is as whole as before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_former_release_passes_over_where_a_session_begins() {
    let this = TestApp::start(Kind::Redis).await;
    let url = this.redis.as_ref().expect("this gateway has a Redis").url();
    let release = tokio::task::block_in_place(|| FormerGateway::start(&url));
    let former = &release.app;
    let path = "/invoices/42?tab=lines#total";
    for (exchanging, told) in [(former, Value::Null), (&this, json!(path))] {
        let created = this.create(json!({ "externalId": USER, "path": path })).await;
        assert_eq!(listed(former).await.len(), 1);
        let exchanged = exchanging.exchange(text(&created["sessionId"])).await.data();
        assert_eq!(exchanged["path"], told);
        for app in [&this, former] {
            assert_eq!(session_of(app, text(&exchanged["token"])).await["id"], created["id"]);
        }
        let all = json!({ "slug": "my-portal", "externalId": USER });
        let revoked = former.backend(ACME_LIVE, "revokeSession", all).await;
        assert_eq!(revoked.data(), json!({ "revoked": 1 }));
    }
}

/// Asks for a direct session with this key.
async fn open(app: &TestApp, key: &str) -> Reply {
    let body = json!({ "slug": "my-portal", "externalId": USER, "permissions": ["keys:read"] });
    let call = app.post("/v2/portal.createSessionToken", body).bearer(ACME_LIVE);
    call.header("idempotency-key", key).send().await
}

/// It takes them for browser sessions whose token nobody presents, and so does no harm to them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_former_release_lists_and_revokes_direct_sessions_and_accepts_no_token_of_theirs() {
    let this = TestApp::start_with(Kind::Redis, in_portal("my-portal", "direct = true")).await;
    let url = this.redis.as_ref().expect("this gateway has a Redis").url();
    let release = tokio::task::block_in_place(|| FormerGateway::start(&url));
    let former = &release.app;
    let user = json!({ "slug": "my-portal", "externalId": USER });
    for (turn, revokes_all) in [false, true].into_iter().enumerate() {
        let key = format!("the-key-of-turn-{turn}");
        let opened = open(&this, &key).await.data();
        let (id, token) = (text(&opened["id"]), text(&opened["token"]));
        assert!(!former.accepts(token).await, "it knows no such token");
        // What it does for others of the same user leaves the direct session as it is.
        let (browser, browser_token) = sign_in(former, former).await;
        let pending = former.create(json!({ "externalId": USER })).await;
        assert_eq!(former.exchange(text(&pending["sessionId"])).await.status, 200);
        for app in [&this, former] {
            let mut ids = listed(app).await;
            ids.sort();
            let mut expected = [id, &browser, text(&pending["id"])];
            expected.sort_unstable();
            assert_eq!(ids, expected);
        }
        assert_eq!(session_of(&this, token).await["id"], opened["id"]);
        let one = json!({ "id": id });
        let (body, count) = if revokes_all { (user.clone(), 3) } else { (one, 1) };
        let revoked = former.backend(ACME_LIVE, "revokeSession", body).await;
        assert_eq!(revoked.data(), json!({ "revoked": count }), "{}", revoked.text);
        assert!(!this.accepts(token).await);
        assert_eq!(this.accepts(&browser_token).await, !revokes_all);
        let repeat = open(&this, &key).await;
        assert_eq!((repeat.status, repeat.locations()), (400, vec!["header.Idempotency-Key".to_owned()]));
        former.backend(ACME_LIVE, "revokeSession", user.clone()).await;
    }
}

/// It knows no time-out: a session that is exchanged there lives until somebody uses it here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_former_release_serves_sessions_with_an_idle_time_out() {
    let idling = in_portal("my-portal", "idle_timeout_seconds = 60");
    let this = TestApp::start_with(Kind::Redis, idling).await;
    let redis = this.redis.clone().expect("this gateway has a Redis");
    let release = tokio::task::block_in_place(|| FormerGateway::start(&redis.url()));
    let former = &release.app;
    let over = std::time::Duration::from_secs(61);
    for exchanging in [&this, former] {
        let (id, token) = sign_in(&this, exchanging).await;
        let idle = session_of(&this, &token).await["idleExpiresAt"].as_u64().expect("a time");
        assert!(idle < session_of(former, &token).await["expiresAt"].as_u64().expect("a time"));
        for app in [&this, former] {
            assert_eq!(listed(app).await, [id.as_str()]);
        }
        redis.forward(over);
        for app in [&this, former] {
            assert!(!app.accepts(&token).await);
            assert!(listed(app).await.is_empty());
        }
    }
    let (_, token) = sign_in(former, &this).await;
    redis.forward(over);
    assert!(this.accepts(&token).await, "created before anybody knew of a time-out");
}

/// It keeps no histories, and leaves those of this release as they are. The state is told by the index, which both write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_former_release_does_is_explained_without_its_events() {
    let this = TestApp::start(Kind::Redis).await;
    let url = this.redis.as_ref().expect("this gateway has a Redis").url();
    let release = tokio::task::block_in_place(|| FormerGateway::start(&url));
    let former = &release.app;
    let explained = async |id: &str| {
        let reply = this.backend(ACME_LIVE, "explainSession", json!({ "id": id })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let data = reply.data();
        let events = data["events"].as_array().expect("a list").iter();
        let events: Vec<String> = events.map(|event| text(&event["event"]).to_owned()).collect();
        (text(&data["state"]).to_owned(), events)
    };
    for (creating, exchanging, events) in [
        (&this, former, vec!["session.created"]),
        (former, &this, vec!["session.exchanged"]),
        (former, former, vec![]),
    ] {
        let (id, token) = sign_in(creating, exchanging).await;
        assert_eq!(
            explained(&id).await,
            ("active".to_owned(), events.iter().map(ToString::to_string).collect())
        );
        let revoked = former.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
        assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{}", revoked.text);
        assert!(!this.accepts(&token).await);
        // Only a history, or a grant that is still there, tells whose a session is.
        let state = if creating.base == this.base { "revoked" } else { "unknown" };
        assert_eq!(explained(&id).await.0, state);
    }
}

/// The former release took a secret with a line feed at its end, which this one refuses. Whoever only removes it has sessions
/// that nobody can revoke by their user.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_under_a_secret_that_this_gateway_does_not_know_are_told_of() {
    let redis = RedisServer::start();
    let with_line_feed = |text: String| text.replace("enough to be taken\"", "enough to be taken\\n\"");
    let former = tokio::task::block_in_place(|| FormerGateway::start_with(&redis.url(), with_line_feed));
    let (id, token) = sign_in(&former.app, &former.app).await;
    let before = "previous_secrets = [\"a secret of the tests, long enough to be taken\\n\"]";
    let all = json!({ "slug": "my-portal", "externalId": USER });
    for (lines, revoked) in [("", 0), (before, 1)] {
        let text = config(&redis.url()).replace("[server]\n", &format!("[server]\n{lines}\n"));
        let mut gateway = tokio::task::block_in_place(|| Gateway::start_by(&text, None));
        let app = TestApp::of_process(&gateway.url);
        for _ in 0..3 {
            assert!(app.accepts(&token).await);
        }
        let reply = app.backend(ACME_LIVE, "revokeSession", all.clone()).await;
        assert_eq!(reply.data(), json!({ "revoked": revoked }), "{}", reply.text);
        let log = tokio::task::block_in_place(|| gateway.log());
        let lines = log.iter().filter(|line| line.contains("another server.secret"));
        let lines: Vec<_> = lines.map(|line| (line.contains(&id), line.contains(&token))).collect();
        let told = if revoked == 0 { vec![(true, false)] } else { Vec::new() };
        assert_eq!(lines, told, "once, with the handle");
    }
}

/// As a later release may write it: version 2, with fields, members and lines that this one does not know.
fn extended(record: &str) -> String {
    let [head, grant, agent] = record.splitn(3, '\n').collect::<Vec<_>>()[..] else {
        panic!("three lines: {record}")
    };
    let head = format!("2{} 86400 later=1", &head[1..]);
    format!("{head}\n{}\n{agent}\nnext line\nand one more", grant.replacen('{', r#"{"zz":{"a":[1]},"#, 1))
}

fn records(redis: &RedisServer) -> Vec<String> {
    redis.keys().into_iter().filter(|key| key.contains(":t:") || key.contains(":b:")).collect()
}

#[tokio::test]
async fn what_a_later_release_adds_to_a_record_is_passed_over_and_kept() {
    let app = TestApp::start(Kind::Redis).await;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    let (token, ticket) = (app.signed_in(json!({})).await, app.fresh_id(json!({})).await);
    let mut connection = redis.connect().expect("redis answers");
    for key in records(&redis) {
        let record: String = connection.get(&key).expect("a record");
        let set = redis::cmd("SET").arg(&key).arg(extended(&record)).arg("KEEPTTL").exec(&mut connection);
        set.expect("redis writes");
    }
    assert_eq!(session_of(&app, &token).await["externalId"], "user_123");
    let exchanged = app.exchanging(&ticket).header("user-agent", "Mozilla/5.0").send().await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    assert!(app.accepts(text(&exchanged.data()["token"])).await);
    // Whoever reads it next may be the later release.
    for key in records(&redis) {
        let record: String = connection.get(&key).expect("a record");
        let lines: Vec<&str> = record.split('\n').collect();
        assert!(lines[0].starts_with("2 ") && lines[0].ends_with(" - 86400 later=1"), "{record}");
        assert!(lines[1].starts_with(r#"{"zz":"#), "{record}");
        assert_eq!(lines[3..], ["next line", "and one more"], "{record}");
    }
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", user.clone()).await;
    assert!(listed.text.contains("Mozilla/5.0"), "{}", listed.text);
    let revoked = app.backend(ACME_LIVE, "revokeSession", user).await;
    assert_eq!(revoked.data(), json!({ "revoked": 2 }));
    assert!(!app.accepts(&token).await);
}

/// A state that a later release may give a session that is over.
#[tokio::test]
async fn an_entry_of_a_users_index_in_an_unknown_state_hinders_nobody() {
    let app = TestApp::start(Kind::Redis).await;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
    let index = redis.keys().into_iter().find(|key| key.ends_with(":u")).expect("an index");
    let mut connection = redis.connect().expect("redis answers");
    let members: Vec<(String, f64)> = connection.zrange_withscores(&index, 0, -1).expect("members");
    let (member, created) = members.first().expect("a member");
    let later = format!("{}q{}", &member[..8], &member[9..]);
    let _: () = connection.zadd(&index, &later, created).expect("redis writes");
    let _: () = connection.zrem(&index, member).expect("redis writes");
    let _: () = connection.del(records(&redis)).expect("redis deletes");

    assert!(!app.accepts(&token).await, "its session is over");
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    for (verb, body, expected) in [
        ("listSessions", user.clone(), json!([])),
        ("revokeSession", json!({ "id": id }), json!({ "revoked": 0 })),
        ("revokeSession", user, json!({ "revoked": 0 })),
    ] {
        let reply = app.backend(ACME_LIVE, verb, body).await;
        assert_eq!((reply.status, reply.data()), (200, expected), "{verb}: {}", reply.text);
    }
    assert!(app.accepts(&app.signed_in(json!({})).await).await);
}

/// Whoever upgrades should not have to write it anew (docs/upgrading.md).
#[test]
fn the_configuration_of_the_former_release_is_accepted() {
    for text in its_configurations() {
        let settings = Settings::from_layers(&text, std::iter::empty());
        assert!(settings.is_ok(), "{:?}", settings.err());
    }
}
