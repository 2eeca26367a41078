//! `GET /portal/{slug}/`: the landing with a slash at its end, as people type it and mail programs complete it.
//!
//! Owns: the way to the address without it.
//! Must not know: what is there.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::error::{Code, Error};
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::refuse_anybody;
use crate::http::request::kept::portals;

/// Leads a person on with the query as it is. Relative, so that a proxy may put a path before it.
pub async fn handle(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let portals = portals(&request);
    let portal = portals.catalog().portal(&slug);
    let portal = portal.ok_or_else(|| refuse_anybody(&request, Error::new(Code::RouteNotFound)))?;
    let query = Some(request.query_string()).filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("../{}{query}", portal.slug);
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, address)).finish())
}
