//! How the demo app's backend calls the gateway: over HTTP, as any backend does.
//!
//! Owns: the root key, and recording every call in the journal.
//! Must not know: how the gateway works; it uses the public API. (The client is not `awc`, which would switch on HTTP/2
//! and WebSockets in the HTTP library that the gateway itself uses.)

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use super::journal::{Actor, Answer, Entry, Journal, Request, Step};
use crate::domain::credential::RootKey;

/// A gateway on the same machine answers at once or not at all.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Calls the gateway with the root key.
pub struct GatewayClient {
    client: reqwest::Client,
    key: Arc<RootKey>,
    /// Where the gateway listens.
    address: SocketAddr,
    /// The same, as the pages show it.
    origin: String,
    journal: Arc<Journal>,
}

/// How the journal describes a step: its title, and why it is done.
pub type Words = (&'static str, &'static str);

impl GatewayClient {
    /// For the gateway at `address`, which the pages call `origin`.
    pub fn new(
        key: Arc<RootKey>,
        address: SocketAddr,
        origin: String,
        journal: Arc<Journal>,
    ) -> Result<Self, reqwest::Error> {
        // The gateway is on this machine, so there is no proxy in between.
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(GatewayClient { client, key, address, origin, journal })
    }

    /// Calls `POST /v2/portal.<verb>`. Returns the answer's `data`, or in words why there is none.
    pub async fn call(&self, verb: &str, words: Words, body: Value) -> Result<Value, String> {
        let (path, bearer) = (format!("/v2/portal.{verb}"), format!("Bearer {}", self.key.expose()));
        let call = self.client.post(format!("http://{}{path}", self.address));
        let answered = answer(call.header(AUTHORIZATION, &bearer).json(&body)).await;
        let headers = [("Authorization", bearer), ("Content-Type", "application/json".into())];
        let request = Request {
            method: "POST".into(),
            url: format!("{}{path}", self.origin),
            headers: headers.map(|(name, value)| (name.into(), value)).into(),
            body: Some(body),
        };
        let (title, reason) = words;
        let (reason, answer, result) = match answered {
            Ok((status, body)) => {
                let result = match status {
                    200 => Ok(body["data"].clone()),
                    _ => Err(format!("Vestibule answered {status}: {}", body["error"]["detail"])),
                };
                (reason.to_owned(), Some(Answer { status, headers: Vec::new(), body: Some(body) }), result)
            }
            Err(error) => {
                let words = format!("Vestibule does not answer: {error}.");
                (words.clone(), None, Err(words))
            }
        };
        let step = Step { actor: Actor::App, title: title.into(), reason, request: Some(request), answer };
        self.journal.add(&Entry::Step(step));
        result
    }
}

async fn answer(call: reqwest::RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let response = call.send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}
