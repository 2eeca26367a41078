//! What the gateway answers.

use serde::Serialize;
use utoipa::ToSchema;

use super::requests::Permission;

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

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    /// What was gone already, or is not yours to see, does not count.
    #[schema(example = 2)]
    revoked: u64,
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

/// How the gateway is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    status: String,
}
