//! `GET` and `POST /v2/portal.getSession` (API.md section 4).

use actix_web::{HttpRequest, HttpResponse, web};

use super::found::found;
use super::session_view::SessionView;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::gateway::gateway;
use crate::http::request::auth::OfPage;
use crate::http::request::body;
use crate::http::request::kept::portals;

/// Tells a portal who is there.
pub async fn handle(
    request: HttpRequest,
    OfPage(presented): OfPage,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    // The session is checked first: nobody's body is read without one.
    let current = found(&request, portals(&request).find_for_page(&presented).await)?;
    body::read_nothing(&request, payload).await?;
    let now_ms = gateway(&request).store_clock.now_ms();
    Ok(success(&request, SessionView::new(&current.session, &current.portal, now_ms)))
}
