//! What stands beside an answer's data, and what stands in its place when something went wrong.

use serde::Serialize;
use utoipa::ToSchema;

/// What stands beside every answer's data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Names this request in the gateway's log.
    #[schema(pattern = "^req_[0-9A-Za-z]{16,}$", example = "req_8GjycgpPXVfNhojLroDh")]
    request_id: String,
}

/// An error for a client that asks for `application/json`.
#[derive(Serialize, ToSchema)]
pub struct ErrorEnvelope {
    meta: Meta,
    error: ErrorDetails,
}

/// An error for every other client: the members of RFC 9457, and the same again as in `ErrorEnvelope`.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// A URL that explains the error.
    #[schema(format = "uri")]
    r#type: String,
    title: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    detail: String,
    /// Names this occurrence.
    instance: String,
    meta: Meta,
    error: ErrorDetails,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    /// A URL that explains the error; it ends in its stable code.
    #[schema(format = "uri")]
    r#type: String,
    title: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    detail: String,
    /// Every fault of a 400.
    #[schema(nullable = false)]
    errors: Option<Vec<Fault>>,
    /// Where the browser gets a new session, where that is known.
    #[schema(nullable = false, format = "uri")]
    redirect_url: Option<String>,
}

/// One invalid value.
#[derive(Serialize, ToSchema)]
pub struct Fault {
    /// Such as `body.permissions[0]`.
    location: String,
    /// What is wrong.
    message: String,
    /// What to do about it.
    fix: String,
}
