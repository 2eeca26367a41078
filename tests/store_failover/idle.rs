//! The end of a session that is used moves on the replicas too.

use std::time::Duration;

use vestibule::domain::error::Refusal;
use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::ports::{Found, Lookup, NewDirectSession};

use crate::support::redis_server::RedisServer;
use crate::support::store::{new_direct, opened, redis_store, refusal_of};

#[tokio::test]
async fn a_session_in_use_lives_on_after_a_promotion_and_one_that_is_idle_is_over() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let store = redis_store(&primary.url(), true);
    let policy = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };
    let [used, idle] = [(); 2].map(|()| NewDirectSession { policy, ..new_direct("user") });
    opened(store.open(&used).await);
    opened(store.open(&idle).await);
    let used_at = async |redis: &RedisServer, new: &NewDirectSession| {
        redis_store(&redis.url(), true).find(new.tag, &new.token, Lookup::Use { idles: Some(true) }).await
    };
    primary.forward(Duration::from_secs(40));
    let Ok(Found::Active(session)) = used_at(&primary, &used).await else { panic!("it is live") };
    let ends = format!("\"u\":{}", session.idle.expect("it has a time-out").expires_at_ms);
    let key = primary.keys().into_iter().find(|key| {
        redis::cmd("GET")
            .arg(key)
            .query::<String>(&mut primary.connect().expect("redis answers"))
            .is_ok_and(|record| record.contains(&ends))
    });
    let key = key.expect("its record");
    replica.wait_until("it has the new end", |redis| {
        redis::cmd("GET").arg(&key).query::<String>(redis).is_ok_and(|record| record.contains(&ends))
    });
    primary.kill();
    replica.promote();
    replica.forward(Duration::from_secs(30));
    assert!(matches!(used_at(&replica, &used).await, Ok(Found::Active(_))));
    let promoted = redis_store(&replica.url(), true);
    assert_eq!(refusal_of(promoted.as_ref(), idle.tag, &idle.token).await, Some(Refusal::Idle));
}
