//! `GET` and `POST /v2/portal.getSession` (API.md section 4).

use actix_web::{HttpRequest, HttpResponse, web};

use super::auth::gateway;
use super::problem::Problem;
use super::session_view::SessionView;
use super::{body, finish};
use crate::domain::presented::Presented;

/// Tells a portal who is there.
pub async fn handle(
    request: HttpRequest,
    presented: Presented,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    body::fields(&body::read(&request, payload).await?, |_| Some(()))?;
    let current = gateway(&request).portals.find_for_reading(&presented).await?;
    finish::note(&request, current.session.handle);
    Ok(finish::success(&request, SessionView::new(&current.session, &current.portal)))
}
