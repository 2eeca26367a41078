//! What clients send, as JSON Schema.
//!
//! Owns: the documented form of every field of a request, with its bounds and an example. Requests are read field by
//! field, so that all faults are reported at once; there are no types from which these could be derived.
//! `tests/openapi.rs` tries every bound from both sides, to prove that the gateway enforces what is documented here.
//! Must not know: how a request is read.

#![allow(dead_code)] // They are only described, never constructed.

use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::answer::values::Permission;

/// Who to create a session for, and what it may do.
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
    #[schema(min_items = 1, max_items = 100)]
    permissions: Vec<Permission<'static>>,
    /// A session to look at the portal with, not a real user's.
    #[schema(default = false)]
    preview: Option<bool>,
    /// Where this session's browser gets a new one: an absolute http(s) URL under one of the portal's
    /// `return_urls`. Default: the portal's own.
    #[schema(max_length = 2000, format = "uri", example = "https://app.example.com/billing")]
    return_url: Option<String>,
    /// Where in the portal its browser begins: an absolute path with query and fragment, at the origin of the portal's
    /// `url`. Default: that `url`.
    #[schema(max_length = 1024, pattern = r"^/([^/\\].*)?$", example = "/invoices/42?tab=lines")]
    path: Option<String>,
    /// Life of the browser session.
    #[schema(minimum = 60, maximum = 86400, default = 86400)]
    ttl_seconds: Option<u32>,
    /// For people to read: an address of at most 320 characters, or an empty text.
    #[schema(example = "jane@example.com")]
    email: Option<String>,
    /// Your own identifier of the user's organisation.
    #[schema(min_length = 1, max_length = 256, example = "org_1")]
    external_organization_id: Option<String>,
    /// Your own data, passed on to the portal unread; at most 4 KiB as JSON.
    #[schema(value_type = Option<Object>)]
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
        let properties = std::mem::take(&mut object.properties);
        object.properties =
            properties.into_iter().map(|(name, property)| (newer_name_of(name), property)).collect();
        object.required = std::mem::take(&mut object.required).into_iter().map(newer_name_of).collect();
    }
    let choice = OneOfBuilder::new()
        .item(Ref::from_schema_name(CreateSessionRequest::name()))
        .item(Ref::from_schema_name(newer_name))
        .description(Some("`portal` and `scopes` are newer names of `slug` and `permissions`."));
    [(newer_name, newer), (ANY_CREATE_SESSION_REQUEST, Schema::OneOf(choice.build()).into())]
}

/// The request of `portal.createSessionToken`.
pub const CREATE_SESSION_TOKEN_REQUEST: &str = "CreateSessionTokenRequest";

/// [`CreateSessionRequest`] with another default life and the choice of a format; without a path, for nobody is led
/// anywhere.
pub fn create_session_token_request() -> (&'static str, RefOr<Schema>) {
    let mut schema = CreateSessionRequest::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.description = Some("Whom to open a direct session for, and what it may do.".to_owned());
        if let Some(RefOr::T(Schema::Object(ttl))) = object.properties.get_mut("ttlSeconds") {
            ttl.default = Some(3_600.into());
            ttl.description = Some("Life of the session.".to_owned());
        }
        let format = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["opaque", "jwt"]))
            .default(Some("opaque".into()))
            .description(Some(
                "Whether only the gateway can check the token, or everybody with its public keys.",
            ));
        object.properties.retain(|name, _| name != "path");
        object.properties.insert("format".to_owned(), format.build().into());
    }
    (CREATE_SESSION_TOKEN_REQUEST, schema)
}

fn newer_name_of(name: String) -> String {
    let newer = NEWER_NAMES.iter().find(|(older, _)| *older == name);
    newer.map_or(name, |(_, newer)| (*newer).to_owned())
}

/// Either `id` or `token` alone, or `externalId`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum RevokeSessionRequest {
    /// One session.
    One(RevokeOneRequest),
    /// The session of a token.
    ByToken(RevokeByTokenRequest),
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

/// The session of a token, of whatever kind.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeByTokenRequest {
    /// A browser's, or a direct one, opaque or a JWT. If its session is over, nothing is revoked. What is no token is a `400`.
    #[schema(format = Password, example = "pt_live_…")]
    token: String,
}

/// All of a user's sessions of one portal, or of all that the root key may see.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeAllRequest {
    /// The portal; without it, all portals.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "my-portal")]
    slug: Option<String>,
    /// Your own identifier of your user.
    #[schema(min_length = 1, max_length = 256, example = "user_123")]
    external_id: String,
    /// The handle of a session that goes on: "sign out everywhere else".
    #[schema(pattern = "^sess_[0-9A-Za-z]{32}$", example = "sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde")]
    except: Option<String>,
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
    /// How many sessions a page has.
    #[schema(minimum = 1, maximum = 100, default = 100)]
    limit: Option<u32>,
    /// From the page before.
    #[schema(pattern = "^sess_[0-9A-Za-z]{32}$")]
    cursor: Option<String>,
}

/// Either `id` or `sessionId` alone, or a user.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum ExplainSessionRequest {
    /// One session.
    One(ExplainOneRequest),
    /// One link.
    Link(ExplainLinkRequest),
    /// The latest sessions of a user.
    User(ExplainUserRequest),
}

/// One session.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainOneRequest {
    /// Its handle.
    #[schema(example = "sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde")]
    id: String,
}

/// One link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainLinkRequest {
    /// A session ID, or a text with a link that has one, as somebody pasted it. It is not spent. Secret.
    #[schema(format = Password, example = "https://portal.example.com/?session=pst_live_…")]
    session_id: String,
}

/// Whose latest 20 sessions to explain.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainUserRequest {
    /// The portal.
    #[schema(min_length = 3, max_length = 64, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "my-portal")]
    slug: String,
    /// Your own identifier of your user.
    #[schema(min_length = 1, max_length = 256, example = "user_123")]
    external_id: String,
}

/// The session ID to spend.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExchangeSessionRequest {
    /// From the query parameter `session` of the portal's URL. Secret.
    #[schema(min_length = 1, format = Password, example = "pst_live_…")]
    session_id: String,
}

/// The session ID to spend, under its newer name.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeCodeRequest {
    /// The session ID. Secret.
    #[schema(min_length = 1, format = Password, example = "pst_live_…")]
    code: String,
}
