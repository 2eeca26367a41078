//! What people's browsers come to.

use utoipa::openapi::path::{HttpMethod, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{Content, ObjectBuilder, Required, Response, ResponseBuilder};

use crate::domain::error::Code;
use crate::http::openapi::entry::{Entry, answer, body_codes, ok, portal, query, text};
use crate::http::openapi::headers;

pub fn landing() -> Entry {
    Entry {
        methods: vec![HttpMethod::Get, HttpMethod::Head],
        summary: "The page that leads into a portal",
        description: "For portals with `landing = \"hosted\"`. It spends nothing, whoever fetches it: only its form \
            does. A browser that has a live session goes straight on.",
        parameters: vec![slug(), query("session", "The session ID.", text())],
        answers: vec![ok(page().build()), on()],
        codes: landing_codes(),
        ..portal("/portal/{slug}", "landing")
    }
}

pub fn enter() -> Entry {
    Entry {
        summary: "Spends a session ID",
        description: "The form of the page, with its nonce and the cookie that came with it. Without those the page \
            is shown once more, as a 403.",
        parameters: vec![slug()],
        form: Some(form()),
        answers: vec![on()],
        codes: [landing_codes(), vec![Code::RateLimited], body_codes()].concat(),
        ..portal("/portal/{slug}", "enter")
    }
}

fn landing_codes() -> Vec<Code> {
    vec![
        Code::PortalTokenMissing,
        Code::PortalSessionNotFound,
        Code::Forbidden,
        Code::RouteNotFound,
        Code::ServiceUnavailable,
    ]
}

fn slug() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("slug")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Of the portal."))
        .schema(Some(text()))
}

fn page() -> ResponseBuilder {
    answer("The page.", "text/html", text())
}

fn on() -> (String, Response) {
    let response = ResponseBuilder::new().description("On to the portal.");
    let headers = [headers::common(), vec![headers::location(), headers::set_cookie()]].concat();
    let add = |response: ResponseBuilder, (name, header)| response.header(name, header);
    ("303".to_owned(), headers.into_iter().fold(response, add).build())
}

fn form() -> RequestBody {
    let schema = ObjectBuilder::new()
        .property("session", text())
        .property("nonce", text())
        .required("session")
        .required("nonce");
    let content = Content::new(Some(schema.build()));
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    body.content("application/x-www-form-urlencoded", content).build()
}
