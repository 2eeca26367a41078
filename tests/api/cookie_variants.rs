//! Several cookies of one name, as a browser has them after a change of `cookie.domain`, or from an older system: a
//! dead one locks nobody out of the live one, and none of them outlives a logout.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Kind, Reply, TestApp, attributes, deployed_at, mistyped, text};

const PATH: &str = "/v2/portal.getSession";
const END: &str = "/v2/portal.endSession";
const HOST: &str = "https://portal.example.com";
const NAME: &str = "portal_session_my-portal";
const SHARED: &str = "cookie.domain = \"example.com\"";
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

fn cookies(tokens: &[&str]) -> String {
    tokens.iter().map(|token| format!("{NAME}={token}")).collect::<Vec<_>>().join("; ")
}

/// The tokens of live sessions, and of ended ones.
async fn tokens(app: &TestApp, live: usize, dead: usize) -> (Vec<String>, Vec<String>) {
    let mut tokens = Vec::new();
    for number in 0..live + dead {
        tokens.push(app.signed_in(json!({ "externalId": format!("user_{number}") })).await);
    }
    let dead = tokens.split_off(live);
    for token in &dead {
        assert_eq!(app.post(END, json!({})).bearer(token).send().await.status, 200);
    }
    (tokens, dead)
}

/// The removals of an answer, without what is the same for all: name, domain, partitioned.
fn removed(reply: &Reply) -> Vec<String> {
    let lines = reply.set_cookies().into_iter().filter(|line| line.contains("; Max-Age=0"));
    let told = |line: &str| {
        let name = line.split('=').next().expect("a name").to_owned();
        let marks = attributes(line).into_iter();
        let marks = marks.filter(|part| part.starts_with("Domain=") || *part == "Partitioned");
        marks.fold(name, |told, mark| format!("{told} {mark}"))
    };
    let mut removed: Vec<_> = lines.map(told).collect();
    removed.sort_unstable();
    removed
}

on_both_stores! {
    async fn a_live_one_counts_wherever_it_stands(app: TestApp) {
        app.reload(deployed_at(HOST, SHARED));
        let (live, dead) = tokens(&app, 1, 3).await;
        let (live, [a, b, c]) = (&live[0], [&*dead[0], &dead[1], &dead[2]]);
        let foreign = app.signed_in(json!({ "slug": "second-portal" })).await;
        let table: [&[&str]; 7] = [
            &[a, live],
            &[live, a],
            &["of-an-older-system", live],
            &[a, b, c, live],
            &["x", "", "y", "z", a, &mistyped(live), live],
            &[&foreign, live],
            &[a, a, a, a, a, live],
        ];
        for sent in table {
            let sent = cookies(sent);
            let reply = app.get(PATH).header("cookie", &sent).send().await;
            assert_eq!((reply.status, reply.data()["externalId"].clone()), (200, json!("user_0")), "{sent}");
            for path in ["/v2/portal.authorize", "/v2/portal.authorize?slug=my-portal"] {
                assert_eq!(app.get(path).header("cookie", &sent).send().await.status, 200, "{path}: {sent}");
            }
        }
    }

    async fn no_more_than_four_are_tried(app: TestApp) {
        app.reload(deployed_at(HOST, SHARED));
        let (live, dead) = tokens(&app, 1, 4).await;
        let all: Vec<&str> = dead.iter().chain(&live).map(String::as_str).collect();
        let reply = app.get(PATH).header("cookie", &cookies(&all)).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
    }

    async fn a_logout_ends_all_that_came(app: TestApp) {
        app.reload(deployed_at(HOST, SHARED));
        let (live, dead) = tokens(&app, 2, 1).await;
        let other = app.signed_in(json!({ "slug": "second-portal" })).await;
        let sent = format!("{}; {NAME}={other}", cookies(&[&dead[0], &live[0], &live[1]]));
        let reply = app.post(END, json!({})).header("cookie", &sent).headers(&[SAME_ORIGIN]).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(!app.accepts(&live[0]).await && !app.accepts(&live[1]).await);
        assert!(app.accepts(&other).await, "another portal's session is not this portal's to end");
    }

    async fn a_new_session_ends_all_that_came(app: TestApp) {
        app.reload(deployed_at(HOST, SHARED));
        let (live, _) = tokens(&app, 2, 0).await;
        let sent = cookies(&[&live[0], &live[1]]);
        let reply = app.exchanging(&app.fresh_id(json!({})).await).header("cookie", &sent).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(!app.accepts(&live[0]).await && !app.accepts(&live[1]).await);
        assert!(app.accepts(text(&reply.data()["token"])).await);
    }
}

