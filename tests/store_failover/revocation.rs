//! What was revoked stays revoked, whoever is promoted: the answer waits for the replicas.

use serde_json::json;
use vestibule::domain::credential::BrowserToken;
use vestibule::domain::environment::Environment;
use vestibule::domain::error::Refusal;
use vestibule::domain::handle::Handle;
use vestibule::domain::ports::{Record, Removal, StoreError};

use crate::support::app::{ACME_LIVE, TestApp, in_portal, text};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;
use crate::support::sentinel_set::SentinelSet;
use crate::support::store::{active, new_session, redis_store, refusal_of, store_with, tag_of};

#[tokio::test]
async fn a_revocation_is_not_acknowledged_before_every_online_replica_has_it() {
    let primary = RedisServer::start();
    let replicas = [0, 1].map(|_| RedisServer::start_replica_of(&primary, &[]));
    let store = store_with(&primary.url(), "timeout_ms = 400");
    for removal in [Removal::Revoked, Removal::Ended] {
        let (session, token) = active(store.as_ref(), "user").await;
        replicas[1].pause();
        // Also where it is repeated: what was written before is not acknowledged either.
        for _ in 0..2 {
            let removed = store.remove(&session.handle, Some(Record::Token(token)), removal).await;
            assert!(
                matches!(removed, Err(StoreError::Unavailable(_) | StoreError::Unconfirmed(_))),
                "{removed:?}"
            );
            let found = store.find_by_handle(&session.handle).await;
            assert!(
                matches!(found, Err(StoreError::Unavailable(_) | StoreError::Unconfirmed(_))),
                "{found:?}"
            );
        }
        let gone = refusal_of(store.as_ref(), session.handle.tag, &token).await;
        assert!(gone.is_some(), "it is applied nonetheless");
        replicas[1].go_on();
        store
            .remove(&session.handle, Some(Record::Token(token)), removal)
            .await
            .expect("a repeat is acknowledged");
    }
    let (session, _) = active(store.as_ref(), "user").await;
    replicas[1].pause();
    let revoked = store.revoke_all(session.handle.tag, None).await;
    let why = revoked.as_ref().map_err(|part| &part.why);
    assert!(matches!(why, Err(StoreError::Unavailable(_) | StoreError::Unconfirmed(_))), "{revoked:?}");
    replicas[1].go_on();
    assert_eq!(store.revoke_all(session.handle.tag, None).await.expect("a repeat is acknowledged"), 0);
}

/// The server that says so may have been deposed, and the session be one that the new primary has made.
#[tokio::test]
async fn that_there_is_nothing_to_revoke_is_not_told_before_the_replicas_have_heard_of_it() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let store = store_with(&primary.url(), "timeout_ms = 400");
    let new = new_session("user");
    let handle = Handle { tag: new.tag, created_at_ms: 1, suffix: new.suffix };
    replica.pause();
    let found = store.find_by_handle(&handle).await;
    assert!(matches!(found, Err(StoreError::Unavailable(_) | StoreError::Unconfirmed(_))), "{found:?}");
    let revoked = store.revoke_all(new.tag, None).await;
    let why = revoked.as_ref().map_err(|part| &part.why);
    assert!(matches!(why, Err(StoreError::Unavailable(_) | StoreError::Unconfirmed(_))), "{revoked:?}");
    replica.go_on();
    assert_eq!(store.find_by_handle(&handle).await.expect("an answer"), None);
    assert_eq!(store.revoke_all(new.tag, None).await.expect("an answer"), 0);
    assert!(primary.keys().is_empty(), "what was written for it is gone");
}

/// Whoever repeats a call that failed, and hears that there is nothing any more, takes the session for dead.
#[tokio::test]
async fn a_repeat_is_not_told_that_there_is_nothing_before_the_replicas_have_heard_of_it() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let direct = in_portal("my-portal", "direct = true");
    let change = |config| format!("store.timeout_ms = 400\n{}", direct(config));
    let app = TestApp::start_at(&primary.url(), change).await;
    let ended = app.signed_in(json!({})).await;
    let user = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    let opened = app.backend(ACME_LIVE, "createSessionToken", user).await.data();
    let revoked = text(&opened["token"]);
    // A server that was deposed before a session was made has never heard of it.
    let unknown = BrowserToken::mint(Environment::Live, tag_of("a stranger"));
    replica.pause();
    for _ in 0..2 {
        let end = app.post("/v2/portal.endSession", json!({})).bearer(unknown.expose()).send().await;
        end.expect(503, "application/service_unavailable");
        let end = app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
        end.expect(503, "application/service_unavailable");
        let revoke = app.backend(ACME_LIVE, "revokeSession", json!({ "token": revoked })).await;
        revoke.expect(503, "application/service_unavailable");
    }
    assert!(!app.accepts(&ended).await && !app.accepts(revoked).await, "they are applied nonetheless");
    replica.go_on();
    let end = app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
    end.expect(401, "authentication/portal_session_not_found");
    let revoke = app.backend(ACME_LIVE, "revokeSession", json!({ "token": revoked })).await;
    assert_eq!(revoke.data(), json!({ "revoked": 0 }));
}

