//! `POST /portal/{slug}`: only the page's own form, from the browser that was shown it, spends a ticket; and
//! then no double click, second tab or lost reply locks its person out.

use std::time::Duration;

use serde_json::json;

use crate::landing::{CLICK, click, signed_in_as, ticket};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, Reply, TestApp, in_portal};

const PORTAL: &str = "https://hosted.example.com/app?theme=dark";
const EXPIRED: &str = "https://app.example.com/hosted?reason=session_expired";
/// What a browser says of a form on a page of ours: `Origin: null`, for the page has `no-referrer`.
const OWN_PAGE: [(&str, &str); 5] = [
    ("origin", "null"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("accept", "text/html"),
];

/// A page as its browser has it: the form's fields, and the cookie that came along.
pub struct Shown {
    pub session_id: String,
    pub nonce: String,
    pub pass: String,
}

fn value_of(html: &str, field: &str) -> String {
    let start = format!("name=\"{field}\" value=\"");
    let rest = html.split(&start).nth(1).unwrap_or_else(|| panic!("no field {field}: {html}"));
    rest.split('"').next().expect("a value").to_owned()
}

impl Shown {
    pub fn of(reply: &Reply) -> Self {
        let pass = reply.jar();
        Shown { session_id: value_of(&reply.text, "session"), nonce: value_of(&reply.text, "nonce"), pass }
    }

    async fn to(app: &TestApp, session_id: &str) -> Self {
        Self::of(&click(app, session_id).send().await)
    }

    pub fn post(&self, app: &TestApp) -> Call {
        form(app, &self.session_id, &self.nonce).headers(&OWN_PAGE).header("cookie", &self.pass)
    }
}

pub fn form(app: &TestApp, session_id: &str, nonce: &str) -> Call {
    let call = app.call(reqwest::Method::POST, "/portal/hosted-portal");
    let body = format!("session={session_id}&nonce={nonce}");
    call.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// The token in the session cookie of an answer that leads into the portal.
#[track_caller]
pub fn inside(reply: &Reply) -> String {
    assert_eq!((reply.status, reply.header("location")), (303, PORTAL), "{}", reply.text);
    let cookies = reply.set_cookies();
    let session = cookies.iter().find_map(|line| line.strip_prefix("__Host-portal_session_hosted-portal="));
    session.and_then(|rest| rest.split(';').next()).unwrap_or_default().to_owned()
}

async fn active_sessions(app: &TestApp) -> usize {
    let user = json!({ "slug": "hosted-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", user).await.data();
    listed.as_array().expect("a list").iter().filter(|session| session["state"] == "active").count()
}

on_both_stores! {
    async fn the_form_signs_in_and_leads_on(app: TestApp) {
        let shown = Shown::to(&app, &ticket(&app, json!({})).await).await;
        let reply = shown.post(&app).send().await;
        assert!(app.accepts(&inside(&reply)).await);
        assert_eq!(reply.set_cookies().len(), 2, "the session and the hint");
        assert!(reply.text.is_empty(), "the token is in the cookie alone");
    }

    async fn the_form_may_lead_into_an_application(app: TestApp) {
        app.reload(|config| config.replace(PORTAL, "acmeapp://enter/?theme=dark"));
        let page = click(&app, &ticket(&app, json!({})).await).send().await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' acmeapp: https://"), "{policy}");
        let reply = Shown::of(&page).post(&app).send().await;
        assert_eq!((reply.status, reply.header("location")), (303, "acmeapp://enter/?theme=dark"));
    }

    async fn a_double_click_two_tabs_and_a_lost_reply_lock_nobody_out(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let shown = Shown::to(&app, &id).await;
        // The second tab has the first one's cookie.
        let second = Shown::of(&click(&app, &id).header("cookie", &shown.pass).send().await);
        let (first, again, other_tab) =
            tokio::join!(shown.post(&app).send(), shown.post(&app).send(), second.post(&app).send());
        app.forward(Duration::from_secs(50));
        let late = shown.post(&app).send().await;
        let token = inside(&first);
        assert!(token.starts_with("ps_live_"));
        for reply in [&again, &other_tab, &late] {
            assert_eq!(inside(reply), token);
        }
        assert_eq!(active_sessions(&app).await, 1);
        // Later than that, the cookie leads on.
        app.forward(Duration::from_secs(60));
        let much_later = shown.post(&app).header("cookie", &signed_in_as(&token)).send().await;
        assert_eq!(inside(&much_later), "", "no new session");
        let without = shown.post(&app).send().await;
        assert_eq!((without.status, without.header("location")), (302, EXPIRED));
        assert_eq!(active_sessions(&app).await, 1);
    }

    async fn a_second_browser_is_refused(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let (mine, theirs) = (Shown::to(&app, &id).await, Shown::to(&app, &id).await);
        assert_ne!(mine.pass, theirs.pass);
        let token = inside(&mine.post(&app).send().await);
        let refused = theirs.post(&app).send().await;
        assert_eq!((refused.status, refused.header("location")), (302, EXPIRED));
        assert!(app.accepts(&token).await);
        assert_eq!(active_sessions(&app).await, 1);
    }

    async fn what_was_revoked_or_ended_is_never_brought_back(app: TestApp) {
        let created = app.create(json!({ "slug": "hosted-portal" })).await;
        let shown = Shown::to(&app, created["sessionId"].as_str().expect("an ID")).await;
        let token = inside(&shown.post(&app).send().await);
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": created["id"] })).await;
        let again = shown.post(&app).header("cookie", &signed_in_as(&token)).send().await;
        assert_eq!((again.status, again.header("location")), (302, EXPIRED));
        assert!(!app.accepts(&token).await);
    }

    async fn a_form_of_anybody_else_signs_nobody_in(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let shown = Shown::to(&app, &id).await;
        let other = Shown::to(&app, &ticket(&app, json!({})).await).await;
        let planted = format!("{}; {}", other.pass, shown.pass);
        let of_a_neighbour = shown.pass.replacen("__Host-", "", 1);
        let with = |nonce: &str, cookie: &str| form(&app, &id, nonce).header("cookie", cookie);
        let own = |call: Call| call.headers(&OWN_PAGE);
        for (what, call) in [
            ("no nonce", own(with("", &shown.pass))),
            ("another browser's nonce", own(with(&other.nonce, &shown.pass))),
            ("another browser's cookie", own(with(&shown.nonce, &other.pass))),
            ("a planted cookie before the own", own(with(&shown.nonce, &planted))),
            ("a cookie that a neighbour host can set", own(with(&shown.nonce, &of_a_neighbour))),
            ("no cookie", own(form(&app, &id, &shown.nonce))),
            ("the cookie's own value", own(with(shown.pass.split_once('=').expect("a pair").1, &shown.pass))),
            ("a foreign page", with(&shown.nonce, &shown.pass).header("sec-fetch-site", "cross-site")),
            ("a neighbour's page", with(&shown.nonce, &shown.pass).header("sec-fetch-site", "same-site")),
        ] {
            let reply = call.send().await;
            // Not a dead end: the page is there once more, and waits.
            reply.expect_page(403, "name=\"nonce\"");
            assert!(!reply.text.contains("data-goes-on"), "{what}");
            assert!(reply.set_cookies().iter().all(|line| line.starts_with("__Host-portal_landing=")), "{what}");
        }
        // A browser too old to vouch for its page still has the nonce.
        inside(&with(&shown.nonce, &shown.pass).send().await);
    }

    async fn what_is_no_form_is_told_so(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let shown = Shown::to(&app, &id).await;
        let call = |query: &str| app.call(reqwest::Method::POST, &format!("/portal/hosted-portal{query}"));
        let as_json = call("").header("content-type", "application/json").body(json!({ "session": id }).to_string());
        as_json.send().await.expect(415, "bad_request/unsupported_media_type");
        let too_large = form(&app, &id, &"x".repeat(17_000)).send().await;
        too_large.expect(413, "bad_request/request_body_too_large");
        // In the query it would be in logs: it counts only in the body.
        let query = format!("?session={id}&nonce={}", shown.nonce);
        let in_query = call(&query).header("content-type", "application/x-www-form-urlencoded");
        let reply = in_query.headers(&OWN_PAGE).header("cookie", &shown.pass).send().await;
        assert_eq!(reply.status, 302, "as without any session ID: {}", reply.text);
        assert!(reply.set_cookies().iter().all(|line| !line.contains("portal_session")));
        assert_eq!(app.exchange(&id).await.status, 200);
    }

    async fn another_portals_ticket_is_not_spent(app: TestApp) {
        app.reload(in_portal("second-portal", "landing = \"hosted\"\nconfirm = true"));
        let id = app.fresh_id(json!({ "slug": "second-portal" })).await;
        let shown = Shown::of(&app.get(&format!("/portal/second-portal?session={id}")).headers(&CLICK).send().await);
        let reply = shown.post(&app).send().await;
        assert_eq!((reply.status, reply.header("location")), (302, EXPIRED), "posted to hosted-portal");
        assert_eq!(app.exchange(&id).await.status, 200);
    }

    async fn a_portal_that_takes_nobody_in_spends_nothing(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let (_, of_jane) = app.sign_in(ACME_LIVE, json!({ "slug": "hosted-portal", "externalId": "jane" })).await;
        let shown = Shown::to(&app, &id).await;
        let signed_in = format!("{}; {}", shown.pass, signed_in_as(&of_jane));
        let posts = || {
            [shown.post(&app), form(&app, &id, &shown.nonce).headers(&OWN_PAGE).header("cookie", &signed_in)]
        };
        app.reload(in_portal("hosted-portal", "enabled = false"));
        for post in posts() {
            let reply = post.send().await;
            reply.expect_page(403, "switched off");
            assert!(reply.set_cookies().is_empty());
        }
        app.reload(|config| config.replace("landing = \"hosted\"", "landing = \"portal\""));
        for post in posts() {
            let reply = post.send().await;
            reply.expect_page(404, "There is nothing at this address");
            assert!(reply.set_cookies().is_empty());
        }
        app.reload(|config| config);
        assert_eq!(active_sessions(&app).await, 0);
        assert!(app.accepts(&of_jane).await);
        inside(&shown.post(&app).send().await);
    }

    /// The page may have been made without the session's cookie: a `Strict` one does not come along with a
    /// click on another site, nor does any with a form that another site sends.
    async fn the_old_session_of_the_browser_ends_but_never_somebody_elses_unasked(app: TestApp) {
        let (_, of_john) = app.sign_in(ACME_LIVE, json!({ "slug": "hosted-portal", "externalId": "john" })).await;
        let shown = Shown::to(&app, &ticket(&app, json!({ "externalId": "jane" })).await).await;
        let asked = shown.post(&app).header("cookie", &signed_in_as(&of_john)).send().await;
        asked.expect_page(403, "signed in as john");
        assert!(app.accepts(&of_john).await);
        let replaces = value_of(&asked.text, "replaces");
        let answer = |replaces: &str| {
            let body = format!("session={}&nonce={}&replaces={replaces}", shown.session_id, shown.nonce);
            shown.post(&app).header("cookie", &signed_in_as(&of_john)).body(body)
        };
        let (other, _) = app.sign_in(ACME_LIVE, json!({ "slug": "hosted-portal", "externalId": "joan" })).await;
        answer(&other).send().await.expect_page(403, "signed in as john");
        let of_jane = inside(&answer(&replaces).send().await);
        assert!(app.accepts(&of_jane).await && !app.accepts(&of_john).await);

        // The same identifier in another organisation is somebody else.
        let elsewhere = json!({ "externalId": "jane", "externalOrganizationId": "org_2" });
        let elsewhere = Shown::to(&app, &ticket(&app, elsewhere).await).await;
        let asked = elsewhere.post(&app).header("cookie", &signed_in_as(&of_jane)).send().await;
        asked.expect_page(403, "signed in as jane");
        assert!(app.accepts(&of_jane).await);

        // Jane herself is not asked.
        let again = Shown::to(&app, &ticket(&app, json!({ "externalId": "jane" })).await).await;
        let newer = inside(&again.post(&app).header("cookie", &signed_in_as(&of_jane)).send().await);
        assert!(app.accepts(&newer).await && !app.accepts(&of_jane).await);
    }
}

/// Redis hangs, and carries out what was asked when it goes on: the same form finds what it has done.
#[tokio::test]
async fn an_outage_loses_no_ticket_and_offers_the_form_again() {
    let app = TestApp::start(Kind::Redis).await;
    let id = ticket(&app, json!({})).await;
    let shown = Shown::to(&app, &id).await;
    let redis = app.redis.as_ref().expect("the test has a Redis");
    redis.signal("-STOP");
    let reply = shown.post(&app).send().await;
    reply.expect_page(503, "nothing is lost");
    assert_eq!((reply.header("retry-after"), reply.set_cookies().len()), ("2", 0));
    let again = (value_of(&reply.text, "session"), value_of(&reply.text, "nonce"));
    assert_eq!(again, (shown.session_id.clone(), shown.nonce.clone()));
    let looked = click(&app, &id).send().await;
    looked.expect_page(503, "Try again");
    assert!(looked.set_cookies().is_empty() && looked.header("location").is_empty());
    redis.signal("-CONT");
    let token = inside(&shown.post(&app).send().await);
    assert!(app.accepts(&token).await);
    assert_eq!(active_sessions(&app).await, 1);
}

#[tokio::test]
async fn exchanges_by_form_are_limited_too_where_they_are_refused() {
    let limit = |config: String| config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 2");
    let app = TestApp::start_with(Kind::Memory, limit).await;
    for _ in 0..5 {
        let shown = Shown::to(&app, &ticket(&app, json!({})).await).await;
        inside(&shown.post(&app).send().await);
    }
    // As the page of an ID that is spent since.
    let shown = Shown::to(&app, &ticket(&app, json!({})).await).await;
    assert_eq!(app.exchange(&shown.session_id).await.status, 200);
    for _ in 0..2 {
        assert_ne!(shown.post(&app).send().await.status, 429);
    }
    let limited = shown.post(&app).send().await;
    limited.expect_page(429, "Something went wrong");
    assert_eq!((limited.header_values("retry-after").len(), limited.header("ratelimit-limit")), (1, "2"));
    assert!(limited.text.contains(&shown.session_id), "it can be tried again");
}
