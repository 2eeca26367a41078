//! `GET` and `POST /v2/portal.getToken` (API.md section 10): a signed token for calls to other APIs.
//!
//! Must not know: how a token is signed, or what is in it.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::found::found;
use crate::domain::signed_token::Purpose;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::gateway::gateway;
use crate::http::request::auth::OfPage;
use crate::http::request::body;
use crate::http::request::kept::portals;

/// A signed token of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IssuedToken)]
pub struct Issued<'a> {
    /// The JWT. Secret.
    #[schema(format = Password)]
    token: &'a str,
    /// When it ends, Unix milliseconds.
    #[schema(example = 1742000000000u64)]
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    #[schema(example = 300)]
    expires_in: u64,
}

/// Issues a token of the session that is there.
pub async fn handle(
    request: HttpRequest,
    OfPage(presented): OfPage,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let portals = portals(&request);
    let current = found(&request, portals.find_for_page(&presented).await)?;
    body::read_nothing(&request, payload).await?;
    let now_ms = gateway(&request).store_clock.now_ms();
    let token = portals.issue(&current, Purpose::Call, now_ms)?;
    let answer = Issued {
        token: token.expose(),
        expires_at: token.expires_at_s * 1_000,
        expires_in: token.expires_at_s.saturating_sub(now_ms.div_ceil(1_000)),
    };
    Ok(success(&request, answer))
}
