//! The limits of `[limits]`: what a refusal says, what counts, whose calls count together, and whose address is
//! believed.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;
use vestibule::domain::credential::BrowserToken;
use vestibule::domain::environment::Environment;

use crate::errors::assert_is_problem;
use crate::support::app::{ACME_LIVE, ACME_TEST, Call, Kind, Reply, TestApp, UMBRELLA_LIVE, mistyped, text};
use crate::support::store::tag_of;

const LIMITED: &str = "too_many_requests/rate_limited";

/// Draft 06 of the RateLimit fields has each as an item of a structured field (RFC 9651), and ours are integers without
/// parameters. Those of later drafts, `RateLimit` and `RateLimit-Policy`, are not sent.
fn structured(reply: &Reply, name: &str) -> i64 {
    assert_eq!(reply.header_values("ratelimit").len() + reply.header_values("ratelimit-policy").len(), 0);
    assert_eq!(reply.header_values(name).len(), 1, "{name}");
    let item: sfv::Item = sfv::Parser::new(reply.header(name)).parse().expect("a structured field");
    assert!(item.params.is_empty(), "{name}");
    item.bare_item.as_integer().expect("an integer").into()
}

/// A gateway with one refused exchange a minute, and what it trusts.
async fn start(trusted_proxies: &str) -> TestApp {
    start_allowing(1, &format!("trusted_proxies = [{trusted_proxies}]")).await
}

/// A gateway with so many refused exchanges a minute, and further lines of `[server]`.
async fn start_allowing(refused: u32, server: &str) -> TestApp {
    TestApp::start_with(Kind::Memory, allowing(refused, server)).await
}

fn allowing(refused: u32, server: &str) -> impl FnOnce(String) -> String {
    move |config| {
        let limit = format!("exchange_per_minute = {refused}");
        let config = config.replace("exchange_per_minute = 1000000", &limit);
        config.replace("[server]", &format!("[server]\n{server}"))
    }
}

/// An exchange of `session_id` that says it comes by way of `forwarded_for`.
async fn exchange(app: &TestApp, forwarded_for: &str, session_id: &str) -> Reply {
    let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }));
    call.header("x-forwarded-for", forwarded_for).send().await
}

async fn is_limited(app: &TestApp, forwarded_for: &str) -> bool {
    let reply = exchange(app, forwarded_for, "x").await;
    if reply.status != 429 {
        reply.expect(401, "authentication/portal_session_not_found");
    }
    reply.status == 429
}

#[tokio::test]
async fn a_refusal_is_problem_json_for_everyone_and_says_when_to_come_back() {
    let change = |config: String| config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 2");
    let app = TestApp::start_with(Kind::Memory, change).await;
    for _ in 0..2 {
        app.exchange("x").await.expect(401, "authentication/portal_session_not_found");
    }
    for accept in [
        "application/json",
        "application/json, text/plain, */*",
        "application/problem+json",
        "text/html",
        "*/*",
    ] {
        let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": "x" }));
        let reply = call.header("accept", accept).send().await;
        reply.expect(429, LIMITED);
        assert_is_problem(&reply);
        let [limit, remaining, reset] = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
            .map(|name| structured(&reply, name));
        assert_eq!((limit, remaining), (2, 0));
        assert!((1..=60).contains(&reset), "{reset}");
        assert_eq!(reply.header("retry-after"), reset.to_string());
    }
}

#[tokio::test]
async fn a_trusted_proxy_tells_clients_apart() {
    let app = start("\"127.0.0.1\"").await;
    assert!(!is_limited(&app, "198.51.100.1").await);
    assert!(!is_limited(&app, "198.51.100.2").await, "another client");
    assert!(is_limited(&app, "198.51.100.1").await);
    // What the client itself wrote stands on the left, and is not believed.
    assert!(is_limited(&app, "203.0.113.7, 198.51.100.1").await);
    assert!(is_limited(&app, "198.51.100.77,198.51.100.2").await);
    // Behind another proxy of ours.
    assert!(is_limited(&app, "198.51.100.2, 127.0.0.1").await);
    assert!(!is_limited(&app, "198.51.100.3, 127.0.0.1").await);
}

