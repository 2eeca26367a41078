//! The bodies of requests and answers as JSON Schema.
//!
//! Owns: the documented form of every field, with its bounds and an example.
//! Must not know: how a request is read. `tests/openapi.rs` proves that what stands here is what the gateway
//! enforces: it tries every bound from both sides.

#![allow(dead_code)] // They are described, never made.

use serde::Serialize;
use utoipa::openapi::{OneOfBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Whom to create a session for, and what it may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSessionRequest {
    /// The portal.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "my-portal")]
    slug: String,
    /// Your own identifier of your user.
    #[schema(min_length = 1, max_length = 256, example = "user_123")]
    external_id: String,
    /// What the user may do; at most what the root key may grant.
    #[schema(value_type = Vec<Permission>, min_items = 1, max_items = 100)]
    permissions: Vec<Permission>,
    /// A session to look at the portal with, not a real user's.
    #[schema(nullable = false, default = false)]
    preview: Option<bool>,
    /// Where this session's browser gets a new one: an absolute http(s) URL under one of the portal's
    /// `return_urls`. Default: the portal's own.
    #[schema(
        nullable = false,
        max_length = 2000,
        format = "uri",
        example = "https://app.example.com/billing"
    )]
    return_url: Option<String>,
    /// Life of the browser session.
    #[schema(nullable = false, minimum = 60, maximum = 86400, default = 86400)]
    ttl_seconds: Option<u32>,
    /// For people to read.
    #[schema(nullable = false, max_length = 320, example = "jane@example.com")]
    email: Option<String>,
    /// Your own identifier of the user's organisation.
    #[schema(nullable = false, min_length = 1, max_length = 256, example = "org_1")]
    external_organization_id: Option<String>,
    /// Your own data, handed to the portal unread; at most 4 KiB as JSON.
    #[schema(nullable = false, value_type = Option<Object>)]
    metadata: Option<()>,
}

/// The request of `portal.createSession` under either set of names.
pub const ANY_CREATE_SESSION_REQUEST: &str = "AnyCreateSessionRequest";

/// The names that `slug` and `permissions` have in newer clients.
const NEWER_NAMES: [(&str, &str); 2] = [("slug", "portal"), ("permissions", "scopes")];

/// [`CreateSessionRequest`] once more with the newer names, and the choice between the two.
pub fn create_session_requests() -> [(&'static str, RefOr<Schema>); 2] {
    let (newer_name, mut newer) = ("CreateSessionRequestByNewerNames", CreateSessionRequest::schema());
    if let RefOr::T(Schema::Object(object)) = &mut newer {
        for (older, newer) in NEWER_NAMES {
            if let Some(property) = object.properties.remove(older) {
                object.properties.insert(newer.to_owned(), property);
            }
            object
                .required
                .iter_mut()
                .filter(|name| *name == older)
                .for_each(|name| *name = newer.to_owned());
        }
    }
    let choice = OneOfBuilder::new()
        .item(Ref::from_schema_name(CreateSessionRequest::name()))
        .item(Ref::from_schema_name(newer_name))
        .description(Some("`portal` and `scopes` are newer names of `slug` and `permissions`."));
    [(newer_name, newer), (ANY_CREATE_SESSION_REQUEST, Schema::OneOf(choice.build()).into())]
}

/// A permission. It covers another by segments, split at `:` and `.`; a `*` segment covers any one segment.
#[derive(Serialize, ToSchema)]
#[schema(min_length = 1, max_length = 256, pattern = "^[A-Za-z0-9_.:*-]+$", example = "api.*.read_key")]
pub struct Permission(String);

/// A session that waits for its browser.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedSession {
    /// The credential of the redirect, single use. Secret.
    #[schema(format = Password, pattern = "^pst_(live|test)_[0-9A-Za-z]{55}$")]
    session_id: String,
    /// Where to send the browser. Secret: it holds the session ID.
    #[schema(format = "uri", example = "https://portal.example.com/?session=pst_live_…")]
    url: String,
    /// When the session ID ends, Unix milliseconds.
    #[schema(example = 1742000000000u64)]
    expires_at: u64,
    /// The session's public handle; no credential.
    #[schema(value_type = SessionHandle)]
    id: String,
}

/// The public name of a session; safe to log and to keep.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^sess_[0-9A-Za-z]{32}$", example = "sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde")]
pub struct SessionHandle(String);

/// Either `id` alone, or `slug` and `externalId`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum RevokeSessionRequest {
    /// One session.
    One(RevokeOneRequest),
    /// All of a user's.
    AllOf(RevokeAllRequest),
}

/// One session.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeOneRequest {
    /// Its handle. A text that names no session revokes nothing.
    #[schema(example = "sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde")]
    id: String,
}

