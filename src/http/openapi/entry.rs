//! An entry of the document, and what entries have in common.
//!
//! Owns: what an operation is for, what it takes, what it answers, and which errors it can give.
//! Must not know: any particular operation.

use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Content, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};

use super::errors::error_responses;
use super::headers;
use super::schemas::reference;
use crate::domain::error::Code;
use crate::http::answer::envelope::Meta;

/// One row of the document.
pub struct Entry {
    pub path: &'static str,
    pub methods: Vec<HttpMethod>,
    pub id: &'static str,
    pub tag: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    pub request: Option<Ref>,
    pub form: Option<RequestBody>,
    pub parameters: Vec<ParameterBuilder>,
    pub security: Vec<&'static str>,
    pub answers: Vec<(String, Response)>,
    pub codes: Vec<Code>,
}

impl Entry {
    /// As it is in the document.
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

/// Of the backends' operations: what they have in common.
pub fn backend(path: &'static str, id: &'static str) -> Entry {
    Entry { tag: "backend", security: vec!["rootKey"], codes: backend_codes(), ..portal(path, id) }
}

/// Of the portals' operations.
pub fn portal(path: &'static str, id: &'static str) -> Entry {
    Entry { path, methods: vec![HttpMethod::Post], id, tag: "portal", ..operations() }
}

/// Of the operators' operations.
pub fn operations() -> Entry {
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

/// The answer of a success.
pub fn ok(response: Response) -> (String, Response) {
    ("200".to_owned(), response)
}

/// Of operations that read a JSON body.
pub fn body_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::RequestBodyUnreadable,
        Code::RequestTimeout,
        Code::RequestBodyTooLarge,
        Code::UnsupportedMediaType,
    ]
}

/// Of operations that need a root key.
pub fn backend_codes() -> Vec<Code> {
    let own = vec![
        Code::Missing,
        Code::Malformed,
        Code::KeyNotFound,
        Code::InsufficientPermissions,
        Code::ServiceUnavailable,
    ];
    [own, body_codes()].concat()
}

/// Of an exchange.
pub fn exchange_codes() -> Vec<Code> {
    let own = vec![
        Code::PortalSessionNotFound,
        Code::Forbidden,
        Code::TooManySessions,
        Code::RateLimited,
        Code::ServiceUnavailable,
    ];
    [own, body_codes()].concat()
}

/// Of operations that need a session.
pub fn session_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::PortalTokenMissing,
        Code::PortalSessionNotFound,
        Code::Forbidden,
        Code::ServiceUnavailable,
    ]
}

/// A success with this data.
pub fn success(data: Ref) -> Response {
    answer("Done.", "application/json", enveloped(data)).build()
}

/// `{"meta":…,"data":…}`
pub fn enveloped(data: Ref) -> utoipa::openapi::Object {
    ObjectBuilder::new()
        .property("meta", reference::<Meta>())
        .property("data", data)
        .required("meta")
        .required("data")
        .build()
}

/// An answer of this type, with the headers of all answers.
pub fn answer(description: &str, media_type: &str, schema: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    let mut response =
        ResponseBuilder::new().description(description).content(media_type, Content::new(Some(schema)));
    for (name, header) in headers::common() {
        response = response.header(name, header);
    }
    response
}

/// The query parameter `slug`.
pub fn slug(description: &str) -> ParameterBuilder {
    query("slug", description, text())
}

/// A query parameter.
pub fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    let parameter =
        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(description)).schema(Some(schema))
}

/// Any string.
pub fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

/// The header that makes a call safe to repeat. `each`: for what a client makes a value of its own.
pub fn idempotency_key(each: &str) -> ParameterBuilder {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(16))
        .max_length(Some(128))
        .pattern(Some("^[!-~]+$"))
        .build();
    let description = format!(
        "Your own random value, one for each {each}: for 60 seconds a repeat with it gets the same session again."
    );
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}
