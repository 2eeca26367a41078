//! A running playground, and what a browser sends to its three parts.

use serde_json::{Value, json};

use crate::support::app::{Call, Reply};
use crate::support::process::{Process, vestibule};

pub const ANY: &str = "127.0.0.1:0";

/// A running playground, and a browser's way to speak to it.
pub struct Playground {
    pub process: Process,
    pub client: reqwest::Client,
    pub app: String,
    pub portal: String,
    pub gateway: String,
    pub key: String,
}

impl Playground {
    pub fn start() -> Self {
        let arguments = ["dev", "--listen", ANY, "--app-listen", ANY, "--portal-listen", ANY];
        let mut process = Process::spawn(&mut vestibule(&arguments));
        process.wait_for_line(|line| line.starts_with("Stop with"));
        let after = |label: &str| {
            let line = process.output.iter().find(|line| line.trim_start().starts_with(label));
            line.and_then(|line| line.split_whitespace().last()).expect("its address").to_owned()
        };
        let (app, portal, gateway) = (after("Demo app"), after("Demo portal"), after("Gateway"));
        let mut lines = process.output.iter();
        let key =
            lines.find_map(|line| line.strip_prefix("export VESTIBULE_ROOT_KEY=")).expect("the root key");
        let key = key.to_owned();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = client.build().expect("a client");
        Playground { process, client, app, portal, gateway, key }
    }

    pub async fn get(&self, url: &str, cookie: &str) -> Reply {
        Call(self.client.get(url)).header("cookie", cookie).send().await
    }

    /// A form or script of the page at `origin` sends this.
    pub async fn post(&self, origin: &str, url: &str, body: Body<'_>, cookie: &str) -> Reply {
        let call = self.client.post(url).header("origin", origin).header("cookie", cookie);
        let call = match body {
            Body::Form(text) => {
                call.header("content-type", "application/x-www-form-urlencoded").body(text.to_owned())
            }
            Body::Json(value) => call.json(&value),
        };
        Call(call).send().await
    }

    pub async fn form(&self, path: &str, body: &str, cookie: &str) -> Reply {
        self.post(&self.app, &format!("{}{path}", self.app), Body::Form(body), cookie).await
    }

    /// The login cookie of a user of the demo app.
    pub async fn log_in(&self, user: &str) -> String {
        let reply = self.form("/log-in", &format!("user={user}"), "").await;
        assert_eq!((reply.status, reply.header("location")), (303, "/"));
        reply.jar()
    }

    /// The session ID in the address that the browser is sent to.
    pub fn session_id(&self, reply: &Reply) -> String {
        assert_eq!(reply.status, 303, "{}", reply.text);
        let id = reply.header("location").strip_prefix(&format!("{}/?session=", self.portal));
        id.unwrap_or_else(|| panic!("not to the portal: {}", reply.header("location"))).to_owned()
    }

    /// What the portal's page does with it: the portal session's cookie, and the session.
    pub async fn exchange(&self, session_id: &str) -> (String, Value) {
        let url = format!("{}/v2/portal.exchangeSession", self.gateway);
        let body = Body::Json(json!({ "sessionId": session_id }));
        let reply = self.post(&self.portal, &url, body, "").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("access-control-allow-origin"), self.portal);
        (reply.jar(), reply.data()["session"].clone())
    }

    pub async fn get_session(&self, cookie: &str) -> Reply {
        let url = format!("{}/v2/portal.getSession?slug=my-portal", self.gateway);
        Call(self.client.get(url)).header("origin", &self.portal).header("cookie", cookie).send().await
    }

    /// A user in the portal: both cookies, and the session.
    pub async fn in_portal(&self, user: &str) -> (String, String, Value) {
        let login = self.log_in(user).await;
        let opened = self.form("/open", "portal=my-portal", &login).await;
        let (cookie, session) = self.exchange(&self.session_id(&opened)).await;
        (login, cookie, session)
    }

    pub async fn state(&self, site: &str) -> Value {
        self.get(&format!("{site}/state"), "").await.json()
    }
}

/// A hidden field of the form in a page.
pub fn hidden(page: &Reply, name: &str) -> String {
    let rest = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
    rest.split('"').next().expect("its end").to_owned()
}

/// What is sent.
pub enum Body<'a> {
    Form(&'a str),
    Json(Value),
}
