//! The frame, the style and the script of the pages for developers (errors, documents, reference).
//!
//! Must not know: what a page says. The pages that a portal's users see are in `answer::pages`.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::http::answer::policy::Policy;

const STYLE: &str = include_str!("article.css");
/// Without it a page has all but its buttons.
const SCRIPT: &str = include_str!("article.js");

/// Text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page; `title` and `content` are HTML.
pub fn html(title: &str, content: &str) -> HttpResponse {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{content}</main><script>{SCRIPT}</script></body></html>"
    );
    let policy = Policy { styles: &[STYLE], script: Some(SCRIPT), ..Policy::default() };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy.header()))
        .body(page)
}
