//! Errors on the wire (API.md section 2): the only place that maps a code to a status and renders a body.
//!
//! Owns: statuses, titles, who gets which media type, the headers of an error. The body's fields are in
//! `problem/body.rs`. Errors that actix makes by itself come here too, by their status.
//! Must not know: why an error occurred.

pub mod body;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use url::Url;

use self::body::{ErrorDetails, ErrorEnvelope, ProblemBody};
use super::envelope::Meta;
use super::pages::Page;
use crate::domain::error::{Code, Error};
use crate::http::gateway::limits::Exceeded;
use crate::http::request::body::unreadable;
use crate::http::request::wishes::wants_plain_json;

/// A failing dependency is expected back within this many seconds.
const RETRY_AFTER_SECONDS: u32 = 2;

/// An error on its way to the client. [`super::finish`] renders it, because only it has the request.
#[derive(Debug)]
pub struct Problem {
    /// What went wrong.
    pub error: Error,
    headers: Vec<(HeaderName, HeaderValue)>,
    form: Form,
    exceeded: Option<Box<Exceeded>>,
}

/// The form of the answer. Whatever the form, it is logged and counted as the same error.
#[derive(Debug)]
enum Form {
    /// To a program.
    Json,
    /// To a browser on its way to a page: `302` home.
    Redirect,
    /// To Inertia, whose script goes home by itself: `409`.
    InertiaLocation,
    /// To a person.
    Page(String),
}

impl Problem {
    /// A browser is sent home.
    pub fn redirect(error: Error, home: &Url) -> Self {
        let problem = Problem { error, headers: Vec::new(), form: Form::Redirect, exceeded: None };
        problem.with_header(LOCATION, home.as_str())
    }

    /// Inertia's script is told where to send its browser (inertiajs.com, "Redirects", "External redirects").
    pub fn inertia_location(error: Error, home: &Url) -> Self {
        let problem = Problem { error, headers: Vec::new(), form: Form::InertiaLocation, exceeded: None };
        problem.with_header(HeaderName::from_static("x-inertia-location"), home.as_str())
    }

    /// A person reads what is wrong.
    pub fn page(error: Error, page: Page) -> Self {
        let problem = Problem { error, headers: Vec::new(), form: Form::Page(page.html), exceeded: None };
        problem
            .with_header(CONTENT_TYPE, "text/html; charset=utf-8")
            .with_header(CONTENT_SECURITY_POLICY, &page.policy)
            .with_header(CONTENT_LANGUAGE, &page.language)
    }

    /// Whether it is to be rendered for a program.
    pub fn is_for_programs(&self) -> bool {
        match self.form {
            Form::Json => true,
            Form::Redirect | Form::InertiaLocation | Form::Page(_) => false,
        }
    }

    /// Whether it sends a browser home.
    pub fn sends_home(&self) -> bool {
        match self.form {
            Form::Redirect => true,
            Form::Json | Form::InertiaLocation | Form::Page(_) => false,
        }
    }

    /// The limit that was reached, for the operator.
    pub fn exceeded(&self) -> Option<&Exceeded> {
        self.exceeded.as_deref()
    }

    /// Adds a header to the response.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.add_header(name, value);
        }
        self
    }

    /// The same for a value that has been checked.
    pub fn add_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.push((name, value));
    }

    /// Says which limit was reached, and when there is room again.
    pub fn with_limit(self, exceeded: Exceeded) -> Self {
        let Exceeded { per_minute, wait_seconds, .. } = exceeded;
        let header = HeaderName::from_static;
        Problem { exceeded: Some(Box::new(exceeded)), ..self }
            .with_header(RETRY_AFTER, &wait_seconds.to_string())
            .with_header(header("ratelimit-limit"), &per_minute.to_string())
            .with_header(header("ratelimit-remaining"), "0")
            .with_header(header("ratelimit-reset"), &wait_seconds.to_string())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem { error, headers: Vec::new(), form: Form::Json, exceeded: None }
    }
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        Problem::from(Error::new(Code::RateLimited)).with_limit(exceeded)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.error.code.wire_name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self.form {
            Form::Redirect => StatusCode::FOUND,
            Form::InertiaLocation => StatusCode::CONFLICT,
            Form::Json | Form::Page(_) => status_and_title(self.error.code).0,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = match &self.form {
            Form::Json | Form::Redirect | Form::InertiaLocation => HttpResponse::new(self.status_code()),
            Form::Page(html) => HttpResponse::build(self.status_code()).body(html.clone()),
        };
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        if matches!(self.form, Form::Page(_)) {
            add_headers(self.error.code, response.headers_mut());
        }
        response
    }
}

/// The refusal of an extractor. [`super::finish`] renders it like any other error.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status_and_title(self.code).0
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// The status and title of every code.
pub fn status_and_title(code: Code) -> (StatusCode, &'static str) {
    match code {
        Code::Missing
        | Code::Malformed
        | Code::KeyNotFound
        | Code::PortalTokenMissing
        | Code::PortalSessionNotFound => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        Code::Forbidden | Code::InsufficientPermissions | Code::TooManySessions => {
            (StatusCode::FORBIDDEN, "Forbidden")
        }
        Code::PortalConfigNotFound | Code::RouteNotFound => (StatusCode::NOT_FOUND, "Not Found"),
        Code::InvalidInput | Code::RequestBodyUnreadable => (StatusCode::BAD_REQUEST, "Bad Request"),
        Code::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type"),
        Code::RequestBodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Content Too Large"),
        Code::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        Code::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
        Code::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
        Code::ServiceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Code::UnexpectedError => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

/// The error for a status that actix chose by itself.
pub fn of_status(status: StatusCode) -> Error {
    match status {
        StatusCode::NOT_FOUND => Error::new(Code::RouteNotFound),
        StatusCode::METHOD_NOT_ALLOWED => Error::new(Code::MethodNotAllowed),
        StatusCode::REQUEST_TIMEOUT => Error::new(Code::RequestTimeout),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Error::new(Code::RequestBodyTooLarge)
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::new(Code::UnsupportedMediaType),
        status if status.is_client_error() => {
            unreadable("request", "The request could not be read.", "Send a valid HTTP request.")
        }
        _ => Error::new(Code::UnexpectedError),
    }
}

/// The body of an error, and the headers that belong to it.
pub fn render(
    error: &Error,
    type_base: &str,
    request_id: &str,
    request: &HeaderMap,
    response: &mut HeaderMap,
) -> Vec<u8> {
    let (status, title) = status_and_title(error.code);
    let problem_type = format!("{type_base}/{}", error.code.wire_name());
    let (meta, status) = (Meta { request_id }, status.as_u16());
    let details = ErrorDetails::new(error, &problem_type, title, status);
    // The SDK of API.md reads a 429 as problem+json only.
    let plain = error.code != Code::RateLimited && wants_plain_json(request);
    let (media_type, body) = if plain {
        ("application/json", serde_json::to_vec(&ErrorEnvelope { meta, error: details }))
    } else {
        let problem = ProblemBody {
            meta,
            error: details,
            r#type: &problem_type,
            title,
            status,
            detail: error.public_detail(),
            instance: format!("urn:vestibule:request:{request_id}"),
        };
        ("application/problem+json", serde_json::to_vec(&problem))
    };
    response.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    add_headers(error.code, response);
    body.unwrap_or_default()
}

fn add_headers(code: Code, headers: &mut HeaderMap) {
    let (status, _) = status_and_title(code);
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let retry = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    if retry && !headers.contains_key(RETRY_AFTER) {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
