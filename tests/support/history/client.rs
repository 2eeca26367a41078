//! One client of several gateways: makes a call, and reads its answer as strictly as the contract allows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{Call, Event, Name, Outcome, Stopwatch};
use crate::support::app::{ACME_LIVE, Reply};

/// Longer than any gateway may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a session is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    GetSession,
    Authorize,
    /// Where a dead session is a redirect, and an outage must not be one.
    Navigation,
}

/// What all clients of one run share.
pub struct Journal {
    pub stopwatch: Stopwatch,
    /// `http://127.0.0.1:…` of every gateway.
    pub gateways: Vec<String>,
    events: Mutex<Vec<Event>>,
}

impl Journal {
    pub fn new(gateways: Vec<String>) -> Arc<Self> {
        Arc::new(Journal { stopwatch: Stopwatch::start(), gateways, events: Mutex::default() })
    }

    fn push(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// All so far, in the order of their ends.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn count(&self, fits: impl Fn(&Event) -> bool) -> usize {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().filter(|event| fits(event)).count()
    }
}

/// With connections of its own.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    journal: Arc<Journal>,
    /// Life of the sessions that it creates.
    pub ttl_seconds: u64,
    /// Direct sessions are asked for at so many of the gateways, the first ones; at all of them if there is no number.
    know_direct: Option<usize>,
}

impl Client {
    pub fn new(journal: Arc<Journal>) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let http = http.redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Client { http, journal, ttl_seconds: 3_600, know_direct: None }
    }

    /// Asks for direct sessions at so many of the gateways only, the first ones.
    pub fn that_opens_at(self, know_direct: Option<usize>) -> Self {
        Client { know_direct, ..self }
    }

    pub async fn create(&self, gateway: usize, user: &Name) -> Outcome {
        let body = json!({
            "slug": "my-portal", "externalId": &**user, "permissions": ["keys:read"],
            "ttlSeconds": self.ttl_seconds,
        });
        let request = self.post(gateway, "createSession", body).bearer_auth(ACME_LIVE);
        self.record(Call::Create { user: user.clone() }, request).await
    }

    /// A repeat with the same key must be the same request, and so have the same life.
    pub async fn open(&self, gateway: usize, user: &Name, key: &Name) -> Outcome {
        let body = json!({
            "slug": "my-portal", "externalId": &**user, "permissions": ["keys:read"],
            "ttlSeconds": self.ttl_seconds,
        });
        let gateway = self.knowing_direct(gateway);
        let request = self.post(gateway, "createSessionToken", body).bearer_auth(ACME_LIVE);
        let call = Call::Open { user: user.clone(), key: key.clone() };
        self.record(call, request.header("idempotency-key", &**key)).await
    }

    pub async fn list(&self, gateway: usize, user: &Name) -> Outcome {
        let body = json!({ "slug": "my-portal", "externalId": &**user });
        let request = self.post(gateway, "listSessions", body).bearer_auth(ACME_LIVE);
        self.record(Call::List { user: user.clone() }, request).await
    }

    pub async fn exchange(&self, gateway: usize, ticket: &Name, key: Option<&Name>) -> Outcome {
        let mut request = self.post(gateway, "exchangeSession", json!({ "sessionId": &**ticket }));
        if let Some(key) = key {
            request = request.header("idempotency-key", &**key);
        }
        self.record(Call::Exchange { ticket: ticket.clone(), key: key.cloned() }, request).await
    }

    pub async fn verify(&self, gateway: usize, token: &Name, manner: Manner) -> Outcome {
        let gateway = self.place_of(token, gateway);
        let get = |verb| self.http.get(self.url(gateway, verb));
        // A direct token goes into no cookie.
        let authorize = || match token.starts_with("pt_") {
            true => get("authorize").bearer_auth(token),
            false => get("authorize").header("cookie", format!("__Host-portal_session_my-portal={token}")),
        };
        let request = match manner {
            Manner::GetSession => get("getSession").bearer_auth(token),
            Manner::Authorize => authorize(),
            Manner::Navigation => authorize().header("sec-fetch-mode", "navigate"),
        };
        self.record(Call::Verify { token: token.clone() }, request).await
    }

    pub async fn end(&self, gateway: usize, token: &Name) -> Outcome {
        let gateway = self.place_of(token, gateway);
        let request = self.post(gateway, "endSession", json!({})).bearer_auth(token);
        self.record(Call::End { token: token.clone() }, request).await
    }

    pub async fn revoke(&self, gateway: usize, handle: &Name) -> Outcome {
        let request = self.post(gateway, "revokeSession", json!({ "id": &**handle })).bearer_auth(ACME_LIVE);
        self.record(Call::Revoke { handle: handle.clone() }, request).await
    }

    pub async fn revoke_all(&self, gateway: usize, user: &Name) -> Outcome {
        let body = json!({ "slug": "my-portal", "externalId": &**user });
        let request = self.post(gateway, "revokeSession", body).bearer_auth(ACME_LIVE);
        self.record(Call::RevokeAll { user: user.clone() }, request).await
    }

    fn knowing_direct(&self, gateway: usize) -> usize {
        gateway % self.know_direct.unwrap_or(self.journal.gateways.len())
    }

    fn place_of(&self, token: &Name, gateway: usize) -> usize {
        if token.starts_with("pt_") { self.knowing_direct(gateway) } else { gateway }
    }

    fn url(&self, gateway: usize, verb: &str) -> String {
        format!("{}/v2/portal.{verb}", self.journal.gateways[gateway])
    }

    fn post(&self, gateway: usize, verb: &str, body: Value) -> RequestBuilder {
        self.http.post(self.url(gateway, verb)).json(&body)
    }

    async fn record(&self, call: Call, request: RequestBuilder) -> Outcome {
        let started_us = self.journal.stopwatch.now_us();
        let reply = answer_of(request).await;
        let ended_us = self.journal.stopwatch.now_us();
        let outcome = match reply {
            Ok(reply) => read(&call, &reply),
            Err(error) if error.is_connect() => Outcome::NotConnected,
            Err(_) => Outcome::Unanswered,
        };
        self.journal.push(Event { started_us, ended_us, call, outcome: outcome.clone() });
        outcome
    }
}

