//! `portal.revokeSession` by user, where the gateway that is asked does not have all of the user's portals, or cannot end
//! all of the sessions.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIMITED, ACME_LIVE, Kind, TestApp, UMBRELLA_LIVE};

fn jane(slug: Option<&str>) -> Value {
    let mut user = json!({ "externalId": "jane" });
    slug.into_iter().for_each(|slug| user["slug"] = json!(slug));
    user
}

async fn revoked(app: &TestApp, key: &str, body: Value) -> u64 {
    let reply = app.backend(key, "revokeSession", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()["revoked"].as_u64().expect("a number")
}

/// A configuration in which one of the portals is missing, and a new one is there.
fn without_second(config: String) -> String {
    config.replace("\"second-portal\"", "\"third-portal\"")
}

/// As while a changed configuration reaches one gateway after the other.
#[tokio::test]
async fn a_gateway_ends_what_another_has_begun_in_a_portal_that_it_does_not_have() {
    let all = TestApp::start(Kind::Redis).await;
    let lacks_one = TestApp::start_on(all.redis.clone(), without_second).await;
    for asked in [jane(None), jane(Some("second-portal"))] {
        let (_, token) = all.sign_in(ACME_LIVE, jane(Some("second-portal"))).await;
        for key in [UMBRELLA_LIVE, ACME_LIMITED] {
            assert_eq!(
                revoked(&lacks_one, key, asked.clone()).await,
                0,
                "a key that does not see the portal"
            );
            assert!(all.accepts(&token).await);
        }
        assert_eq!(revoked(&lacks_one, ACME_LIVE, asked).await, 1);
        assert!(!all.accepts(&token).await);
    }
}

on_both_stores! {
    async fn a_portal_that_was_gone_brings_no_revoked_session_back(app: TestApp) {
        for asked in [jane(None), jane(Some("second-portal"))] {
            let (_, token) = app.sign_in(ACME_LIVE, jane(Some("second-portal"))).await;
            app.reload(without_second);
            assert_eq!(revoked(&app, ACME_LIVE, asked).await, 1);
            app.reload(|config| config);
            assert!(!app.accepts(&token).await);
        }
    }
}

#[tokio::test]
async fn sessions_that_cannot_be_ended_keep_none_of_the_others_alive() {
    let app = TestApp::start(Kind::Redis).await;
    let redis = app.redis.clone().expect("on Redis");
    let (_, locked) = app.sign_in(ACME_LIVE, jane(None)).await;
    let out_of_reach = redis.keys();
    let (_, other) = app.sign_in(ACME_LIVE, jane(Some("second-portal"))).await;
    let is_of_other = |key: &String| key.contains('{') && !out_of_reach.contains(key);
    let others: Vec<String> =
        redis.keys().into_iter().filter(is_of_other).map(|key| format!("~{key}")).collect();
    assert!(!others.is_empty());
    let allow = ["ACL", "SETUSER", "default", "resetkeys", "~vst:portals:*"].into_iter();
    redis.command(&allow.chain(others.iter().map(String::as_str)).collect::<Vec<_>>());

    let reply = app.backend(ACME_LIVE, "revokeSession", jane(None)).await;
    reply.expect(503, "application/service_unavailable");
    redis.command(&["ACL", "SETUSER", "default", "allkeys"]);
    assert!(!app.accepts(&other).await, "it did not wait for the first portal's");
    assert!(app.accepts(&locked).await);
    assert_eq!(revoked(&app, ACME_LIVE, jane(None)).await, 1, "a repeat ends what is left");
}
