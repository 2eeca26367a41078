//! `GET /portal/{slug}`: looking spends nothing, whoever looks; who needs no ticket goes straight on.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, Call, Kind, Reply, TestApp, in_portal, text};

pub const CLICK: [(&str, &str); 5] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-site", "cross-site"),
    ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
];
const PORTAL: &str = "https://hosted.example.com/app?theme=dark";
const EXPIRED: &str = "https://app.example.com/hosted?reason=session_expired";
const MISSING: &str = "https://app.example.com/hosted?reason=session_missing";

/// The ID of a fresh session of the hosted portal.
pub async fn ticket(app: &TestApp, fields: Value) -> String {
    let mut hosted = json!({ "slug": "hosted-portal" });
    for (name, value) in fields.as_object().expect("fields are an object") {
        hosted[name] = value.clone();
    }
    app.fresh_id(hosted).await
}

/// A person's click on a link with this session ID.
pub fn click(app: &TestApp, session_id: &str) -> Call {
    app.get(&format!("/portal/hosted-portal?session={session_id}")).headers(&CLICK)
}

/// The session cookie of the hosted portal.
pub fn signed_in_as(token: &str) -> String {
    format!("__Host-portal_session_hosted-portal={token}")
}

fn goes_on(reply: &Reply) -> bool {
    reply.expect_page(200, "<form method=\"post\" action=\"hosted-portal\"");
    reply.text.contains("data-goes-on")
}

async fn is_unspent(app: &TestApp, session_id: &str) -> bool {
    app.exchange(session_id).await.status == 200
}

