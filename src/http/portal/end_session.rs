//! `POST /v2/portal.endSession` (API.md section 4): logout.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::found::found;
use crate::domain::credential::Digest;
use crate::domain::error::Error;
use crate::domain::handle::Handle;
use crate::domain::messages::EndedSession;
use crate::domain::portals::portal::NothingToEnd;
use crate::http::answer::cookies;
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::answer::resume;
use crate::http::gateway::gateway;
use crate::http::request::auth::OfPage;
use crate::http::request::kept::portals;
use crate::http::request::{asked_host, body, client_address};
use crate::telemetry::{SessionEvent, audit};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Where the user goes after a logout.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndedSession)]
pub struct Ended<'a> {
    /// The session's own return URL, or else the portal's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    return_url: Option<&'a str>,
}

/// Ends the session, and clears what the browser keeps of it.
pub async fn handle(
    request: HttpRequest,
    OfPage(presented): OfPage,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let portals = portals(&request);
    // The session is checked first: nobody's body is read without one.
    let current = match portals.find_for_ending(&presented).await {
        Ok(current) => Ok(current),
        Err(NothingToEnd::Refused(error)) => Err(error),
        Err(NothingToEnd::Over(over)) => {
            let gateway = gateway(&request);
            gateway.limits.check_logout(client_address::of(&request, gateway), over.user())?;
            Err(portals.settle_over(over).await)
        }
    };
    let current = found(&request, current)?;
    body::read_nothing(&request, payload).await?;
    let EndedSession { current, ends } = portals.end(&presented, current).await;
    let (session, portal) = (&current.session, &current.portal);
    for (handles, confirmed) in [(&ends.ended, None), (&ends.unconfirmed, Some(false))] {
        for handle in handles.iter().map(Handle::to_string) {
            audit(SessionEvent::Ended { handle: &handle, portal: &portal.slug, confirmed });
        }
    }
    // What has ended is told first: a repeat finds no session, and so tells nothing.
    if let Some(error) = ends.not_ended {
        return Err(Error::from(error).into());
    }
    let return_url = session.grant.return_url.as_ref().or(portal.return_url.as_ref());
    let mut response = success(&request, Ended { return_url: return_url.map(url::Url::as_str) });
    // A direct token has no cookie; the browser's session of the same portal, if it has one, goes on.
    if current.is_direct {
        return Ok(response);
    }
    let known = |value: &str| Digest::of(value) == current.digest;
    for cookie in cookies::leftovers(portal, request.headers(), known).into_iter().chain(cookies::end(portal))
    {
        cookies::add(&mut response, cookie);
    }
    // Whoever signs in here next did not ask for it.
    resume::forget(&request, portal, &mut response);
    // A browser clears the host that answers, which may be other portals': every name that leads here is answered at.
    if portal.clear_site_data && asked_host::is_of(&portal.public_url, &request) {
        let kept = HeaderValue::from_static("\"cache\", \"storage\"");
        response.headers_mut().insert(CLEAR_SITE_DATA, kept);
    }
    Ok(response)
}
