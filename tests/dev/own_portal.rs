//! `vestibule dev --portal-url`: the gateway for a portal of the developer's own, from creation to session.

use serde_json::json;

use super::playground::{ANY, Body, Playground, hidden};
use super::{refused, titles};
use crate::support::app::{Call, Reply};
use crate::support::echo::Echo;
use crate::support::process::{Process, vestibule};

/// Where nobody listens: only the address counts.
const APP: &str = "http://localhost:4321/billing";

/// A portal on another port, and its gateway.
struct Stage {
    portal: Echo,
    process: Process,
    client: reqwest::Client,
}

impl Stage {
    fn start(more: &[&str]) -> Self {
        let portal = Echo::start();
        let url = format!("http://localhost:{}/", portal.address.port());
        let mut command = vestibule(&["dev", "--listen", ANY, "--portal-url", &url]);
        let mut process = Process::spawn(command.args(more));
        process.wait_for_line(|line| line.contains("Stop with"));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        Stage { portal, process, client: client.build().expect("a client") }
    }

    fn url(&self) -> String {
        format!("http://localhost:{}/", self.portal.address.port())
    }

    /// What is printed for an `.env` file.
    fn variable(&self, name: &str) -> &str {
        let mut values =
            self.process.output.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.next_back().unwrap_or_else(|| panic!("{name} is not in {:#?}", self.process.output))
    }

    /// The browser at the gateway's page, which leads it on to the portal; the jar it has then.
    async fn follows(&self, link: &str) -> String {
        let landing = link.split('?').next().expect("a link");
        assert_eq!(landing, format!("{}/portal/my-portal", self.variable("VESTIBULE_URL")));
        let page = Call(self.client.get(link)).send().await;
        let body = format!("session={}&nonce={}", hidden(&page, "session"), hidden(&page, "nonce"));
        let form = self.client.post(landing).header("content-type", "application/x-www-form-urlencoded");
        let form = form.header("origin", "null").header("cookie", page.jar()).body(body);
        let entered = Call(form).send().await;
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, self.url().as_str()),
            "{}",
            entered.text
        );
        entered.jar()
    }

    /// The portal's page asks who is there.
    async fn session(&self, jar: &str) -> Reply {
        let url = format!("{}/v2/portal.getSession?slug=my-portal", self.variable("VESTIBULE_URL"));
        let asked = self.client.get(url).header("origin", self.url().trim_end_matches('/'));
        Call(asked.header("cookie", jar)).send().await
    }
}

#[tokio::test]
async fn a_backend_of_ones_own_leads_a_user_into_a_portal_of_ones_own() {
    let stage = Stage::start(&["--app-url", APP]);
    let url = format!("{}/v2/portal.createSession", stage.variable("VESTIBULE_URL"));
    let create = stage.client.post(url).bearer_auth(stage.variable("VESTIBULE_ROOT_KEY"));
    let body = json!({ "slug": "my-portal", "externalId": "jane", "permissions": ["invoices:read"] });
    let created = Call(create.json(&body)).send().await;
    let jar = stage.follows(created.data()["url"].as_str().expect("a link")).await;
    let session = stage.session(&jar).await;
    assert_eq!(session.header("access-control-allow-origin"), stage.url().trim_end_matches('/'));
    assert_eq!(
        (&session.data()["externalId"], &session.data()["environment"]),
        (&json!("jane"), &json!("test"))
    );
    let nobody = stage.session("").await;
    let home = nobody.error()["redirectUrl"].clone();
    assert_eq!(home, format!("{APP}?reason=session_missing"), "{}", nobody.text);
}

/// The documents' commands take both variables from the shell.
#[test]
fn what_is_printed_for_a_shell_works_in_one() {
    let stage = Stage::start(&["--app-url", APP]);
    let lines = stage.process.output.iter().filter(|line| line.starts_with("export "));
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let call = r#"curl -sS "$VESTIBULE_URL/v2/portal.createSession" -H "Authorization: Bearer $VESTIBULE_ROOT_KEY" \
      -H "Content-Type: application/json" -d '{"slug":"my-portal","externalId":"jane","permissions":["keys:read"]}'"#;
    let script = format!("{}\n{call}", lines.join("\n"));
    let output = std::process::Command::new("sh").args(["-e", "-c", &script]).output().expect("sh runs");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.contains("\"sessionId\":\"pst_"), "{answer}");
}

#[tokio::test]
async fn without_an_app_the_demo_app_leads_its_users_there() {
    let stage = Stage::start(&["--app-listen", ANY]);
    let gateway = stage.variable("VESTIBULE_URL").to_owned();
    let line = stage.process.output.iter().find_map(|line| line.strip_prefix("Open "));
    let app = line.and_then(|line| line.split(' ').next()).expect("the demo app").to_owned();
    let portal = stage.url();
    let (client, key) = (stage.client.clone(), stage.variable("VESTIBULE_ROOT_KEY").to_owned());
    let playground = Playground { process: stage.process, client, app, portal, gateway, key };
    let login = playground.log_in("user_ada").await;
    let opened = playground.form("/open", "portal=my-portal", &login).await;
    let link = opened.header("location").to_owned();
    let state = playground.state(&playground.app).await;
    assert!(titles(&state).iter().any(|title| title.contains("Vestibule's own page")), "{state}");
    assert_eq!(state["hasOwnPortal"], true);
    let listed = playground.form("/sessions", "user=user_ada", "").await.json();
    assert_eq!(listed["sessions"][0]["portal"], "my-portal");
    let url = format!("{}/revoke", playground.app);
    let revoked = playground.post(&playground.app, &url, Body::Form("user=user_ada"), "").await;
    assert_eq!(revoked.json(), json!({ "revoked": 1 }));
    let stage = Stage { portal: stage.portal, process: playground.process, client: playground.client };
    let fresh = Call(stage.client.get(format!("{}/billing?reason=session_missing", playground.app)));
    let sent = fresh.header("cookie", &login).send().await;
    assert_ne!(sent.header("location"), link);
    let jar = stage.follows(sent.header("location")).await;
    assert_eq!(stage.session(&jar).await.data()["externalId"], "user_ada");
}

#[test]
fn an_address_that_would_not_get_the_cookie_is_refused_with_the_one_to_write() {
    for (arguments, flag) in [
        (&["--portal-url", "http://127.0.0.1:5173/"][..], "--portal-url http://127.0.0.1:5173/"),
        (&["--portal-url", "https://portal.example.com"], "--portal-url https://portal.example.com/"),
        (
            &["--portal-url", "http://localhost:1/", "--app-url", "http://[::1]:1/"],
            "--app-url http://[::1]:1/",
        ),
    ] {
        let (code, words) = refused(&[&["dev"], arguments].concat());
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains(flag) && words.contains("write http://localhost:<port>/"), "{words}");
    }
}

#[test]
fn the_arguments_that_exclude_one_another_are_told() {
    for (arguments, named) in [
        (&["--app-url", APP][..], "--portal-url"),
        (&["--portal-url", APP, "--portal-listen", ANY], "--portal-listen"),
        (&["--portal-url", APP, "--app-url", APP, "--app-listen", ANY], "--app-listen"),
    ] {
        let (code, words) = refused(&[&["dev"], arguments].concat());
        assert_eq!(code, Some(2), "{words}");
        assert!(words.contains(named), "{words}");
    }
}
