//! The names of cookies, against a sibling host that plants one: to the browser only `__Host-` at the very beginning
//! is a prefix, so nothing else may be one to the gateway.

use serde_json::json;

use crate::landing::{CLICK, ticket};
use crate::on_both_stores;
use crate::operations::{metrics, value, with_metrics};
use crate::support::app::{Call, Kind, PAGE, Reply, TestApp, deployed_at};

const PATH: &str = "/v2/portal.getSession";
const NAME: &str = "__Host-portal_session_my-portal";
/// What Unicode calls white space and RFC 6265 does not.
const UNICODE_SPACES: [char; 22] = [
    '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}',
    '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{2028}', '\u{2029}', '\u{202f}',
    '\u{205f}', '\u{3000}', '\u{200b}', '\u{feff}', '\u{180e}',
];

fn with_cookies(call: Call, cookies: &str) -> Call {
    Call(call.0.header("cookie", cookies.as_bytes()))
}

async fn who(app: &TestApp, path: &str, cookies: &str) -> Reply {
    with_cookies(app.get(path), cookies).send().await
}

on_both_stores! {
    async fn white_space_of_unicode_makes_another_name(app: TestApp) {
        let victim = app.signed_in(json!({ "externalId": "victim" })).await;
        let attacker = app.signed_in(json!({ "externalId": "attacker" })).await;
        for space in UNICODE_SPACES {
            for planted in [format!("{space}{NAME}"), format!("{NAME}{space}"), format!(" {space}\t{NAME}")] {
                let both = format!("{planted}={attacker}; {NAME}={victim}");
                let reply = who(&app, PATH, &both).await;
                assert_eq!(reply.status, 200, "{planted:?}: {}", reply.text);
                assert_eq!(reply.data()["externalId"], "victim", "{planted:?}");
                let alone = who(&app, PATH, &format!("{planted}={attacker}")).await;
                alone.expect(401, "authentication/portal_token_missing");
                let passes = who(&app, "/v2/portal.authorize", &both).await;
                assert_eq!((passes.status, passes.header("portal-external-id")), (200, "victim"), "{planted:?}");
            }
        }
        let usual = who(&app, PATH, &format!("theme=dark;\t {NAME}\t = {victim} \t;x=y")).await;
        assert_eq!(usual.data()["externalId"], "victim", "spaces and tabs are no part of a name");
    }

    async fn of_two_values_that_no_browser_sends_neither_counts(app: TestApp) {
        let victim = app.signed_in(json!({ "externalId": "victim" })).await;
        let attacker = app.signed_in(json!({ "externalId": "attacker" })).await;
        let orders = [
            format!("{NAME}={attacker}; {NAME}={victim}"),
            format!("{NAME}={victim}; {NAME}={attacker}"),
            format!("{NAME}=x; {NAME}={victim}"),
            format!("{NAME}=; {NAME}={victim}"),
        ];
        for cookies in &orders {
            for path in [PATH, "/v2/portal.getSession?slug=my-portal", "/v2/portal.authorize"] {
                who(&app, path, cookies).await.expect(401, "authentication/portal_session_not_found");
            }
            let end = app.post("/v2/portal.endSession", json!({})).header("origin", PAGE);
            with_cookies(end, cookies).send().await.expect(401, "authentication/portal_session_not_found");
            // Whoever planted one of them does not end the other by a new session either.
            let exchange = app.exchanging(&app.fresh_id(json!({})).await).header("origin", PAGE);
            assert_eq!(with_cookies(exchange, cookies).send().await.status, 200);
        }
        let on_two_lines = app.get(PATH).cookie(&attacker).cookie(&victim).send().await;
        on_two_lines.expect(401, "authentication/portal_session_not_found");
        let no_text = [NAME.as_bytes(), b"=\xff; ", NAME.as_bytes(), b"=", victim.as_bytes()].concat();
        let reply = Call(app.get(PATH).0.header("cookie", no_text)).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
        assert!(app.accepts(&victim).await && app.accepts(&attacker).await);
        let twice = who(&app, PATH, &format!("{NAME}={victim}; {NAME}={victim}")).await;
        assert_eq!(twice.data()["externalId"], "victim", "the same value twice says the same");
    }

    async fn a_landing_pass_beside_another_is_none(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let shown = app.get(&format!("/portal/hosted-portal?session={id}")).headers(&CLICK).send().await;
        let planted = format!("{}; {}x", shown.jar(), shown.jar());
        let again = app.get(&format!("/portal/hosted-portal?session={id}")).headers(&CLICK);
        let again = again.header("cookie", &planted).send().await;
        assert_ne!(again.jar(), shown.jar(), "neither is taken over");
    }
}

#[tokio::test]
async fn the_operator_is_told_that_it_was_ambiguous() {
    let app = with_metrics(Kind::Memory).await;
    let (one, other) = (app.signed_in(json!({})).await, app.signed_in(json!({})).await);
    who(&app, PATH, &format!("{NAME}={one}; {NAME}={other}")).await;
    assert_eq!(
        value(&metrics(&app).await, "vestibule_refusals_total{portal=\"my-portal\",reason=\"ambiguous\"}"),
        1
    );
}

#[tokio::test]
async fn a_name_without_prefix_is_as_exact() {
    let app =
        TestApp::start_with(Kind::Memory, deployed_at("http://localhost:8080", "cookie.name = \"acme\""))
            .await;
    let token = app.signed_in(json!({})).await;
    for space in UNICODE_SPACES {
        let reply = who(&app, PATH, &format!("{space}acme={token}")).await;
        reply.expect(401, "authentication/portal_token_missing");
    }
    assert_eq!(who(&app, PATH, &format!(" acme = {token}")).await.status, 200);
}
