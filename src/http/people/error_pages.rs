//! `/errors/<category>/<code>`: the pages to which an error's `type` leads (API.md section 2).
//!
//! Owns: the embedded pages of `docs/errors/`, as HTML for a browser, Markdown or JSON for a program.
//! Must not know: any particular error that occurred.

use actix_web::http::header::{CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{article, markdown};
use crate::domain::error::{Code, Error};
use crate::http::answer::envelope::success;
use crate::http::answer::problem::{Problem, status_and_title};
use crate::http::answer::refusal::refuse_anybody;
use crate::http::request::wishes::accepts;

/// Serves the page of one code.
pub async fn handle(
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (category, name) = path.into_inner();
    let wire_name = format!("{category}/{name}");
    let code = Code::ALL.iter().copied().find(|code| code.wire_name() == wire_name);
    let code = code.ok_or_else(|| refuse_anybody(&request, Error::new(Code::RouteNotFound)))?;
    let headers = request.headers();
    let mut response = if accepts(headers, "text/html") {
        as_html(code)
    } else if accepts(headers, "application/json") {
        as_json(&request, code)
    } else {
        let markdown = "text/markdown; charset=utf-8";
        HttpResponse::Ok().insert_header((CONTENT_TYPE, markdown)).body(markdown_of(code))
    };
    response.headers_mut().append(VARY, actix_web::http::header::HeaderValue::from_static("Accept"));
    Ok(response)
}

fn as_json(request: &HttpRequest, code: Code) -> HttpResponse {
    let (status, title) = status_and_title(code);
    let page = serde_json::json!({
        "code": code.wire_name(),
        "title": title,
        "status": status.as_u16(),
        "detail": code.detail(),
        "markdown": markdown_of(code),
    });
    success(request, page)
}

fn as_html(code: Code) -> HttpResponse {
    let name = code.wire_name();
    let page = markdown::page(&format!("errors/{name}"), markdown_of(code));
    article::html(name, &(page.html + "<p><a href=\"/errors/\">All errors</a></p>"))
}

macro_rules! markdown {
    ($name:literal) => {
        include_str!(concat!("../../../docs/errors/", $name, ".md"))
    };
}

fn markdown_of(code: Code) -> &'static str {
    match code {
        Code::Missing => markdown!("authentication/missing"),
        Code::Malformed => markdown!("authentication/malformed"),
        Code::KeyNotFound => markdown!("authentication/key_not_found"),
        Code::PortalTokenMissing => markdown!("authentication/portal_token_missing"),
        Code::PortalSessionNotFound => markdown!("authentication/portal_session_not_found"),
        Code::Forbidden => markdown!("authorization/forbidden"),
        Code::InsufficientPermissions => markdown!("authorization/insufficient_permissions"),
        Code::TooManySessions => markdown!("authorization/too_many_sessions"),
        Code::PortalConfigNotFound => markdown!("data/portal_config_not_found"),
        Code::InvalidInput => markdown!("application/invalid_input"),
        Code::RequestBodyUnreadable => markdown!("bad_request/request_body_unreadable"),
        Code::UnsupportedMediaType => markdown!("bad_request/unsupported_media_type"),
        Code::RequestBodyTooLarge => markdown!("bad_request/request_body_too_large"),
        Code::RequestTimeout => markdown!("bad_request/request_timeout"),
        Code::RouteNotFound => markdown!("bad_request/route_not_found"),
        Code::MethodNotAllowed => markdown!("bad_request/method_not_allowed"),
        Code::RateLimited => markdown!("too_many_requests/rate_limited"),
        Code::ServiceUnavailable => markdown!("application/service_unavailable"),
        Code::UnexpectedError => markdown!("application/unexpected_error"),
    }
}
