//! `GET /docs` and the documents below it; `GET /` and `GET /errors/`, which lead a person there.
//!
//! Owns: the frame of a document: a way back, and a table of contents.
//! Must not know: what a document says.

use std::fmt::Write;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use super::article::{self, escape};
use super::library::{self, Document};
use super::markdown;
use crate::domain::error::{Code, Error};
use crate::http::answer::breakable::with_breaks;
use crate::http::answer::problem::{Problem, status_and_title};
use crate::http::answer::refusal::refuse_anybody;
use crate::http::request::wishes::{Waiting, accepts, waiting};

/// Fewer sections are seen at a glance.
const SECTIONS_OF_A_LONG_DOCUMENT: usize = 4;
const REFERENCE: &str = "<p><a href=\"/docs/reference\">The reference of this gateway's API</a> is made from its program, \
     and so is the same for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>";

/// The index of the documentation.
pub async fn home() -> HttpResponse {
    let page = markdown::page("README", library::index().markdown);
    article::html(&escape(&page.title), &(page.html + REFERENCE))
}

/// A document of `docs/`.
pub async fn document(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    named(&request, &name)
}

/// A document of `docs/guides/`.
pub async fn guide(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    named(&request, &format!("guides/{name}"))
}

fn named(request: &HttpRequest, name: &str) -> Result<HttpResponse, Problem> {
    let document = library::document(name);
    let document = document.ok_or_else(|| refuse_anybody(request, Error::new(Code::RouteNotFound)))?;
    Ok(framed(document))
}

fn framed(document: &Document) -> HttpResponse {
    let page = markdown::page(document.name, document.markdown);
    let mut content = String::from("<p><a href=\"/docs\">The documentation</a></p>");
    if page.sections.len() >= SECTIONS_OF_A_LONG_DOCUMENT {
        content.push_str("<nav aria-label=\"Contents\"><ul>");
        for (name, text) in &page.sections {
            let _ = write!(content, "<li><a href=\"#{name}\">{}</a></li>", escape(text));
        }
        content.push_str("</ul></nav>");
    }
    article::html(&escape(&page.title), &(content + &page.html))
}

/// What a person reads at an address where programs find nothing. None: nothing is there for people either.
pub fn for_a_person(request: &HttpRequest) -> Option<HttpResponse> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let is_person = waiting(request.method(), headers) == Waiting::Person && accepts(headers, "text/html");
    if !reads || !is_person {
        return None;
    }
    match request.path() {
        "/" => Some(front()),
        "/errors" | "/errors/" => Some(errors()),
        _ => None,
    }
}

fn front() -> HttpResponse {
    let content = "<h1>This is a gateway to portals</h1>\
         <p>If you wanted to open a portal: go back to the application that you came from, and open it there again.</p>\
         <p>If you build or run one: <a href=\"/docs\">the documentation</a>, the <a href=\"/docs/reference\">reference of \
         the API</a>, and <a href=\"/errors/\">what each error means</a>.</p>";
    article::html("Vestibule", content)
}

fn errors() -> HttpResponse {
    let mut content = String::from(
        "<p><a href=\"/docs\">The documentation</a></p><h1>What each error means</h1>\
         <table><tr><th>code</th><th>status</th><th>what happened</th></tr>",
    );
    for code in Code::ALL {
        let (name, (status, _)) = (code.wire_name(), status_and_title(*code));
        let detail = escape(code.detail());
        let _ = write!(
            content,
            "<tr><td><a href=\"/errors/{name}\"><code>{}</code></a></td><td>{}</td><td>{detail}</td></tr>",
            with_breaks(name),
            status.as_u16()
        );
    }
    article::html("What each error means", &(content + "</table>"))
}
