//! `GET /portal/{slug}/`: the landing's address with a slash at the end, as some people type it and some mail programs
//! write it.
//!
//! Owns: the redirect to the address without the slash.
//! Must not know: what is there.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::error::{Code, Error};
use crate::http::answer::problem::Problem;
use crate::http::answer::refusal::refuse_anybody;
use crate::http::request::kept::portals;

/// Redirects with the query unchanged. The address is relative, so that a proxy may put a path before it.
pub async fn handle(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let portals = portals(&request);
    let portal = portals.catalog().portal(&slug);
    let portal = portal.ok_or_else(|| refuse_anybody(&request, Error::new(Code::RouteNotFound)))?;
    let query = Some(request.query_string()).filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let address = format!("../{}{query}", portal.slug);
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, address)).finish())
}
