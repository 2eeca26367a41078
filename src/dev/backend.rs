//! The demo app's backend as a client of the gateway: any backend does the same, in any language.
//!
//! Owns: the root key, the call over HTTP, and telling the journal of it.
//! Must not know: how the gateway works; it has its address and the public API. (Not `awc`: it would switch on
//! HTTP/2 and WebSockets in the HTTP library that the gateway itself is made of.)

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use super::journal::{Actor, Answer, Entry, Journal, Request, Step};
use crate::domain::credential::RootKey;

/// A gateway on the same machine answers at once, or not at all.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Calls the gateway with the root key.
pub struct Backend {
    client: reqwest::Client,
    key: RootKey,
    /// Where the gateway listens.
    address: SocketAddr,
    /// The same as it is shown.
    origin: String,
    journal: Arc<Journal>,
}

/// What a step is told with: its title, and why it is done.
pub type Words = (&'static str, &'static str);

impl Backend {
    /// For the gateway at `address`, which the pages call `origin`.
    pub fn new(
        key: RootKey,
        address: SocketAddr,
        origin: String,
        journal: Arc<Journal>,
    ) -> Result<Self, reqwest::Error> {
        // The gateway is on this machine: no proxy stands between.
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Backend { client, key, address, origin, journal })
    }

    /// `POST /v2/portal.<verb>`: its status and its answer. An error says in words why there is none.
    pub async fn call(&self, verb: &str, words: Words, body: Value) -> Result<(u16, Value), String> {
        let (path, bearer) = (format!("/v2/portal.{verb}"), format!("Bearer {}", self.key.expose()));
        let url = format!("http://{}{path}", self.address);
        let call = self.client.post(url).header(AUTHORIZATION, &bearer).json(&body);
        let answered = answer(call).await;
        let (title, reason) = words;
        let failed = answered.as_ref().err().map(|error| format!("The gateway does not answer: {error}."));
        self.journal.add(&Entry::Step(Step {
            actor: Actor::App,
            title: title.into(),
            reason: failed.clone().unwrap_or_else(|| reason.into()),
            request: Some(Request {
                method: "POST".into(),
                url: format!("{}{path}", self.origin),
                headers: vec![
                    ("Authorization".into(), bearer),
                    ("Content-Type".into(), "application/json".into()),
                ],
                body: Some(body),
            }),
            answer: answered.as_ref().ok().map(|(status, body)| Answer {
                status: *status,
                headers: Vec::new(),
                body: Some(body.clone()),
            }),
        }));
        answered.map_err(|_| failed.unwrap_or_default())
    }
}

async fn answer(call: reqwest::RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let response = call.send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}
