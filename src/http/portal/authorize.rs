//! `/v2/portal.authorize` (API.md section 4): a reverse proxy asks whether a request may pass.
//!
//! Owns: the query and the `Portal-*` headers. Any method: a proxy may pass the original's on.
//! Must not know: how a session is found or a home is chosen.

use std::borrow::Cow;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::domain::error::Error;
use crate::domain::invalid::Fault;
use crate::domain::messages::CurrentSession;
use crate::domain::permission::Permission;
use crate::domain::presented::Presented;
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::refuse;
use crate::http::request::auth::query;
use crate::http::request::kept::{note, portals};

/// Everything that is not visible ASCII, and `%` itself.
const NOT_VISIBLE: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// Answers 200 with the session's headers, 401, 403, or sends a navigation home.
pub async fn handle(request: HttpRequest, presented: Presented) -> Result<HttpResponse, Problem> {
    let required = read_permissions(&request)?;
    match portals(&request).authorize(&presented, &required).await {
        Ok(current) => {
            note(&request, current.session.handle);
            Ok(allowed(&current))
        }
        Err(error) => refused(&request, &presented, error),
    }
}

fn read_permissions(request: &HttpRequest) -> Result<Vec<Permission>, Error> {
    let (mut required, mut faults): (Vec<Permission>, Vec<Fault>) = (Vec::new(), Vec::new());
    for (index, text) in query(request, "permission").enumerate() {
        match Permission::parse(&text) {
            Ok(permission) => required.push(permission),
            Err(invalid) => faults.push(invalid.at(format!("query.permission[{index}]"))),
        }
    }
    if faults.is_empty() { Ok(required) } else { Err(Error::invalid(faults)) }
}

/// Always all of them, empty where there is no value: a proxy that copies them overwrites what a client sent.
fn allowed(current: &CurrentSession) -> HttpResponse {
    let (session, grant) = (&current.session, &current.session.grant);
    let permissions: Vec<_> = grant.permissions.iter().map(|permission| permission.as_str()).collect();
    let organization_id = grant.external_organization_id.as_deref().unwrap_or_default();
    let headers = [
        ("portal-session-id", encoded(&session.handle.to_string())),
        ("portal-slug", encoded(&grant.slug)),
        ("portal-external-id", encoded(&grant.external_id)),
        ("portal-organization-id", encoded(organization_id)),
        ("portal-permissions", encoded(&permissions.join(","))),
        ("portal-environment", HeaderValue::from_static(grant.environment.name())),
        ("portal-preview", HeaderValue::from_static(if grant.preview { "true" } else { "false" })),
        ("portal-expires-at", HeaderValue::from(session.expires_at_ms)),
    ];
    let mut response = HttpResponse::Ok().finish();
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

fn encoded(value: &str) -> HeaderValue {
    let value = Cow::from(utf8_percent_encode(value, NOT_VISIBLE));
    // What is left are visible characters, of which every header may be made.
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn refused(request: &HttpRequest, presented: &Presented, error: Error) -> Result<HttpResponse, Problem> {
    // nginx's auth_request knows no redirect: it takes the address from a header of the 401.
    if query(request, "deny").any(|deny| deny == "status") {
        let home = error.home.as_ref().and_then(|home| home.url.clone());
        let problem = Problem::from(error);
        return Err(match home {
            Some(home) => problem.with_header(HeaderName::from_static("portal-redirect"), home.as_str()),
            None => problem,
        });
    }
    Err(refuse(request, presented, error, None))
}