/// Before the new one is set: a browser that does not know `Partitioned` would remove that.
#[tokio::test]
async fn every_form_that_may_have_been_set_is_cleared() {
    let app = TestApp::start(Kind::Memory).await;
    let prefixed = format!("__Host-{NAME}");
    let bare = [
        "",
        " Domain=example.com",
        " Domain=example.com Partitioned",
        " Domain=portal.example.com",
        " Domain=portal.example.com Partitioned",
        " Partitioned",
    ];
    let all_bare = || bare.iter().map(|marks| format!("{NAME}{marks}"));
    let partitioned = format!("{prefixed} Partitioned");
    let shared_now = format!("{NAME} Domain=example.com");
    let embedded = "cookie = { same_site = \"none\", partitioned = true }";
    let table = [
        (HOST, "", vec![], vec![]),
        (HOST, "", vec![&*prefixed], vec![partitioned.clone()]),
        (HOST, "", vec![NAME], all_bare().collect()),
        (HOST, "", vec![NAME, &prefixed], [partitioned.clone()].into_iter().chain(all_bare()).collect()),
        (HOST, SHARED, vec![NAME], all_bare().filter(|form| *form != shared_now).collect()),
        (HOST, SHARED, vec![&*prefixed], vec![prefixed.clone(), partitioned.clone()]),
        (HOST, embedded, vec![&*prefixed], vec![prefixed.clone()]),
        ("http://localhost:8080", "", vec![NAME], vec![]),
    ];
    for (public_url, lines, names, expected) in table {
        app.reload(deployed_at(public_url, lines));
        let sent = names.iter().map(|name| format!("{name}=old")).collect::<Vec<_>>().join("; ");
        let call = app.exchanging(&app.fresh_id(json!({})).await);
        let begun = if sent.is_empty() { call } else { call.header("cookie", &sent) }.send().await;
        assert_eq!(removed(&begun), expected, "{lines}: {names:?}");
        let lines_set = begun.set_cookies();
        let is_set = |line: &&str| !line.contains("; Max-Age=0");
        assert_eq!(lines_set.iter().rev().take_while(|line| is_set(line)).count(), 2, "{lines_set:?}");
        for line in lines_set.iter().filter(|line| line.starts_with("__Host-") || public_url == HOST) {
            assert!(line.contains("; Secure") && line.contains("; Path=/"), "{line}");
        }

        let token = text(&begun.data()["token"]).to_owned();
        let call = app.post(END, json!({})).bearer(&token);
        let ended = if sent.is_empty() { call } else { call.header("cookie", &sent) }.send().await;
        let present = ended.set_cookies()[ended.set_cookies().len() - 2].split('=').next().map(str::to_owned);
        assert!(present.is_some_and(|name| begun.jar().starts_with(&name)), "the present one goes too");
        let missing: Vec<_> = expected.iter().filter(|form| !removed(&ended).contains(form)).collect();
        assert!(missing.is_empty(), "{missing:?} of {:?}", removed(&ended));
    }
}

/// The change that locked people out: the old cookie comes first, for it is older.
#[tokio::test]
async fn after_a_change_of_the_domain_signing_in_helps() {
    let app = TestApp::start(Kind::Memory).await;
    app.reload(deployed_at("https://portal.example.com", "cookie.domain = \"portal.example.com\""));
    let (id, old) = app.sign_in(ACME_LIVE, json!({})).await;
    app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
    app.reload(deployed_at(HOST, SHARED));
    let sent = cookies(&[&old]);
    let begun = app.exchanging(&app.fresh_id(json!({})).await).header("cookie", &sent).send().await;
    assert!(removed(&begun).contains(&format!("{NAME} Domain=portal.example.com")), "{:?}", removed(&begun));
    let both = format!("{sent}; {}", begun.jar());
    assert_eq!(app.get(PATH).header("cookie", &both).send().await.status, 200);
}
