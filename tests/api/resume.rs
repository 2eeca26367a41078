//! Coming back to where one was: what a browser keeps when it is sent home, and what it gets when it is signed in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::landing::{click, signed_in_as, ticket};
use crate::landing_form::Shown;
use crate::on_both_stores;
use crate::support::app::{
    Call, Kind, PAGE, Reply, TestApp, attributes, deployed_at, in_portal, open_redirects, text,
};

const DEEP: &str = "/invoices/42?tab=lines&q=a%20b";

/// A change of the configuration: the tests are a proxy that is believed.
fn behind_a_proxy(config: String) -> String {
    config.replace("[server]\n", "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n")
}

/// A proxy asks for a browser that loads a page.
fn navigate(app: &TestApp, slug: &str) -> Call {
    let call = app.get(&format!("/v2/portal.authorize?slug={slug}"));
    call.headers(&[("sec-fetch-mode", "navigate"), ("accept", "text/html")])
}

/// The cookie that keeps where the browser wanted to go, as it would be sent; empty if none was set.
fn kept(reply: &Reply) -> String {
    let cookies = reply.set_cookies();
    let line = cookies.iter().find(|line| line.contains("portal_resume_"));
    line.and_then(|line| line.split(';').next()).unwrap_or_default().to_owned()
}

/// What a browser keeps that was sent home from this page of my-portal.
async fn sent_home_from(app: &TestApp, path: &str, jar: &str) -> String {
    let reply = navigate(app, "my-portal").header("x-forwarded-uri", path).header("cookie", jar).send().await;
    assert_eq!(reply.status, 302, "{}", reply.text);
    kept(&reply)
}

