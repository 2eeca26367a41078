//! The body of an error, in both of its media types (API.md section 2).
//!
//! Owns: the names and presence of its fields. The OpenAPI document takes them from here.
//! Must not know: which status a code has, or who gets which media type.

use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::domain::error::Error;
use crate::domain::invalid::Fault;
use crate::http::answer::envelope::Meta;

/// An error for a client that asks for `application/json`.
#[derive(Serialize, ToSchema)]
pub struct ErrorEnvelope<'a> {
    pub meta: Meta<'a>,
    pub error: ErrorDetails<'a>,
}

/// An error for every other client: the members of RFC 9457, and the same again as in `ErrorEnvelope`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    pub meta: Meta<'a>,
    pub error: ErrorDetails<'a>,
    /// A URL that explains the error.
    #[schema(format = "uri")]
    pub r#type: &'a str,
    pub title: &'a str,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    pub detail: &'a str,
    /// Names this occurrence.
    pub instance: String,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails<'a> {
    /// A URL that explains the error; it ends in its stable code.
    #[schema(format = "uri")]
    r#type: &'a str,
    title: &'a str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    detail: &'a str,
    /// Every fault of a 400.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultView<'a>>,
    /// Where the browser gets a new session, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    redirect_url: Option<&'a str>,
}

/// One invalid value.
#[derive(Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultView<'a> {
    /// Such as `body.permissions[0]`.
    location: &'a str,
    /// What is wrong.
    message: &'a str,
    /// What to do about it.
    fix: &'a str,
}

impl<'a> ErrorDetails<'a> {
    /// Of this error, whose code has this URL, title and status.
    pub fn new(error: &'a Error, r#type: &'a str, title: &'a str, status: u16) -> Self {
        let home = error.home.as_ref().and_then(|home| home.url.as_ref());
        ErrorDetails {
            r#type,
            title,
            status,
            detail: error.public_detail(),
            errors: error.faults.iter().map(FaultView::from).collect(),
            redirect_url: home.map(Url::as_str),
        }
    }
}

impl<'a> From<&'a Fault> for FaultView<'a> {
    fn from(fault: &'a Fault) -> Self {
        FaultView { location: &fault.location, message: &fault.message, fix: &fault.fix }
    }
}
