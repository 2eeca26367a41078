//! Every operation of the gateway, one entry each, in the order of the route table.
//!
//! Owns: what an operation is for, what it takes, what it answers, and which errors it can give.

mod backend;
mod operating;
mod people;
mod portal;

use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};

use super::{error_responses, headers, reference, schemas};
use crate::domain::error::Code;

/// One row of the document.
pub struct Entry {
    pub path: &'static str,
    pub methods: Vec<HttpMethod>,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    request: Option<Ref>,
    form: Option<RequestBody>,
    parameters: Vec<ParameterBuilder>,
    security: Vec<&'static str>,
    answers: Vec<(String, Response)>,
    codes: Vec<Code>,
}

impl Entry {
    /// As the document holds it.
    pub fn operation(self) -> Operation {
        let mut operation = OperationBuilder::new()
            .tag(self.tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.description));
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        if let Some(request) = self.request {
            let body = RequestBodyBuilder::new().required(Some(Required::True));
            let body = body.content("application/json", Content::new(Some(request)));
            operation = operation.request_body(Some(body.build()));
        }
        if let Some(form) = self.form {
            operation = operation.request_body(Some(form));
        }
        for scheme in self.security {
            operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []));
        }
        for (status, answer) in self.answers {
            operation = operation.response(status, answer);
        }
        for (status, response) in error_responses(&self.codes) {
            operation = operation.response(status, response);
        }
        operation.build()
    }
}

/// The rows.
pub fn all() -> Vec<Entry> {
    vec![
        backend::create_session(),
        backend::revoke_session(),
        backend::list_sessions(),
        portal::exchange_session(),
        portal::exchange_code(),
        portal::get_session(HttpMethod::Get),
        portal::get_session(HttpMethod::Head),
        portal::get_session(HttpMethod::Post),
        portal::end_session(),
        portal::authorize(),
        people::landing(),
        people::enter(),
        operating::health("/health/live", "healthLive", "Whether the process serves", vec![]),
        operating::health(
            "/health/ready",
            "healthReady",
            "Whether the store answers too",
            vec![Code::ServiceUnavailable],
        ),
        operating::error_page(),
        operating::openapi(),
        operating::reference_page(),
    ]
}

fn backend(path: &'static str, id: &'static str) -> Entry {
    Entry { tag: "backend", security: vec!["rootKey"], codes: backend_codes(), ..portal(path, id) }
}

fn portal(path: &'static str, id: &'static str) -> Entry {
    Entry { path, methods: vec![HttpMethod::Post], id, tag: "portal", ..operations() }
}

fn operations() -> Entry {
    Entry {
        path: "",
        methods: vec![HttpMethod::Get, HttpMethod::Head],
        id: "",
        tag: "operations",
        summary: "",
        description: "",
        request: None,
        form: None,
        parameters: vec![],
        security: vec![],
        answers: vec![],
        codes: vec![],
    }
}

fn ok(response: Response) -> (String, Response) {
    ("200".to_owned(), response)
}

/// Of whatever reads a JSON body.
fn body_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::RequestBodyUnreadable,
        Code::RequestTimeout,
        Code::RequestBodyTooLarge,
        Code::UnsupportedMediaType,
    ]
}

fn backend_codes() -> Vec<Code> {
    let own = vec![Code::Missing, Code::Malformed, Code::KeyNotFound, Code::ServiceUnavailable];
    [own, body_codes()].concat()
}

fn exchange_codes() -> Vec<Code> {
    let own = vec![Code::PortalSessionNotFound, Code::Forbidden, Code::RateLimited, Code::ServiceUnavailable];
    [own, body_codes()].concat()
}

fn session_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::PortalTokenMissing,
        Code::PortalSessionNotFound,
        Code::Forbidden,
        Code::ServiceUnavailable,
    ]
}

fn success(data: Ref) -> Response {
    answer("Done.", "application/json", enveloped(data)).build()
}

/// `{"meta":…,"data":…}`
fn enveloped(data: Ref) -> utoipa::openapi::Object {
    ObjectBuilder::new()
        .property("meta", reference::<schemas::Meta>())
        .property("data", data)
        .required("meta")
        .required("data")
        .build()
}

fn answer(description: &str, media_type: &str, schema: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    let mut response =
        ResponseBuilder::new().description(description).content(media_type, Content::new(Some(schema)));
    for (name, header) in headers::common() {
        response = response.header(name, header);
    }
    response
}

fn slug(description: &str) -> ParameterBuilder {
    query("slug", description, text())
}

fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    let parameter =
        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(description)).schema(Some(schema))
}

fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}
