//! `vestibule dev` as a browser meets it: a demo app, a demo portal, and a gateway between them.

#![cfg(feature = "playground")]

mod support;

#[path = "dev/component.rs"]
mod component;
#[path = "dev/own_portal.rs"]
mod own_portal;
#[path = "dev/playground.rs"]
mod playground;
#[path = "dev/visitors.rs"]
mod visitors;

use std::net::TcpListener;
use std::process::Command;

use playground::{ANY, Body, Playground, hidden};
use reqwest::Method;
use serde_json::{Value, json};
use support::app::{Call, attributes, config, text};
use support::process::Process;

fn titles(state: &Value) -> Vec<String> {
    let entries = state["journal"].as_array().expect("the journal");
    entries.iter().map(|entry| text(&entry["title"]).to_owned()).collect()
}

#[tokio::test]
async fn a_user_of_the_app_arrives_in_the_portal_and_both_tell_how() {
    let playground = Playground::start();
    let login = playground.form("/log-in", "user=user_grace", "").await;
    assert_eq!(attributes(login.set_cookies()[0]), ["HttpOnly", "Path=/", "SameSite=Lax"]);
    let (_, cookie, session) = playground.in_portal("user_grace").await;
    assert_eq!(session["email"], "grace@compilers.example");
    assert_eq!(session["permissions"], json!(["api.*.read_key", "api.*.create_key", "api.*.read_analytics"]));
    assert_eq!(playground.get_session(&cookie).await.status, 200);
    for site in [&playground.app, &playground.portal] {
        let state = playground.state(site).await;
        let told = titles(&state);
        assert!(told.iter().any(|title| title == "You opened the portal"), "{told:?}");
        let call = state["journal"].as_array().expect("the journal").iter();
        let mut call = call.filter(|entry| {
            entry["request"]["url"].as_str().is_some_and(|url| url.ends_with("createSession"))
        });
        let call = call.next_back().expect("the backend's call is told");
        assert_eq!(call["request"]["body"]["externalId"], "user_grace");
        assert_eq!(call["answer"]["status"], 200);
    }
}

#[tokio::test]
async fn whoever_comes_home_with_a_reason_goes_straight_back_once_logged_in() {
    let playground = Playground::start();
    for reason in ["session_expired", "session_missing"] {
        let home = format!("{}/billing?reason={reason}", playground.app);
        let stranger = playground.get(&home, "").await;
        assert_eq!((stranger.status, stranger.header("content-type")), (200, "text/html; charset=utf-8"));
        let login = playground.log_in("user_alan").await;
        let sent = playground.get(&home, &login).await;
        let (_, session) = playground.exchange(&playground.session_id(&sent)).await;
        assert_eq!(session["externalId"], "user_alan");
    }
    let login = playground.log_in("user_alan").await;
    assert_eq!(playground.get(&format!("{}/?reason=else", playground.app), &login).await.status, 200);
    // After a login that the portal had asked for, too.
    let sent = playground.form("/log-in", "user=user_ada&portal=my-portal", "").await;
    let (_, session) = playground.exchange(&playground.session_id(&sent)).await;
    assert_eq!(session["externalId"], "user_ada");
}

