//! Sentinels of which most are silent: what the others say is not taken for what all say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule::domain::ports::{Found, Lookup, Record, Removal};
use vestibule::telemetry::Metrics;

use super::disagreeing_sentinels::{LIMIT, Stage, store_of};
use crate::support::gateway::eventually;
use crate::support::scripted_sentinel::ScriptedSentinel;
use crate::support::store::store_maker;

/// So long the others have time to contradict.
const PATIENCE: Duration = Duration::from_millis(2_500);

fn silence(sentinels: &[&ScriptedSentinel]) {
    sentinels.iter().for_each(|sentinel| sentinel.fall_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_starts_waits_for_most_of_the_listed_ones() {
    let mut stage = Stage::with(3).await;
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    silence(&[first, second]);
    // One that knows others would be followed after a while, and how long the test takes is up to the machine.
    last.name_alone(&stage.empty);
    stage.store = store_of(&stage.sentinels);
    let (tag, token) = (stage.session.handle.tag, stage.token);
    let call = async || stage.store.find(tag, &token, Lookup::Glance).await;
    let speak = async {
        last.wait_until_asked(3).await;
        first.speak();
        second.speak();
    };
    let (meanwhile, ()) = tokio::join!(call(), speak);
    assert!(matches!(meanwhile, Err(_) | Ok(Found::Active(_))), "{meanwhile:?}");
    let finds = async || {
        let found = call().await;
        assert!(matches!(found, Err(_) | Ok(Found::Active(_))), "{found:?}");
        found.is_ok()
    };
    eventually("it serves", LIMIT, finds).await;
    assert!(stage.empty.keys().is_empty(), "nothing was written there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_leads_nobody_away_while_another_is_late() {
    let stage = Stage::with(3).await;
    let [late, _, last] = &stage.sentinels[..] else { panic!("three") };
    late.fall_silent();
    last.name(&stage.empty);
    // For longer than those are listened to whom nobody contradicts.
    for _ in 0..4 {
        last.wait_until_asked(1).await;
        assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
    }
    late.speak();
    last.wait_until_heard().await;
    assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
    assert!(stage.empty.keys().is_empty(), "nothing was written there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_failover_that_nobody_contradicts_is_followed_after_some_rounds() {
    let stage = Stage::with(3).await;
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    silence(&[first, second]);
    let named_at = Instant::now();
    last.name(&stage.empty);
    last.wait_until_asked(2).await;
    let has_waited = !stage.creates_on_the_empty_one().await || named_at.elapsed() >= PATIENCE;
    assert!(has_waited, "the others may be late");
    let follows = async || stage.creates_on_the_empty_one().await;
    eventually("it follows", LIMIT, follows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_one_alone_is_enough_after_some_rounds() {
    let mut stage = Stage::with(2).await;
    stage.sentinels[0].fall_silent();
    stage.store = store_of(&stage.sentinels);
    let serves = async || stage.store.ready().await.is_ok();
    eventually("one that starts serves", LIMIT, serves).await;
    assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_made_anew_knows_whom_the_others_follow() {
    let stage = Stage::with(3).await;
    let url = ScriptedSentinel::url_of(&stage.sentinels.iter().collect::<Vec<_>>());
    let workers = store_maker(&url, "", &Arc::new(Metrics::new().expect("metrics")));
    let store = workers.make();
    assert!(stage.is_signed_in_by(store.as_ref()).await);
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    silence(&[first, second]);
    last.name_at_the_same_epoch(&stage.empty);
    assert!(stage.is_signed_in_by(workers.make().as_ref()).await);
    silence(&[last]);
    assert!(stage.is_signed_in_by(workers.make().as_ref()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_made_anew_is_not_followed_where_it_should_know_others() {
    let stage = Stage::with(3).await;
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    first.name_nobody();
    second.name_nobody();
    last.name_alone(&stage.empty);
    let late = store_of(&stage.sentinels);
    // For longer than those are listened to whom nobody contradicts.
    for _ in 0..7 {
        let error = late.ready().await.expect_err("nobody vouches for it").to_string();
        assert!(error.contains("knows no other sentinel") && error.contains("1 of 3 answer"), "{error}");
        last.wait_until_asked(2).await;
    }
    assert!(stage.empty.keys().is_empty(), "nothing was written there");
    // The same one has met the others.
    last.name(&stage.primary);
    first.name_at_the_same_epoch(&stage.primary);
    let serves = async || late.ready().await.is_ok();
    eventually("it serves", LIMIT, serves).await;
}

/// A revocation has a connection of its own, which must be made first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_are_all_silent_keep_no_call_from_the_primary() {
    let stage = Stage::with(3).await;
    stage.sentinels.iter().for_each(ScriptedSentinel::fall_silent);
    // Not one of them only: whoever was not needed in the first round is connected to anew, and answers not even that.
    let asked = || stage.sentinels.iter().map(ScriptedSentinel::asked).sum::<usize>();
    let before = asked();
    eventually("they are asked", LIMIT, async || asked() > before).await;
    let (handle, record) = (stage.session.handle, Record::Token(stage.token));
    let removed = stage.store.remove(&handle, Some(record), Removal::Revoked).await;
    assert!(removed.expect("the primary answers"));
}
