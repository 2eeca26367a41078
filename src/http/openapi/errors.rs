//! The errors of an operation, as the document describes them.
//!
//! Owns: one answer for each status, with an example of each code in both media types.
//! Must not know: which operation can give which.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{ContentBuilder, Ref, Response, ResponseBuilder};

use super::headers;
use super::schemas::reference;
use crate::domain::error::{Code, Error};
use crate::domain::invalid::Invalid;
use crate::http::answer::problem::body::{ErrorEnvelope, ProblemBody};
use crate::http::answer::problem::{self, status_and_title};

/// The answers for these codes, one for each status, in the order of the statuses.
pub fn error_responses(codes: &[Code]) -> Vec<(String, Response)> {
    let mut by_status: std::collections::BTreeMap<u16, Vec<Code>> = std::collections::BTreeMap::new();
    for code in codes {
        by_status.entry(status_and_title(*code).0.as_u16()).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), error_response(status, &codes)))
        .collect()
}

fn error_response(status: u16, codes: &[Code]) -> Response {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.wire_name(), code.detail())).collect();
    let mut response = ResponseBuilder::new().description(lines.join("\n\n"));
    for (media_type, schema) in error_forms(status) {
        let examples = codes.iter().map(|code| (code.wire_name(), example(*code, media_type)));
        let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples);
        response = response.content(media_type, content.build());
    }
    for (name, header) in headers::of_error(status) {
        response = response.header(name, header);
    }
    response.build()
}

/// A 429 is problem+json for every client.
fn error_forms(status: u16) -> Vec<(&'static str, Ref)> {
    let problem = ("application/problem+json", reference::<ProblemBody>());
    if status == 429 {
        return vec![problem];
    }
    vec![problem, ("application/json", reference::<ErrorEnvelope>())]
}

/// What a client that asks for this media type gets, made by the same code that answers it.
fn example(code: Code, media_type: &'static str) -> Example {
    let mut accept = HeaderMap::new();
    accept.insert(ACCEPT, HeaderValue::from_static(media_type));
    let fault = Invalid::new("The URL must begin with https:// or http://", "Use an absolute URL.");
    let is_400 = status_and_title(code).0 == StatusCode::BAD_REQUEST;
    let faults = if is_400 { vec![fault.at("body.returnUrl")] } else { Vec::new() };
    let error = Error { faults, ..Error::new(code) };
    let base = "https://sessions.example.com/errors";
    let body = problem::render(&error, base, "req_8GjycgpPXVfNhojLroDh", &accept, &mut HeaderMap::new());
    ExampleBuilder::new().value(serde_json::from_slice(&body).ok()).build()
}