#[tokio::test]
async fn the_gateways_own_page_leads_to_the_portal_too() {
    let playground = Playground::start();
    let login = playground.log_in("user_ada").await;
    let home = format!("{}/billing?portal=hosted-portal&reason=session_missing", playground.app);
    for sent in
        [playground.form("/open", "portal=hosted-portal", &login).await, playground.get(&home, &login).await]
    {
        let address = sent.header("location").to_owned();
        assert!(address.starts_with(&format!("{}/portal/hosted-portal?session=pst_", playground.gateway)));
        let page = playground.get(&address, "").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(
            page.text.contains("ada@engines.example") && page.text.contains("Demo portal"),
            "{}",
            page.text
        );
        // Both policies hold a form's redirects against this list.
        assert!(
            page.header("content-security-policy")
                .contains(&format!("form-action 'self' {}", playground.portal))
        );
        let form = format!("session={}&nonce={}", hidden(&page, "session"), hidden(&page, "nonce"));
        let url = format!("{}/portal/hosted-portal", playground.gateway);
        let entered = playground.post("null", &url, Body::Form(&form), &page.jar()).await;
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, format!("{}/hosted", playground.portal).as_str())
        );
        let url = format!("{}/v2/portal.getSession?slug=hosted-portal", playground.gateway);
        let call = Call(playground.client.get(url)).header("origin", &playground.portal);
        let session = call.header("cookie", &entered.jar()).send().await;
        assert_eq!((session.status, &session.data()["externalId"]), (200, &json!("user_ada")));
    }
    assert_eq!(playground.get(&format!("{}/hosted", playground.portal), "").await.status, 200);
}

#[tokio::test]
async fn expire_now_is_a_real_expiry_and_leads_home() {
    let playground = Playground::start();
    let (_, cookie, session) = playground.in_portal("user_ada").await;
    let expires_at = session["expiresAt"].as_u64().expect("a time");
    let url = format!("{}/expire", playground.portal);
    let expire =
        |at: u64| playground.post(&playground.portal, &url, Body::Json(json!({ "expiresAt": at })), "");
    assert_eq!(expire(expires_at + 86_400_000).await.status, 400, "beyond any session");
    assert_eq!(playground.get_session(&cookie).await.status, 200);
    assert_eq!(expire(expires_at).await.status, 204);
    let refused = playground.get_session(&cookie).await;
    refused.expect(401, "authentication/portal_session_not_found");
    let home = format!("{}/billing?reason=session_expired", playground.app);
    assert_eq!(refused.error()["redirectUrl"], home);
    assert!(playground.state(&playground.app).await["nowMs"].as_u64() > Some(expires_at));
    // Time goes on from there: a new session lives as long as the first.
    let (_, cookie, session) = playground.in_portal("user_ada").await;
    assert!(session["expiresAt"].as_u64() >= Some(expires_at + 86_400_000));
    assert_eq!(playground.get_session(&cookie).await.status, 200);
}

#[tokio::test]
async fn the_portal_can_ask_the_app_to_revoke_and_the_list_is_empty_then() {
    let playground = Playground::start();
    let (_, cookie, session) = playground.in_portal("user_ada").await;
    let listed = playground.form("/sessions", "user=user_ada", "").await.json();
    assert_eq!(listed["sessions"][0]["id"], session["id"]);
    assert_eq!(listed["sessions"][0]["state"], "active");
    assert_eq!(listed["sessions"][0]["portal"], "my-portal");
    let url = format!("{}/revoke", playground.app);
    let revoked = playground.post(&playground.portal, &url, Body::Form("user=user_ada"), "").await;
    assert_eq!((revoked.status, revoked.json()), (200, json!({ "revoked": 1 })));
    assert_eq!(revoked.header("access-control-allow-origin"), playground.portal);
    playground.get_session(&cookie).await.expect(401, "authentication/portal_session_not_found");
    assert_eq!(playground.form("/sessions", "user=user_ada", "").await.json()["sessions"], json!([]));
}

