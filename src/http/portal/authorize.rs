//! `/v2/portal.authorize` (API.md sections 4 and 14): a reverse proxy asks whether a request may pass.
//!
//! Owns: the order of the checks. It accepts any method, because proxies may pass on the original one. What is asked
//! is in `authorize/asked.rs`, what the portal is told in `authorize/identity.rs`.
//! Must not know: how a session is found or a home is chosen.

mod asked;
mod identity;

use actix_web::{HttpRequest, HttpResponse};

use self::asked::Asked;
use super::found::found;
use crate::domain::error::Error;
use crate::domain::presented::Presented;
use crate::domain::signed_token::Purpose;
use crate::http::answer::cors;
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::{refuse, refuse_by_status};
use crate::http::answer::resume;
use crate::http::gateway::gateway;
use crate::http::request::kept::portals;

/// Answers 200 with the session's headers, 401, 403, or sends a navigation home.
pub async fn handle(
    request: HttpRequest,
    presented: Result<Presented, Error>,
) -> Result<HttpResponse, Problem> {
    // The proxy passes a refusal on to the page that asked, which must be able to read it.
    answer(&request, presented).await.map_err(|problem| cors::readable(&request, problem))
}

async fn answer(request: &HttpRequest, presented: Result<Presented, Error>) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(request)?;
    if asked.lets_through_unasked(request) {
        let mut response = identity::of_nobody(&asked.with);
        if asked.with_assertion {
            identity::assert(&mut response, "");
        }
        return Ok(response);
    }
    let presented = presented?;
    let portals = portals(request);
    match found(request, portals.authorize(&presented, &asked.required).await) {
        Ok(current) => {
            let mut response = identity::of(&current, &asked.with);
            if asked.with_assertion {
                let now_ms = gateway(request).store_clock.now_ms();
                identity::assert(
                    &mut response,
                    portals.issue(&current, Purpose::Assertion, now_ms)?.expose(),
                );
            }
            Ok(response)
        }
        Err(error) if asked.denies_by_status => Err(refuse_by_status(request, error)),
        Err(error) => Err(resume::keep(request, &presented, refuse(request, &presented, error, None))),
    }
}