async fn answer_of(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Reply { status, headers, text: response.text().await? })
}

fn read(call: &Call, reply: &Reply) -> Outcome {
    let is_untouched = reply.set_cookies().is_empty();
    let understood = match reply.status {
        200 => success(call, reply),
        400 if matches!(call, Call::Open { .. }) && reply.text.contains("header.Idempotency-Key") => {
            Some(Outcome::Refused)
        }
        302 if is_sent_home(reply) => Some(Outcome::Refused),
        401 if reply.text.contains("authentication/portal_session_not_found") && is_untouched => {
            Some(Outcome::Refused)
        }
        403 if reply.text.contains("authorization/too_many_sessions") && is_untouched => Some(Outcome::Full),
        503 if reply.text.contains("application/service_unavailable")
            && reply.header("retry-after").parse::<u64>().is_ok()
            && reply.header("location").is_empty()
            && is_untouched =>
        {
            Some(Outcome::Outage)
        }
        _ => None,
    };
    understood
        .unwrap_or_else(|| Outcome::Wrong(format!("{} {:?} {}", reply.status, reply.headers, reply.text)))
}

fn is_sent_home(reply: &Reply) -> bool {
    reply.header("location").contains("reason=session_expired")
}

fn success(call: &Call, reply: &Reply) -> Option<Outcome> {
    let data = || serde_json::from_str::<Value>(&reply.text).ok().map(|body| body["data"].clone());
    let name = |value: &Value| value.as_str().map(Name::from);
    match call {
        Call::Create { .. } => {
            let data = data()?;
            let (ticket, handle) = (name(&data["sessionId"])?, name(&data["id"])?);
            Some(Outcome::Created { ticket, handle, expires_at_ms: data["expiresAt"].as_u64()? })
        }
        Call::Open { .. } => {
            let data = data()?;
            let (token, handle) = (name(&data["token"])?, name(&data["id"])?);
            Some(Outcome::Opened { token, handle, expires_at_ms: data["expiresAt"].as_u64()? })
        }
        Call::List { .. } => {
            let data = data()?;
            let direct = data.as_array()?.iter().filter(|session| session["kind"] == "direct");
            Some(Outcome::Listed { direct: direct.map(|one| name(&one["id"])).collect::<Option<_>>()? })
        }
        Call::Exchange { .. } => {
            let data = data()?;
            let (token, handle) = (name(&data["token"])?, name(&data["session"]["id"])?);
            Some(Outcome::Exchanged { token, handle, expires_at_ms: data["expiresAt"].as_u64()? })
        }
        Call::Verify { .. } => {
            let handle = match reply.header("portal-session-id") {
                "" => name(&data()?["id"])?,
                handle => handle.into(),
            };
            Some(Outcome::Live { handle })
        }
        Call::End { .. } | Call::Revoke { .. } | Call::RevokeAll { .. } => {
            data().map(|_| Outcome::Acknowledged)
        }
    }
}