/// All of a user's sessions of one portal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeAllRequest {
    /// The portal.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "my-portal")]
    slug: String,
    /// Your own identifier of your user.
    #[schema(min_length = 1, max_length = 256, example = "user_123")]
    external_id: String,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    /// What was gone already, or is not yours to see, does not count.
    #[schema(example = 2)]
    revoked: u64,
}

/// Whose sessions to list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSessionsRequest {
    /// The portal.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "my-portal")]
    slug: String,
    /// Your own identifier of your user.
    #[schema(min_length = 1, max_length = 256, example = "user_123")]
    external_id: String,
    /// Sessions on a page.
    #[schema(nullable = false, minimum = 1, maximum = 100, default = 100)]
    limit: Option<u32>,
    /// Of the page before.
    #[schema(nullable = false, pattern = "^sess_[0-9A-Za-z]{32}$")]
    cursor: Option<String>,
}

/// A pending or active session in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedSession {
    /// Its handle.
    #[schema(value_type = SessionHandle)]
    id: String,
    /// Whether its session ID has been exchanged.
    state: ListedState,
    /// Unix milliseconds.
    created_at: u64,
    /// Unix milliseconds; absent while pending.
    #[schema(nullable = false)]
    exchanged_at: Option<u64>,
    /// Unix milliseconds: of the session ID while pending, of the browser session afterwards.
    expires_at: u64,
    /// Of the browser that exchanged it.
    #[schema(nullable = false)]
    user_agent: Option<String>,
    /// Not a real user's.
    preview: bool,
}

/// Where a listed session is in its life.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListedState {
    /// The session ID waits.
    Pending,
    /// The browser session is live.
    Active,
}

/// Where a list goes on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// For the next page; absent on the last.
    #[schema(nullable = false)]
    cursor: Option<String>,
    /// Whether there is a next page.
    has_more: bool,
}

/// The session ID to spend.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExchangeSessionRequest {
    /// From the query parameter `session` of the portal's URL. Secret.
    #[schema(min_length = 1, format = Password, example = "pst_live_…")]
    session_id: String,
}

/// A browser session that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExchangedSession {
    /// When it ends, Unix milliseconds.
    expires_at: u64,
    /// What `portal.getSession` tells.
    session: PortalSession,
    /// Its credential, for a Bearer header. Secret; only for a caller that is no browser.
    #[schema(format = Password, nullable = false, pattern = "^ps_(live|test)_[0-9A-Za-z]{55}$")]
    token: Option<String>,
}

/// The session ID to spend, under its newer name.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeCodeRequest {
    /// The session ID. Secret.
    #[schema(min_length = 1, format = Password, example = "pst_live_…")]
    code: String,
}

/// A browser session that has begun, in newer names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExchangedCode {
    /// Its credential, for a Bearer header. Secret; only for a caller that is no browser.
    #[schema(format = Password, nullable = false, pattern = "^ps_(live|test)_[0-9A-Za-z]{55}$")]
    access_token: Option<String>,
    /// When it ends, Unix milliseconds.
    expires_at: u64,
}

/// Who is there, and what they may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortalSession {
    /// Its public handle.
    #[schema(value_type = SessionHandle)]
    id: String,
    /// The portal.
    #[schema(example = "my-portal")]
    slug: String,
    /// Of the root key that created it.
    environment: Environment,
    /// The backend's identifier of its user.
    #[schema(example = "user_123")]
    external_id: String,
    /// The backend's identifier of the organisation.
    #[schema(nullable = false)]
    external_organization_id: Option<String>,
    /// For people to read.
    #[schema(nullable = false)]
    email: Option<String>,
    /// What the user may do.
    permissions: Vec<Permission>,
    /// Not a real user's.
    preview: bool,
    /// The backend's own data.
    #[schema(nullable = false, value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<()>,
    /// Unix milliseconds.
    created_at: u64,
    /// Unix milliseconds.
    #[schema(nullable = false)]
    exchanged_at: Option<u64>,
    /// Unix milliseconds.
    expires_at: u64,
    /// Where its user gets a new session.
    #[schema(nullable = false, format = "uri")]
    return_url: Option<String>,
}

/// Live and test sessions never meet.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Real users.
    Live,
    /// Trials.
    Test,
}

/// Where the user goes after a logout.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndedSession {
    /// The session's own return URL, else the portal's.
    #[schema(nullable = false, format = "uri")]
    return_url: Option<String>,
}

/// What stands beside every answer's data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Names this request in the gateway's log.
    #[schema(pattern = "^req_[0-9A-Za-z]{16,}$", example = "req_8GjycgpPXVfNhojLroDh")]
    request_id: String,
}

/// How the gateway is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: String,
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
