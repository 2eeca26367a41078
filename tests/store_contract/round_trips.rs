//! What a call costs Redis: round trips and records read, however many sessions a user has had.

use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::ports::{Named, NewDirectSession, Sought};

use super::support::store::{new_direct, opened};
use super::*;

const EXPIRED: usize = 20_000;

fn server(fixture: &Fixture) -> &RedisServer {
    let Servers::Single(redis) = &fixture.servers else { panic!("this fixture has a Redis") };
    redis
}

/// How often Redis has run a command, within scripts too.
fn calls(redis: &RedisServer, command: &str) -> usize {
    let told = redis.info("commandstats", &format!("cmdstat_{command}")).unwrap_or_default();
    let count = told.strip_prefix("calls=").and_then(|rest| rest.split(',').next());
    count.map_or(0, |count| count.parse().expect("a count"))
}

fn members(redis: &RedisServer) -> usize {
    redis::from_redis_value(redis.command(&["ZCARD", &index()])).expect("a count")
}

fn index() -> String {
    format!("vst:{{{}}}:u", tag_of("user").as_str())
}

/// As a machine leaves them that makes a session a second: tickets that nobody exchanged, and sessions of a minute.
fn add_expired(redis: &RedisServer) {
    let script = r"
        local now = redis.call('TIME')[1] * 1000
        for at = 1, ARGV[1] do
          local created = string.format('%.0f', now - 3600000 - at * 1000)
          local form = at % 2 == 0 and '%08dt%043d' or '%08db%043dAAAAAAAA2'
          redis.call('ZADD', KEYS[1], created, string.format(form, at, at))
        end
        redis.call('PEXPIRE', KEYS[1], 90000000)";
    let mut connection = redis.connect().expect("redis answers");
    let index = format!("vst:{{{}}}:u", tag_of("user").as_str());
    let mut add = redis::cmd("EVAL");
    add.arg(script).arg(1).arg(index).arg(EXPIRED);
    add.exec(&mut connection).expect("members are added");
}

#[tokio::test]
async fn a_revocation_by_handle_takes_three_round_trips() {
    let fixture = Fixture::redis();
    let revoke = async || {
        let pending = fixture.create(&new_session("user")).await;
        let (active, _) = fixture.active("user").await;
        let before = calls(server(&fixture), "evalsha");
        for session in [pending, active] {
            let found = fixture.store.find_by_handle(&session.handle).await.expect("an answer");
            let Named { session, record } = found.expect("it is there");
            let removed = fixture.store.remove(&session.handle, Some(record), Removal::Revoked).await;
            assert!(removed.expect("an answer"));
        }
        calls(server(&fixture), "evalsha") - before
    };
    revoke().await; // Redis learns the scripts.
    assert_eq!(revoke().await, 2 * 3, "to declare, to find, to remove");
}

#[tokio::test]
async fn a_direct_session_takes_one_round_trip_to_open() {
    let fixture = Fixture::redis();
    let open = async || {
        let before = calls(server(&fixture), "evalsha");
        fixture.store.open(&new_direct("user")).await.expect("the store opens");
        calls(server(&fixture), "evalsha") - before
    };
    open().await; // Redis learns the script.
    assert_eq!(open().await, 1);
}

/// What each of so many uses of a session costs: plain reads, scripts, writes.
async fn costs(fixture: &Fixture, token: &Digest, idles: Option<bool>, uses: usize) -> [usize; 3] {
    let count = || {
        let calls = |command| calls(server(fixture), command);
        [calls("get"), calls("evalsha"), calls("set") + calls("pexpire")]
    };
    let before = count();
    for _ in 0..uses {
        let found = fixture.store.find(tag_of("user"), token, Lookup::Use { idles }).await;
        assert!(matches!(found, Ok(Found::Active(_))), "{found:?}");
    }
    let after = count();
    std::array::from_fn(|at| after[at] - before[at])
}

#[tokio::test]
async fn a_session_without_an_idle_time_out_costs_one_get_to_verify() {
    let fixture = Fixture::redis();
    let (_, token) = fixture.active("user").await;
    for idles in [None, Some(false)] {
        assert_eq!(costs(&fixture, &token, idles, 10).await, [10, 0, 0], "{idles:?}");
    }
    // Before the portal's configuration asked for one. The script reads it, and writes nothing.
    costs(&fixture, &token, Some(true), 1).await;
    assert_eq!(costs(&fixture, &token, Some(true), 10).await, [10, 10, 0]);
}

#[tokio::test]
async fn a_session_with_an_idle_time_out_costs_one_round_trip_to_verify_and_a_write_now_and_then() {
    let fixture = Fixture::redis();
    let policy = SessionPolicy { idle_timeout_ms: Some(600_000), limit: None };
    let new = NewDirectSession { policy, ..new_direct("user") };
    opened(fixture.store.open(&new).await);
    costs(&fixture, &new.token, Some(true), 1).await; // Redis learns the script.
    assert_eq!(costs(&fixture, &new.token, Some(true), 20).await, [20, 20, 0]);
    fixture.forward(31 * SECOND);
    assert_eq!(costs(&fixture, &new.token, Some(true), 20).await, [20, 20, 1], "a twentieth is over");
    // Where nothing tells the portal, this gateway remembers the user.
    assert_eq!(costs(&fixture, &new.token, None, 1).await, [2, 1, 0]);
    assert_eq!(costs(&fixture, &new.token, None, 20).await, [20, 20, 0]);
}

