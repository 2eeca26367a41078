//! What operators and readers ask for.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ArrayBuilder, Content, ObjectBuilder, Required};

use crate::domain::error::Code;
use crate::http::answer::values::Health;
use crate::http::openapi::entry::{Entry, answer, ok, operations, text};
use crate::http::openapi::headers;
use crate::http::openapi::schemas::reference;

pub fn health(path: &'static str, id: &'static str, summary: &'static str, codes: Vec<Code>) -> Entry {
    Entry {
        path,
        id,
        summary,
        answers: vec![ok(answer(summary, "application/json", reference::<Health>()).build())],
        codes,
        ..operations()
    }
}

pub fn error_page() -> Entry {
    let page = answer("The page.", "text/markdown", text())
        .content("text/html", Content::new(Some(text())))
        .content("application/json", Content::new(Some(ObjectBuilder::new().build())));
    Entry {
        path: "/errors/{category}/{code}",
        id: "errorPage",
        summary: "What an error means and how to fix it",
        description: "Where the `type` of every error leads. HTML, Markdown or JSON, by `Accept`.",
        parameters: vec![part("category", "The first part of the code."), part("code", "The second.")],
        answers: vec![ok(page.build())],
        codes: vec![Code::RouteNotFound],
        ..operations()
    }
}

pub fn key_set() -> Entry {
    let (name, header) = headers::may_be_kept();
    let keys = ObjectBuilder::new()
        .property("keys", ArrayBuilder::new().items(ObjectBuilder::new().build()).build());
    let answer = answer("The keys.", "application/jwk-set+json", keys.required("keys").build());
    Entry {
        path: "/.well-known/jwks.json",
        id: "keySet",
        summary: "The public keys of signed tokens",
        description: "A JWK set (RFC 7517). The only answer that may be cached, for 5 minutes.",
        answers: vec![ok(answer.header(name, header).build())],
        ..operations()
    }
}

pub fn openapi() -> Entry {
    Entry {
        path: "/openapi.json",
        id: "openapi",
        summary: "This document",
        answers: vec![ok(answer("The document.", "application/json", ObjectBuilder::new().build()).build())],
        ..operations()
    }
}

pub fn documentation() -> Entry {
    Entry {
        path: "/docs",
        id: "docs",
        summary: "The index of the documentation",
        answers: vec![ok(answer("The page.", "text/html", text()).build())],
        ..operations()
    }
}

pub fn reference_page() -> Entry {
    Entry {
        path: "/docs/reference",
        id: "reference",
        summary: "This document as a page to read",
        ..documentation()
    }
}

pub fn document(path: &'static str, id: &'static str, summary: &'static str) -> Entry {
    Entry {
        path,
        id,
        summary,
        parameters: vec![part("page", "The name of its file in `docs`, without the extension.")],
        codes: vec![Code::RouteNotFound],
        ..documentation()
    }
}

/// A part of a path.
fn part(name: &str, meaning: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(meaning))
        .schema(Some(text()))
}