#[tokio::test]
async fn an_untrusted_peer_cannot_choose_its_address() {
    for trusted in ["", "\"10.0.0.0/8\", \"127.0.0.2\""] {
        let app = start(trusted).await;
        assert!(!is_limited(&app, "198.51.100.1").await);
        for claimed in ["198.51.100.2", "127.0.0.1", "10.0.0.1, 10.0.0.2", "::1", "garbage", ""] {
            assert!(is_limited(&app, claimed).await, "{claimed:?} with {trusted:?} trusted");
        }
        let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": "x" }));
        let forwarded = call.header("forwarded", "for=198.51.100.9").header("x-real-ip", "198.51.100.9");
        forwarded.send().await.expect(429, LIMITED);
    }
}

#[tokio::test]
async fn an_ipv6_client_counts_by_its_network() {
    let app = start("\"127.0.0.1\"").await;
    assert!(!is_limited(&app, "2001:db8:0:1::1").await);
    assert!(is_limited(&app, "2001:db8:0:1:ffff::2").await);
    assert!(!is_limited(&app, "2001:db8:0:2::1").await);
}

#[tokio::test]
async fn a_limited_exchange_spends_nothing_and_limits_nothing_else() {
    let app = start("\"127.0.0.1\"").await;
    let created = app.create(json!({})).await;
    let session_id = text(&created["sessionId"]);
    assert!(!is_limited(&app, "198.51.100.1").await);
    exchange(&app, "198.51.100.1", session_id).await.expect(429, LIMITED);
    let done = exchange(&app, "198.51.100.2", session_id).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let token = text(&done.data()["token"]).to_owned();
    let get = app.get("/v2/portal.getSession").bearer(&token);
    assert_eq!(get.header("x-forwarded-for", "198.51.100.1").send().await.status, 200);
}

/// Both for whoever shares an address: a server-side portal, the customers of one office.
#[tokio::test]
async fn five_hundred_sign_ins_a_minute_pass_and_sixty_bad_ids_do_not() {
    for kind in [Kind::Memory, Kind::Redis] {
        let app = TestApp::start_with(kind, allowing(60, "")).await;
        // So many at once that they are a burst, and so few that a busy machine answers them in time.
        let mut ids = Vec::new();
        let mut done = Vec::new();
        for _ in 0..10 {
            let more = join_all((0..50).map(|_| app.fresh_id(json!({})))).await;
            done.extend(join_all(more.iter().map(|id| app.exchange(id))).await);
            ids.extend(more);
        }
        assert!(done.iter().all(|reply| reply.status == 200), "{kind:?}: a sign-in was refused");
        let began = Instant::now();
        let refused = join_all(ids.iter().take(300).map(|id| app.exchange(id))).await;
        let answered = refused.iter().filter(|reply| reply.status == 401).count();
        // One comes back each second while the others wait.
        let most = 61 + usize::try_from(began.elapsed().as_secs()).expect("a short time");
        assert!((60..=most).contains(&answered), "{kind:?}: {answered} bad IDs were looked at, of {most}");
        assert!(refused.iter().all(|reply| matches!(reply.status, 401 | 429)));
        while app.exchange("x").await.status != 429 {}
        let good = app.fresh_id(json!({})).await;
        app.exchange(&good).await.expect(429, LIMITED);
    }
}

#[tokio::test]
async fn what_is_no_guess_costs_nothing() {
    let app = start_allowing(1, "").await;
    for body in [json!({}), json!({ "sessionId": 7 }), json!({ "sessionId": "" })] {
        let call = app.post("/v2/portal.exchangeSession", body);
        call.send().await.expect(400, "application/invalid_input");
    }
    app.exchange("x").await.expect(401, "authentication/portal_session_not_found");
    app.exchange("x").await.expect(429, LIMITED);
}