/// An exchange of a new session by a browser with these cookies.
async fn exchange(app: &TestApp, fields: Value, jar: &str) -> Reply {
    let reply = app.exchanging(&app.fresh_id(fields).await).header("cookie", jar).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn comes_back_to(app: &TestApp, jar: &str) -> Value {
    exchange(app, json!({}), jar).await.data()["path"].clone()
}

fn forged(path: &str) -> String {
    // The clock of the tests, which is this machine's where there is a Redis.
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let place = |seconds: u64| format!("{seconds}..{}", URL_SAFE_NO_PAD.encode(path));
    format!("__Host-portal_resume_my-portal={}~{}", place(now), place(1_742_000_000))
}

on_both_stores! {
    with behind_a_proxy;

    async fn an_exchange_tells_once_where_the_browser_wanted_to_go(app: TestApp) {
        for header in ["x-forwarded-uri", "x-original-uri"] {
            let home = navigate(&app, "my-portal").header(header, DEEP).send().await;
            assert_eq!(home.header("location"), "https://app.example.com/billing?reason=session_missing");
            let cookies = home.set_cookies();
            let set = cookies.iter().find(|line| line.starts_with("__Host-portal_resume_my-portal="));
            let set = set.expect("it keeps the page");
            assert_eq!(attributes(set), ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]);
            let exchanged = exchange(&app, json!({}), &kept(&home)).await;
            assert_eq!(exchanged.data()["path"], DEEP);
            let cleared = exchanged.set_cookies().into_iter().find(|line| line.contains("portal_resume_"));
            assert!(cleared.is_some_and(|line| line.ends_with("; Max-Age=0")), "{cleared:?}");
        }
        assert_eq!(comes_back_to(&app, "").await, Value::Null);
        let code = json!({ "code": app.fresh_id(json!({})).await });
        let jar = sent_home_from(&app, DEEP, "").await;
        let exchanged = app.post("/v2/portal.exchangeCode", code).header("cookie", &jar).send().await;
        assert_eq!(exchanged.data()["path"], DEEP);
    }

    async fn the_landing_leads_back(app: TestApp) {
        let home = navigate(&app, "hosted-portal").header("x-forwarded-uri", DEEP).send().await;
        let place = format!("https://hosted.example.com{DEEP}");
        let jar = kept(&home);
        let page = click(&app, &ticket(&app, json!({})).await).header("cookie", &jar).send().await;
        let shown = Shown::of(&page);
        let both = format!("{}; {jar}", shown.pass);
        let entered = Shown { pass: both, ..shown }.post(&app).send().await;
        assert_eq!((entered.status, entered.header("location")), (303, &*place), "{}", entered.text);
        assert_eq!(kept(&entered), "__Host-portal_resume_hosted-portal=");
        // In another tab: signed in meanwhile, it needs no ticket.
        let token = app.exchange(&ticket(&app, json!({})).await).await.data()["token"].clone();
        let jar = format!("{}; {jar}", signed_in_as(text(&token)));
        let straight = app.get("/portal/hosted-portal").header("cookie", &jar).send().await;
        assert_eq!((straight.status, straight.header("location")), (303, &*place), "{}", straight.text);
        assert_eq!(kept(&straight), "__Host-portal_resume_hosted-portal=");
    }

    async fn where_the_session_begins_goes_before_it(app: TestApp) {
        let jar = sent_home_from(&app, DEEP, "").await;
        let exchanged = exchange(&app, json!({ "path": "/from-the-backend" }), &jar).await;
        assert_eq!(exchanged.data()["path"], "/from-the-backend");
        assert_eq!(kept(&exchanged), "__Host-portal_resume_my-portal=", "used up all the same");
    }

    async fn each_of_two_tabs_comes_back_to_its_own_page(app: TestApp) {
        let first = sent_home_from(&app, "/first", "").await;
        let both = sent_home_from(&app, "/second", &first).await;
        let exchanged = exchange(&app, json!({}), &both).await;
        assert_eq!(exchanged.data()["path"], "/second");
        assert_eq!(comes_back_to(&app, &kept(&exchanged)).await, "/first");
        // Sent home twice from one page, it comes back there once.
        let again = sent_home_from(&app, "/first", &first).await;
        assert_eq!(kept(&exchange(&app, json!({}), &again).await), "__Host-portal_resume_my-portal=");
    }

    async fn a_page_is_kept_for_ten_minutes(app: TestApp) {
        let jar = sent_home_from(&app, DEEP, "").await;
        app.forward(Duration::from_secs(598));
        assert_eq!(comes_back_to(&app, &jar).await, DEEP);
        app.forward(Duration::from_secs(3));
        assert_eq!(comes_back_to(&app, &jar).await, Value::Null);
    }

    async fn a_logout_clears_it(app: TestApp) {
        let jar = sent_home_from(&app, DEEP, "").await;
        let token = app.signed_in(json!({})).await;
        let jar = format!("__Host-portal_session_my-portal={token}; {jar}");
        let end = app.post("/v2/portal.endSession", json!({})).header("cookie", &jar).header("origin", PAGE);
        let ended = end.send().await;
        assert_eq!(ended.status, 200, "{}", ended.text);
        let cookies = ended.set_cookies();
        let cleared = cookies.iter().find(|line| line.contains("portal_resume_")).expect("it is cleared");
        assert_eq!(attributes(cleared), ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure"]);
    }

    async fn what_one_user_asked_for_is_not_anothers(app: TestApp) {
        let dead = app.signed_in(json!({ "externalId": "jane", "ttlSeconds": 60 })).await;
        app.forward(Duration::from_secs(61));
        let of_jane = sent_home_from(&app, DEEP, &format!("__Host-portal_session_my-portal={dead}")).await;
        let joe = exchange(&app, json!({ "externalId": "joe" }), &of_jane).await;
        assert_eq!(joe.data().get("path"), None);
        assert_eq!(kept(&joe), "__Host-portal_resume_my-portal=");
        assert_eq!(exchange(&app, json!({ "externalId": "jane" }), &of_jane).await.data()["path"], DEEP);
    }

    async fn each_portal_keeps_its_own(app: TestApp) {
        let jar = sent_home_from(&app, DEEP, "").await;
        let second = navigate(&app, "second-portal").header("x-forwarded-uri", "/second").send().await;
        let both = format!("{jar}; {}", kept(&second));
        let exchanged = exchange(&app, json!({ "slug": "second-portal" }), &both).await;
        assert_eq!(exchanged.data()["path"], "/second");
        assert_eq!(kept(&exchanged), "__Host-portal_resume_second-portal=");
        assert_eq!(comes_back_to(&app, &both).await, DEEP);
    }

    async fn nothing_leaves_the_portals_origin(app: TestApp) {
        let corpus = open_redirects();
        assert!(corpus.len() > 80, "the corpus is missing");
        assert_eq!(comes_back_to(&app, &forged(DEEP)).await, DEEP, "this is how it is forged");
        let base = url::Url::parse("https://portal.example.com/").expect("a URL");
        let mut tried = 0;
        for text in corpus.iter().flat_map(|line| [line.clone(), format!("/{line}")]) {
            let mut jars = vec![forged(&text)];
            // What no header can carry never arrives.
            if !text.bytes().any(|byte| byte.is_ascii_control()) {
                for header in ["x-forwarded-uri", "x-original-uri"] {
                    let call = navigate(&app, "my-portal").0.header(header, text.as_bytes());
                    jars.push(kept(&Call(call).send().await));
                }
            }
            for jar in jars.iter().filter(|jar| !jar.is_empty()) {
                let told = comes_back_to(&app, jar).await;
                let Some(path) = told.as_str() else { continue };
                let place = base.join(path).expect("a place");
                assert_eq!(place.origin(), base.origin(), "{text:?} leads to {place}");
                assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'), "{path}");
                tried += 1;
            }
        }
        assert!(tried > 50, "odd names of pages are kept: {tried}");
    }
}

type Row<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, Option<&'a str>);

#[tokio::test]
async fn only_what_a_person_loads_by_itself_is_kept() {
    let app = TestApp::start_with(Kind::Memory, behind_a_proxy).await;
    let long = format!("/{}", "a".repeat(1_024));
    let with_ticket = format!("/enter?session={}", app.fresh_id(json!({})).await);
    let table: Vec<Row<'_>> = vec![
        ("GET", DEEP, vec![], Some(DEEP)),
        ("GET", DEEP, vec![("x-forwarded-method", "GET")], Some(DEEP)),
        ("GET", DEEP, vec![("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")], Some(DEEP)),
        ("GET", DEEP, vec![("x-forwarded-host", "PORTAL.example.com:443")], Some(DEEP)),
        ("GET", DEEP, vec![("x-original-uri", DEEP)], Some(DEEP)),
        ("GET", "/callback?code=abc&state=def", vec![], Some("/callback?code=abc&state=def")),
        ("GET", DEEP, vec![("x-original-uri", "/other")], None),
        ("GET", DEEP, vec![("x-forwarded-uri", "/other")], None),
        ("GET", DEEP, vec![("x-forwarded-host", "admin.example.com")], None),
        ("GET", DEEP, vec![("sec-fetch-dest", "iframe")], None),
        ("GET", DEEP, vec![("sec-purpose", "prefetch;prerender")], None),
        ("GET", DEEP, vec![("purpose", "prefetch")], None),
        ("GET", &long, vec![], None),
        ("GET", &with_ticket, vec![], None),
        ("GET", "https://portal.example.com/", vec![], None),
        ("GET", "*", vec![], None),
    ];
    for row in table {
        is_kept(&app, row).await;
    }
    for headers in [&[("sec-fetch-mode", "cors")][..], &[("hx-request", "true")], &[("accept", "*/*")]] {
        let call = app.get("/v2/portal.authorize?slug=my-portal").headers(headers);
        assert_eq!(kept(&call.header("x-forwarded-uri", DEEP).send().await), "", "{headers:?}");
    }
    // nginx asks for the bare status first. What its browser gets is the second answer.
    let denied =
        app.get("/v2/portal.authorize?slug=my-portal&deny=status").header("sec-fetch-mode", "navigate");
    assert_eq!(kept(&denied.header("x-forwarded-uri", DEEP).send().await), "");
}