on_both_stores! {
    async fn a_created_session_leads_to_the_page(app: TestApp) {
        let created = app.create(json!({ "slug": "hosted-portal" })).await;
        let id = text(&created["sessionId"]);
        assert_eq!(text(&created["url"]), format!("https://hosted.example.com/portal/hosted-portal?session={id}"));
        // The page is the gateway's own, so live and test keys lead to the same place.
        let of_test = app.create_with(ACME_TEST, json!({ "slug": "hosted-portal" })).await.data();
        assert!(text(&of_test["url"]).starts_with("https://hosted.example.com/portal/hosted-portal?session=pst_test_"));
    }

    async fn whatever_fetches_the_page_spends_nothing(app: TestApp) {
        let html = ("accept", "text/html");
        let scanners: &[(&str, &[(&str, &str)])] = &[
            ("curl", &[]),
            ("a mail scanner", &[("user-agent", "Mozilla/5.0 (compatible; Defender/1.0)"), html]),
            ("a chat preview", &[("user-agent", "Slackbot-LinkExpanding 1.0"), ("accept", "*/*")]),
            ("a preview with a range", &[("user-agent", "WhatsApp/2.23"), ("range", "bytes=0-32768")]),
            ("a browser without a person", &[html, ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "none")]),
            (
                "a whole browser that was given the address",
                &[html, ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "none"), ("sec-fetch-user", "?1")],
            ),
            ("a script", &[("sec-fetch-mode", "cors"), ("origin", "https://evil.example")]),
            ("an image", &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]),
            ("an older browser", &[html, ("user-agent", "Mozilla/5.0 (Windows NT 6.1) MSIE 11")]),
        ];
        let id = ticket(&app, json!({})).await;
        let path = format!("/portal/hosted-portal?session={id}");
        for (who, headers) in scanners {
            for method in [Method::GET, Method::HEAD] {
                let reply = app.call(method.clone(), &path).headers(headers).send().await;
                assert_eq!(reply.status, 200, "{method} by {who}: {}", reply.text);
                if method == Method::GET {
                    assert!(!goes_on(&reply), "the page goes on by itself for {who}");
                }
            }
        }
        assert!(goes_on(&click(&app, &id).send().await), "a person's click is all it takes");
        assert!(is_unspent(&app, &id).await);
    }

    async fn what_is_fetched_ahead_of_time_is_refused(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
            ("next-router-prefetch", "1"),
        ] {
            let reply = click(&app, &id).header(name, value).send().await;
            reply.expect(403, "authorization/forbidden");
            assert_eq!(reply.header("cache-control"), "no-store");
            assert!(reply.set_cookies().is_empty(), "{name}");
        }
        assert!(is_unspent(&app, &id).await);
    }

    async fn a_browser_that_has_a_session_goes_straight_on(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let token = text(&app.exchange(&id).await.data()["token"]).to_owned();
        let jar = signed_in_as(&token);
        // The back button, a refresh, a second click, a bookmark.
        for call in [click(&app, &id), click(&app, "pst_live_nonsense"), app.get("/portal/hosted-portal")] {
            let reply = call.header("cookie", &jar).send().await;
            assert_eq!((reply.status, reply.header("location")), (303, PORTAL), "{}", reply.text);
            assert!(reply.set_cookies().is_empty());
        }
        assert!(app.accepts(&token).await);
        let (_, of_test) = app.sign_in(ACME_TEST, json!({ "slug": "hosted-portal" })).await;
        let reply = app.get("/portal/hosted-portal").header("cookie", &signed_in_as(&of_test)).send().await;
        assert_eq!((reply.status, reply.header("location")), (303, "https://hosted-test.example.com/"));
    }

    async fn any_other_browser_goes_home(app: TestApp) {
        let used = ticket(&app, json!({})).await;
        app.exchange(&used).await;
        let revoked = app.create(json!({ "slug": "hosted-portal" })).await;
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked["id"] })).await;
        let of_another_portal = app.fresh_id(json!({})).await;
        let expired = ticket(&app, json!({})).await;
        app.forward(Duration::from_secs(901));
        let mut answers = Vec::new();
        for id in [&used, text(&revoked["sessionId"]), &expired, "pst_live_made_up", "x"] {
            let reply = click(&app, id).send().await;
            assert_eq!((reply.status, reply.header("location")), (302, EXPIRED), "{id}");
            answers.push(reply.but_its_id().0);
        }
        let fresh_of_another = app.fresh_id(json!({})).await;
        for id in [&of_another_portal, &fresh_of_another] {
            let reply = click(&app, id).send().await;
            assert_eq!((reply.status, reply.header("location")), (302, EXPIRED));
        }
        assert!(is_unspent(&app, &fresh_of_another).await, "looking at another portal's page spends nothing");
        let without = app.get("/portal/hosted-portal").headers(&CLICK).send().await;
        assert_eq!((without.status, without.header("location")), (302, MISSING));
        let empty = click(&app, "").header("cookie", "portal_hint=hosted-portal").send().await;
        assert_eq!((empty.status, empty.header("location")), (302, EXPIRED));
        // A program is told.
        app.get("/portal/hosted-portal").send().await.expect(401, "authentication/portal_token_missing");
        let told = app.get(&format!("/portal/hosted-portal?session={used}")).send().await;
        told.expect(401, "authentication/portal_session_not_found");
        assert_eq!(told.error()["redirectUrl"], EXPIRED);
    }

    async fn only_hosted_portals_have_a_page(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        for slug in ["my-portal", "no-such-portal", "HOSTED-PORTAL"] {
            let path = format!("/portal/{slug}?session={id}");
            app.get(&path).send().await.expect(404, "bad_request/route_not_found");
            app.get(&path).headers(&CLICK).send().await.expect_page(404, "There is nothing at this address");
        }
        assert!(is_unspent(&app, &id).await);
        app.reload(in_portal("hosted-portal", "enabled = false"));
        let id = app.fresh_id(json!({})).await;
        click(&app, &id).send().await.expect_page(403, "switched off");
    }

    async fn the_page_asks_where_it_is_to_ask(app: TestApp) {
        app.reload(in_portal("hosted-portal", "confirm = true"));
        let id = ticket(&app, json!({ "email": "jane&co@example.com", "returnUrl": "https://app.example.com/back" })).await;
        let reply = click(&app, &id).send().await;
        assert!(!goes_on(&reply));
        let jane = "jane&#38;co@example.com";
        reply.expect_page(200, &format!("Continue as {jane}?"));
        assert!(reply.text.contains("href=\"https://app.example.com/back\""), "there is a way out");
        let nameless = ticket(&app, json!({ "externalId": "user_7" })).await;
        click(&app, &nameless).send().await.expect_page(200, "Continue as user_7?");
    }

    async fn nobody_is_replaced_unasked(app: TestApp) {
        let (_, of_john) = app.sign_in(ACME_LIVE, json!({ "slug": "hosted-portal", "externalId": "john" })).await;
        let of_jane = ticket(&app, json!({ "externalId": "jane" })).await;
        let reply = click(&app, &of_jane).header("cookie", &signed_in_as(&of_john)).send().await;
        assert!(!goes_on(&reply));
        assert!(reply.text.contains("signed in as john"), "{}", reply.text);
        let of_john_again = ticket(&app, json!({ "externalId": "john", "email": "new@example.com" })).await;
        assert!(goes_on(&click(&app, &of_john_again).header("cookie", &signed_in_as(&of_john)).send().await));
    }

    async fn the_same_identifier_elsewhere_is_somebody_else(app: TestApp) {
        let fields = |organization: &str| {
            json!({ "slug": "hosted-portal", "externalId": "john", "externalOrganizationId": organization })
        };
        let (_, here) = app.sign_in(ACME_LIVE, fields("org_1")).await;
        let of_test = text(&app.create_with(ACME_TEST, fields("org_1")).await.data()["sessionId"]).to_owned();
        let of_another = app.fresh_id(fields("org_2")).await;
        let of_none = ticket(&app, json!({ "externalId": "john" })).await;
        for (id, told) in [
            (of_test, "Continue as john (org_1, test)?"),
            (of_another, "Continue as john (org_2, live)?"),
            (of_none, "Continue as john (live)?"),
        ] {
            let reply = click(&app, &id).header("cookie", &signed_in_as(&here)).send().await;
            assert!(!goes_on(&reply), "{told}");
            assert!(reply.text.contains(told), "{told}: {}", reply.text);
            assert!(reply.text.contains("signed in as john (org_1, live)"), "{}", reply.text);
        }
        let of_the_same = app.fresh_id(fields("org_1")).await;
        assert!(goes_on(&click(&app, &of_the_same).header("cookie", &signed_in_as(&here)).send().await));
    }

    async fn the_page_may_do_its_one_thing_and_no_other(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let reply = click(&app, &id).send().await;
        let policy = reply.header("content-security-policy");
        // Browsers hold the redirect after a form against this list, too.
        let targets = "form-action 'self' https://hosted.example.com https://hosted-test.example.com https://app.example.com";
        assert!(policy.contains(targets), "{policy}");
        assert_eq!(policy.matches("'sha256-").count(), 3, "two styles and a script: {policy}");
        assert!(!policy.contains("img-src"), "{policy}");
        assert!(reply.text.contains("--brand: #00aa77"), "the portal's colour");
        assert!(reply.text.contains("Hosted &#38; Co"), "the portal's name");
        let [pass] = reply.set_cookies()[..] else { panic!("one cookie") };
        assert!(pass.starts_with("__Host-portal_landing="), "{pass}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=900"] {
            assert!(pass.contains(&format!("; {attribute}")), "{attribute} in {pass}");
        }
        let pass = pass.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair").1;
        assert!(!reply.text.contains(pass), "no script can read what the cookie holds");
    }
}

#[tokio::test]
async fn a_logo_is_all_that_may_come_from_elsewhere() {
    let logo = "logo_url = \"https://cdn.example.com/logo.svg?v=2\"";
    let app = TestApp::start_with(Kind::Memory, in_portal("hosted-portal", logo)).await;
    let id = ticket(&app, json!({})).await;
    let reply = click(&app, &id).send().await;
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("img-src https://cdn.example.com;"), "{policy}");
    // The name stands beside it, so that a screen reader must not say it twice.
    for shown in [
        "<img src=\"https://cdn.example.com/logo.svg?v=2\" alt=\"\">",
        "<p class=\"name\">Hosted &#38; Co</p>",
    ] {
        assert!(reply.text.contains(shown), "{shown}");
    }
}