#[tokio::test]
async fn one_header_tells_the_address_and_what_cannot_be_read_ends_the_way() {
    let proxy = "trusted_proxies = [\"127.0.0.1\"]";
    let call = |app: &TestApp, headers: &[(&str, &[u8])]| {
        let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": "x" })).0;
        Call(headers.iter().fold(call, |call, (name, value)| call.header(*name, *value)))
    };
    type Row<'a> = (&'a str, [&'a [(&'a str, &'a [u8])]; 2], bool);
    let table: [Row<'_>; 6] = [
        // The client fills the header that the proxy leaves alone, or makes the other unreadable.
        ("", [&[("forwarded", b"for=6.6.6.6")], &[("forwarded", b"for=6.6.6.7")]], true),
        (
            "",
            [
                &[("x-forwarded-for", b"\xff"), ("forwarded", b"for=6.6.6.6")],
                &[("x-forwarded-for", b"\xff\xfe"), ("forwarded", b"for=6.6.6.7")],
            ],
            true,
        ),
        (
            "Forwarded",
            [&[("forwarded", b"for=6.6.6.6")], &[("forwarded", b"for=6.6.6.7;proto=https")]],
            false,
        ),
        ("Forwarded", [&[("x-forwarded-for", b"6.6.6.6")], &[("x-forwarded-for", b"6.6.6.7")]], true),
        (
            "CF-Connecting-IP",
            [&[("cf-connecting-ip", b"6.6.6.6")], &[("cf-connecting-ip", b"6.6.6.7")]],
            false,
        ),
        ("CF-Connecting-IP", [&[("x-forwarded-for", b"6.6.6.6")], &[("x-forwarded-for", b"6.6.6.7")]], true),
    ];
    for (header, [first, second], is_one_client) in table {
        let named =
            if header.is_empty() { String::new() } else { format!("client_address_header = \"{header}\"") };
        let app = start_allowing(1, &format!("{proxy}\n{named}")).await;
        assert_eq!(call(&app, first).send().await.status, 401, "{header}");
        let expected = if is_one_client { 429 } else { 401 };
        assert_eq!(call(&app, second).send().await.status, expected, "{header}: {second:?}");
    }
}

/// To make sure that a session is over costs the store more than to find one, and anybody may ask it.
#[tokio::test]
async fn logouts_that_find_no_session_have_a_limit_of_their_own() {
    for kind in [Kind::Memory, Kind::Redis] {
        let app = TestApp::start_with(kind, allowing(2, "trusted_proxies = [\"127.0.0.1\"]")).await;
        let end = async |from: &str, token: &str| {
            let call = app.post("/v2/portal.endSession", json!({})).bearer(token);
            call.header("x-forwarded-for", from).send().await
        };
        let (one, other) = ("198.51.100.1", "198.51.100.2");
        let [ended, live] = [app.signed_in(json!({})).await, app.signed_in(json!({})).await];
        assert_eq!(end(one, &ended).await.status, 200);
        // What no store is asked about costs nothing.
        for _ in 0..5 {
            end(one, &mistyped(&live)).await.expect(401, "authentication/portal_session_not_found");
        }
        let unknown = BrowserToken::mint(Environment::Live, tag_of("nobody"));
        let limited = async |from: &str, token: &str| {
            let limited = end(from, token).await;
            limited.expect(429, LIMITED);
            assert_is_problem(&limited);
            assert_eq!(structured(&limited, "ratelimit-limit"), 2);
        };
        for _ in 0..2 {
            end(one, unknown.expose()).await.expect(401, "authentication/portal_session_not_found");
        }
        limited(one, unknown.expose()).await;
        end(other, unknown.expose()).await.expect(401, "authentication/portal_session_not_found");
        // Whoever repeats a logout is counted by their user, from wherever it comes: a neighbour keeps nobody from it.
        for from in [one, other] {
            end(from, &ended).await.expect(401, "authentication/portal_session_not_found");
        }
        limited(other, &ended).await;
        assert!(!is_limited(&app, one).await, "{kind:?}: nobody is kept from signing in");
        assert_eq!(end(one, &live).await.status, 200, "{kind:?}: nobody is kept signed in");
        assert!(!app.accepts(&live).await);
    }
}

/// A gateway with one creation a minute.
async fn start_creating(rename: (&str, &str)) -> TestApp {
    let change = |config: String| {
        let config = config.replace(rename.0, rename.1);
        config.replace("create_per_minute = 1000000", "create_per_minute = 1")
    };
    TestApp::start_with(Kind::Memory, change).await
}

#[tokio::test]
async fn creations_count_by_root_key() {
    let app = start_creating(("", "")).await;
    assert_eq!(app.create_with(ACME_LIVE, json!({})).await.status, 200);
    let limited = app.create_with(ACME_LIVE, json!({})).await;
    limited.expect(429, LIMITED);
    assert_is_problem(&limited);
    assert_eq!(limited.header("ratelimit-limit"), "1");
    assert_eq!(app.create_with(ACME_TEST, json!({})).await.status, 200, "another key");
    let list = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", list).await;
    assert_eq!(listed.status, 200, "another endpoint");
}

#[tokio::test]
async fn keys_of_one_name_in_two_workspaces_count_apart() {
    let app = start_creating(("id = \"umbrella-live\"", "id = \"acme-live\"")).await;
    assert_eq!(app.create_with(ACME_LIVE, json!({})).await.status, 200);
    let other = app.create_with(UMBRELLA_LIVE, json!({ "slug": "umbrella-portal" })).await;
    assert_eq!(other.status, 200, "{}", other.text);
}