#[tokio::test]
async fn the_portal_signs_out_everywhere_else_and_shows_the_time_line() {
    let playground = Playground::start();
    let (_, other, ended) = playground.in_portal("user_ada").await;
    let (_, cookie, session) = playground.in_portal("user_ada").await;
    let body = format!("user=user_ada&except={}", session["id"].as_str().expect("a handle"));
    let url = format!("{}/revoke-others", playground.app);
    let revoked = playground.post(&playground.portal, &url, Body::Form(&body), "").await;
    assert_eq!((revoked.status, revoked.json()), (200, json!({ "revoked": 1 })));
    assert_eq!(playground.get_session(&cookie).await.status, 200, "this one goes on");
    playground.get_session(&other).await.expect(401, "authentication/portal_session_not_found");
    for (session, state, events) in [
        (&session, "active", vec!["session.created", "session.exchanged"]),
        (&ended, "revoked", vec!["session.created", "session.exchanged", "session.revoked"]),
    ] {
        let body = format!("id={}", session["id"].as_str().expect("a handle"));
        let url = format!("{}/explain", playground.app);
        let explained = playground.post(&playground.portal, &url, Body::Form(&body), "").await.json();
        let told = explained["events"].as_array().expect("a time line").iter();
        let told: Vec<&str> = told.map(|event| event["event"].as_str().expect("a name")).collect();
        assert_eq!((explained["state"].as_str(), told), (Some(state), events), "{explained}");
    }
}

#[tokio::test]
async fn no_page_or_answer_has_a_whole_credential() {
    let playground = Playground::start();
    let login = playground.log_in("user_ada").await;
    let opened = playground.form("/open", "portal=my-portal", &login).await;
    let session_id = playground.session_id(&opened);
    // The portal's page reports its own steps; those are cut short like the backend's.
    let report = json!({
        "kind": "step", "actor": "portal", "title": "t", "reason": "r",
        "request": { "method": "POST", "url": "http://localhost/", "body": { "sessionId": session_id } },
    });
    let url = format!("{}/journal", playground.portal);
    assert_eq!(playground.post(&playground.portal, &url, Body::Json(report), "").await.status, 204);
    let mut seen = vec![opened.text];
    for site in [&playground.app, &playground.portal] {
        for path in
            ["/", "/state", "/style.css", "/common.js", "/app.js", "/portal.js", "/component.js", "/nothing"]
        {
            seen.push(playground.get(&format!("{site}{path}"), &login).await.text);
        }
    }
    seen.push(playground.form("/sessions", "user=user_ada", "").await.text);
    for answer in &seen {
        assert!(!answer.contains(&playground.key) && !answer.contains(&session_id), "{answer}");
    }
    let shown =
        |credential: &str| format!("{}…", &credential[..credential.rfind('_').expect("a prefix") + 5]);
    let story = seen.iter().find(|answer| answer.contains("createSession")).expect("the story is among them");
    assert!(story.contains(&shown(&playground.key)) && story.contains(&shown(&session_id)), "{story}");
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_say_so_to_the_browser() {
    let playground = Playground::start();
    let Playground { app, portal, gateway, .. } = &playground;
    let own = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';";
    let end = "base-uri 'none'; frame-ancestors 'none'";
    let policies = [
        (app, format!("{own} connect-src 'self' {gateway}; form-action 'self' {portal} {gateway}; {end}")),
        (portal, format!("{own} connect-src 'self' {gateway} {app}; form-action 'none'; {end}")),
    ];
    let pages = [(app, "/"), (app, "/component"), (portal, "/")];
    for (site, path) in pages {
        let page = playground.get(&format!("{site}{path}"), "").await;
        let policy = &policies.iter().find(|(of, _)| *of == site).expect("its policy").1;
        assert_eq!(page.header("content-security-policy"), policy.as_str());
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let named = |attribute: &'static str| {
            page.text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
        };
        for file in named("src=\"").chain(named("href=\"")).filter(|file| !file.starts_with('#')) {
            assert_eq!(playground.get(&format!("{site}{file}"), "").await.status, 200, "{file}");
        }
        let inline = ["<script>", "<style", " style=", " onclick="];
        assert!(!inline.iter().any(|code| page.text.contains(code)), "the policy forbids inline code");
    }
}

