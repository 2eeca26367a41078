//! What an exchange takes from its request.
//!
//! Must not know: how a ticket is spent.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, USER_AGENT};

use super::cookies::{self, Texts};
use super::kept::portals;
use crate::domain::candidates::Candidate;
use crate::domain::credential::BrowserToken;
use crate::domain::error::Error;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::messages::{Asker, ExchangeRequest};
use crate::domain::portal::Portal;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What every exchange takes from its request.
pub fn exchange_request<'a>(request: &HttpRequest, session_id: &'a str, asker: Asker) -> ExchangeRequest<'a> {
    let headers = request.headers();
    let held = cookies::sent(headers, portals(request).catalog()).sessions.into_iter().flat_map(tokens);
    // It is for people to read and decides nothing, so invalid text may be decoded with loss.
    let user_agent =
        headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    ExchangeRequest { session_id, asker, idempotency_key: None, user_agent, held: held.collect() }
}

fn tokens((portal, texts): (Arc<Portal>, Texts<'_>)) -> impl Iterator<Item = (Arc<Portal>, BrowserToken)> {
    let sent = cookies::read_candidates(&portal, &texts);
    let tokens: Vec<_> =
        sent.iter().flat_map(|sent| sent.iter()).filter_map(Candidate::as_browser).cloned().collect();
    tokens.into_iter().map(move |token| (portal.clone(), token))
}

/// Two different keys, or one that is not text, are as invalid as one that is too short.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Error> {
    let values: Vec<_> = headers.get_all(IDEMPOTENCY_KEY).collect();
    let text = match values.as_slice() {
        [] => return Ok(None),
        [value] => value.to_str().unwrap_or_default(),
        [_, _, ..] => "",
    };
    let key = IdempotencyKey::parse(text);
    key.map(Some).map_err(|invalid| Error::invalid(vec![invalid.at("header.Idempotency-Key")]))
}