#[tokio::test]
async fn a_server_whose_memory_is_full_still_moves_the_end_of_a_session_that_is_used() {
    let fixture = Fixture::redis();
    let policy = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };
    let new = NewDirectSession { policy, ..new_direct("user") };
    opened(fixture.store.open(&new).await);
    server(&fixture).command(&["CONFIG", "SET", "maxmemory", "1"]);
    for _ in 0..3 {
        fixture.forward(50 * SECOND);
        costs(&fixture, &new.token, Some(true), 1).await;
    }
}

#[tokio::test]
async fn a_list_reads_no_more_records_than_it_was_asked_for() {
    let fixture = Fixture::redis();
    for _ in 0..150 {
        fixture.create(&new_session("user")).await;
        fixture.active("user").await;
    }
    let list = async |limit| fixture.store.list(tag_of("user"), None, limit).await.expect("a list").len();
    assert_eq!(list(2).await, 2); // Redis learns the script.
    for (limit, pages) in [(2, 1), (101, 1), (300, 3)] {
        let before = [calls(server(&fixture), "get"), calls(server(&fixture), "evalsha")];
        assert_eq!(list(limit).await, limit);
        let read = calls(server(&fixture), "get") - before[0];
        assert!(read <= limit, "{read} records for {limit}");
        // To declare and to read; the last page of all may turn out to be empty.
        let trips = calls(server(&fixture), "evalsha") - before[1];
        assert!(trips <= 2 * pages, "{trips} round trips for {limit}");
    }
}

#[tokio::test]
async fn the_dead_sessions_of_a_machine_go_as_it_creates_new_ones() {
    let fixture = Fixture::redis();
    let (old, token) = fixture.active("user").await;
    add_expired(server(&fixture));
    assert!(members(server(&fixture)) > EXPIRED);
    for _ in 0..6_000 {
        fixture.create(&new_session("user")).await;
    }
    // The live ones, and about one in eight that are not.
    assert!(members(server(&fixture)) < 6_000 * 5 / 4, "{} are left", members(server(&fixture)));
    assert_eq!(fixture.refusal_of(old.handle.tag, &token).await, None);
    assert_eq!(
        fixture.store.revoke_all(old.handle.tag, None).await.expect("a count"),
        6_001,
        "no live one has gone"
    );
    assert_eq!(fixture.refusal_of(old.handle.tag, &token).await, Some(Refusal::Unknown));
}

/// Each of them would cost a look at every opening, as soon as there is a limit.
#[tokio::test]
async fn sessions_that_nobody_used_in_time_go_as_new_ones_come() {
    let fixture = Fixture::redis();
    let idling = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };
    let used = NewDirectSession { policy: idling, ..new_direct("user") };
    opened(fixture.store.open(&used).await);
    for _ in 0..1_000 {
        opened(fixture.store.open(&NewDirectSession { policy: idling, ..new_direct("user") }).await);
    }
    for _ in 0..2 {
        fixture.forward(40 * SECOND);
        let found = fixture.store.find(used.tag, &used.token, Lookup::Use { idles: Some(true) }).await;
        assert!(matches!(found, Ok(Found::Active(_))), "{found:?}");
    }
    for _ in 0..1_000 {
        opened(fixture.store.open(&new_direct("user")).await);
    }
    // The new ones, one that is used, and about one in eight that nobody used.
    assert!(members(server(&fixture)) < 1_250, "{} are left", members(server(&fixture)));
    assert_eq!(fixture.refusal_of(used.tag, &used.token).await, None, "no live one has gone");
}

#[tokio::test]
async fn a_user_whose_many_sessions_were_revoked_is_revoked_again_at_once() {
    let fixture = Fixture::redis();
    let mut newest = None;
    for _ in 0..900 {
        let new = new_session("user");
        fixture.create(&new).await;
        newest = Some(new);
    }
    let tag = tag_of("user");
    assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 900);
    let left = members(server(&fixture));
    assert!(left <= 64 + 5, "{left} graves, and what five batches remember");
    let newest = newest.expect("a session");
    assert_gone(&fixture.exchange(&attempt(&newest)).await, Refusal::Revoked);
    let before = calls(server(&fixture), "evalsha");
    assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 0);
    assert_eq!(calls(server(&fixture), "evalsha") - before, 1);
}

/// It counts for a repeat of the call, and stands for no session.
#[tokio::test]
async fn what_a_revocation_remembers_of_itself_goes_after_a_minute() {
    let fixture = Fixture::redis();
    for _ in 0..3 {
        fixture.active("user").await;
    }
    let tag = tag_of("user");
    assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 3);
    assert_eq!(members(server(&fixture)), 3 + 1);
    let known = fixture.store.explain(tag, &Sought::Latest(20)).await.expect("an answer");
    assert_eq!(known.len(), 3);
    assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 0, "by another call");
    fixture.create(&new_session("user")).await;
    assert_eq!(members(server(&fixture)), 4 + 1, "a repeat may still come");
    let older = "redis.call('ZINCRBY', KEYS[1], -61000, redis.call('ZRANGE', KEYS[1], 0, 0)[1])";
    server(&fixture).command(&["EVAL", older, "1", &index()]);
    opened(fixture.store.open(&new_direct("user")).await);
    assert_eq!(members(server(&fixture)), 5);
}