#[tokio::test]
async fn only_the_playgrounds_own_pages_are_served() {
    let playground = Playground::start();
    let Playground { app, portal, .. } = &playground;
    let journal = format!("{app}/journal/clear");
    let expire = format!("{portal}/expire");
    for (url, origin, status) in [
        (&journal, Some(app.as_str()), 204),
        (&journal, Some(portal.as_str()), 204),
        (&journal, Some("https://evil.example"), 403),
        (&journal, Some("null"), 403),
        (&journal, None, 403),
        (&expire, Some(app.as_str()), 403),
        (&expire, None, 403),
    ] {
        let reply = Call(playground.client.request(Method::POST, url)).page(origin).send().await;
        assert_eq!(reply.status, status, "{url} from {origin:?}");
        assert!(origin == Some(portal) || reply.cors_headers().is_empty(), "{url} from {origin:?}");
    }
    // A foreign name that leads to this machine.
    for site in [app, portal] {
        let reply = Call(playground.client.get(site)).header("host", "evil.example").send().await;
        assert_eq!((reply.status, reply.text), (421, format!("Open {site} instead.")));
        let head = Call(playground.client.head(site)).send().await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    }
}

/// Exit code and words of a playground that must not open; one that does is killed, and the test fails.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>&1", env!("CARGO_BIN_EXE_vestibule")]);
    let (code, output) = Process::spawn(command.args(arguments)).end();
    (code, output.join("\n"))
}

#[test]
fn every_listener_of_dev_is_on_loopback_only() {
    let flags = ["--listen", "--app-listen", "--portal-listen"];
    for flag in flags {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let mut arguments = vec!["dev"];
            for each in flags {
                arguments.extend([each, if each == flag { address } else { ANY }]);
            }
            let (code, words) = refused(&arguments);
            assert_eq!(code, Some(2), "{words}");
            assert!(words.contains(&format!("{flag} 127.0.0.1:0")) && words.contains(address), "{words}");
        }
    }
}

#[test]
fn all_ports_that_are_taken_are_named_at_once_with_their_flags() {
    let taken = || TcpListener::bind(ANY).expect("a port");
    let (first, second) = (taken(), taken());
    let address = |of: &TcpListener| of.local_addr().expect("its address").to_string();
    let (gateway, portal) = (address(&first), address(&second));
    let arguments = ["dev", "--listen", &gateway, "--app-listen", ANY, "--portal-listen", &portal];
    let (code, words) = refused(&arguments);
    assert_eq!(code, Some(1), "{words}");
    let lines: Vec<&str> = words.lines().collect();
    assert_eq!(lines.len(), 2, "{words}");
    assert!(lines[0].contains(&gateway) && lines[0].contains(": --listen 127.0.0.1:<port>"), "{words}");
    assert!(lines[1].contains(&portal) && lines[1].contains(": --portal-listen 127.0.0.1:<port>"), "{words}");
}

#[test]
fn an_address_that_cannot_be_read_is_refused_with_one_that_can() {
    for (flag, value, right) in [
        ("--listen", "localhost:8080", "127.0.0.1:8080"),
        ("--app-listen", "3001", "127.0.0.1:8080"),
        ("--portal-listen", "", "127.0.0.1:8080"),
        ("--portal-url", "5173", "http://localhost:<port>/"),
    ] {
        let (code, words) = refused(&["dev", flag, value]);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains(flag) && words.contains(right), "{words}");
    }
    let (code, words) = refused(&["healthcheck", "--address", "localhost:8080"]);
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("127.0.0.1:8080"), "{words}");
}

#[tokio::test]
async fn dev_ends_with_its_demos() {
    let playground = Playground::start();
    playground.process.signal("-TERM");
    let (code, output) = playground.process.end();
    assert_eq!(code, Some(0), "{output:#?}");
}

#[tokio::test]
async fn nothing_of_the_playground_is_served_for_real() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, config("memory:")).expect("the file is written");
    let process = Process::serve(&path);
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for path in
        ["/", "/state", "/journal", "/expire", "/revoke", "/log-in", "/style.css", "/app.js", "/component"]
    {
        for method in [Method::GET, Method::POST] {
            let reply = Call(client.request(method, process.url(path))).send().await;
            reply.expect(404, "bad_request/route_not_found");
        }
    }
}