/// But the browser comes back to the page that it was sent from.
#[tokio::test]
async fn nobody_comes_back_to_a_post() {
    let app = TestApp::start_with(Kind::Memory, behind_a_proxy).await;
    let page = ("referer", "https://portal.example.com/form?step=2");
    let table: Vec<Row<'_>> = vec![
        ("POST", "/save", vec![page], Some("/form?step=2")),
        ("GET", "/save", vec![page, ("x-forwarded-method", "POST")], Some("/form?step=2")),
        ("GET", "/save", vec![page, ("x-original-method", "PUT")], Some("/form?step=2")),
        ("POST", "/save", vec![("referer", "https://portal-test.example.com/form")], Some("/form")),
        ("POST", "/save", vec![], None),
        ("POST", "/save", vec![("referer", "https://evil.example/form")], None),
        ("POST", "/save", vec![("referer", "https://portal.example.com@evil.example/")], None),
        ("POST", "/save", vec![("referer", "https://portal.example.com//evil.example/")], None),
        ("POST", "/save", vec![("referer", "http://portal.example.com/form")], None),
        ("POST", "/save", vec![("referer", "/form")], None),
    ];
    for row in table {
        is_kept(&app, row).await;
    }
}

async fn is_kept(app: &TestApp, (method, path, headers, expected): Row<'_>) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let call = app.call(method, "/v2/portal.authorize?slug=my-portal").headers(&headers);
    let reply = call.headers(&[("sec-fetch-mode", "navigate"), ("x-forwarded-uri", path)]).send().await;
    let jar = kept(&reply);
    assert_eq!(jar.is_empty(), expected.is_none(), "{path} {headers:?}: {jar}");
    if let Some(expected) = expected {
        assert_eq!(comes_back_to(app, &jar).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_says_what_was_asked_for() {
    let app = TestApp::start(Kind::Memory).await;
    assert_eq!(sent_home_from(&app, DEEP, "").await, "");
}

#[tokio::test]
async fn a_portal_can_do_without() {
    let app = TestApp::start_with(Kind::Memory, behind_a_proxy).await;
    let jar = sent_home_from(&app, DEEP, "").await;
    app.reload(|config| behind_a_proxy(in_portal("my-portal", "resume = false")(config)));
    assert_eq!(sent_home_from(&app, DEEP, "").await, "");
    assert_eq!(comes_back_to(&app, &jar).await, Value::Null, "nor is what was kept before");
}

#[tokio::test]
async fn the_cookie_is_bound_as_the_sessions_is() {
    let app = TestApp::start_with(Kind::Memory, behind_a_proxy).await;
    let own_host = "HttpOnly; Max-Age=600; Path=/; SameSite=Lax; Secure";
    let table = [
        ("https://portal.example.com", "", "__Host-", own_host),
        ("https://portal.example.com", "cookie.same_site = \"strict\"", "__Host-", own_host),
        (
            "https://portal.example.com",
            "cookie = { same_site = \"none\", partitioned = true }",
            "__Host-",
            "HttpOnly; Max-Age=600; Partitioned; Path=/; SameSite=None; Secure",
        ),
        (
            "https://sessions.example.com",
            "cookie.domain = \"example.com\"",
            "",
            "Domain=example.com; HttpOnly; Max-Age=600; Path=/; SameSite=Lax; Secure",
        ),
        ("http://localhost:8080", "", "", "HttpOnly; Max-Age=600; Path=/; SameSite=Lax"),
    ];
    for (public_url, lines, prefix, expected) in table {
        app.reload(|config| behind_a_proxy(deployed_at(public_url, lines)(config)));
        let home = navigate(&app, "my-portal").header("x-forwarded-uri", DEEP).send().await;
        let name = format!("{prefix}portal_resume_my-portal=");
        let cookies = home.set_cookies();
        let line = cookies.iter().find(|line| line.starts_with(&name)).expect(&name);
        assert_eq!(attributes(line).join("; "), expected, "{public_url}: {lines}");
        let exchanged = exchange(&app, json!({}), &kept(&home)).await;
        assert_eq!(exchanged.data()["path"], DEEP, "the cookie that is set is the cookie that is read");
        let cookies = exchanged.set_cookies();
        let cleared = cookies.iter().find(|line| line.starts_with(&name)).expect(&name);
        assert_eq!(attributes(cleared).join("; "), expected.replace("=600", "=0"));
    }
}

/// The breaker counts every time, wherever the browser wanted to go.
#[tokio::test]
async fn a_loop_ends_in_words_and_the_page_is_still_known() {
    let app = TestApp::start_with(Kind::Memory, behind_a_proxy).await;
    let mut jar = String::new();
    for _ in 0..3 {
        let call = navigate(&app, "my-portal").header("x-forwarded-uri", DEEP).header("cookie", &jar);
        let home = call.send().await;
        assert_eq!(home.status, 302);
        jar = home.jar();
    }
    let call = navigate(&app, "my-portal").header("x-forwarded-uri", DEEP).header("cookie", &jar);
    let told = call.send().await;
    told.expect_page(401, "You are not signed in");
    assert!(told.set_cookies().is_empty());
    assert_eq!(comes_back_to(&app, &jar).await, DEEP);
}