/// Each lies at a server of its own, and each of these may be one that was deposed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_with_two_dead_cookies_waits_for_the_replicas_of_both() {
    let cluster = RedisCluster::start_with(2, 1, &[]);
    // A browser may keep several under a name that is not bound to one host.
    let shared = in_portal("my-portal", "cookie.domain = \"example.com\"");
    let change = |config| format!("store.timeout_ms = 400\n{}", shared(config));
    let app = TestApp::start_at(&cluster.url(), change).await;
    let master_of = |token: &str| {
        let tag = BrowserToken::parse(token).expect("a token").tag();
        cluster.master_of(&format!("{{{}}}", tag.as_str())).port()
    };
    let mut tokens: Vec<String> = Vec::new();
    for user in 0.. {
        let token = app.signed_in(json!({ "externalId": format!("user_{user}") })).await;
        if tokens.iter().all(|other| master_of(other) != master_of(&token)) {
            tokens.push(token);
        }
        if tokens.len() == 2 {
            break;
        }
    }
    for token in &tokens {
        let end = app.post("/v2/portal.endSession", json!({})).bearer(token).send().await;
        assert_eq!(end.status, 200);
    }
    let name = "portal_session_my-portal";
    let both = format!("{name}={}; {name}={}", tokens[0], tokens[1]);
    let end = async || app.post("/v2/portal.endSession", json!({})).header("cookie", &both).send().await;
    for token in &tokens {
        let port = master_of(token).to_string();
        let of_it = |node: &&RedisServer| node.info("replication", "master_port").as_deref() == Some(&port);
        let replica = cluster.nodes.iter().find(of_it).expect("it has a replica");
        replica.pause();
        end().await.expect(503, "application/service_unavailable");
        replica.go_on();
        end().await.expect(401, "authentication/portal_session_not_found");
    }
}

#[tokio::test]
async fn a_session_that_another_one_replaces_does_not_wait() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let store = redis_store(&primary.url(), true);
    let (session, token) = active(store.as_ref(), "user").await;
    replica.pause();
    assert!(
        store
            .remove(&session.handle, Some(Record::Token(token)), Removal::Replaced)
            .await
            .expect("an answer")
    );
}

#[tokio::test]
async fn a_replica_that_is_gone_is_not_waited_for() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let store = redis_store(&primary.url(), true);
    let (session, _) = active(store.as_ref(), "user").await;
    replica.kill();
    primary.wait_until("it has noticed", |redis| {
        let info: String = redis::cmd("INFO").arg("replication").query(redis).unwrap_or_default();
        info.contains("connected_slaves:0")
    });
    assert_eq!(store.revoke_all(session.handle.tag, None).await.expect("an answer"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_revocation_survives_the_sudden_end_of_the_primary() {
    let set = SentinelSet::start();
    let store = redis_store(&set.url(), true);
    let mut sessions = Vec::new();
    for user in 0..200 {
        sessions.push(active(store.as_ref(), &format!("user {user}")).await);
    }
    // They must have been there to come back.
    for replica in &set.nodes[1..] {
        replica.wait_until("it has the sessions", |redis| {
            redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size >= 400)
        });
    }
    let (port, mut acknowledged) = (set.primary().port(), Vec::new());
    for (at, (session, token)) in sessions.iter().enumerate() {
        if at == 100 {
            set.primary().kill();
        }
        if store.remove(&session.handle, None, Removal::Revoked).await.is_ok() {
            acknowledged.push((session, token));
        } else {
            break;
        }
    }
    assert!(acknowledged.len() >= 100, "{}", acknowledged.len());
    set.wait_for_another_primary_than(port);
    let after = redis_store(&set.url(), true);
    for (session, token) in acknowledged {
        let refusal = refusal_of(after.as_ref(), session.handle.tag, token).await;
        assert_eq!(refusal, Some(Refusal::Revoked));
    }
    let (session, token) = sessions.last().expect("a session");
    assert_eq!(refusal_of(after.as_ref(), session.handle.tag, token).await, None, "the others live on");
}
