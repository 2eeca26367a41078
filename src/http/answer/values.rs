//! Values that several answers share: a session's handle, a permission, an environment, the gateway's state.
//!
//! Owns: their form on the wire, and how the OpenAPI document describes it.
//! Must not know: which answer has which. The domain's own types have no wire format.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::domain;
use crate::domain::handle::{Handle, HandleText};

/// The public name of a session; safe to log and to keep.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, pattern = "^sess_[0-9A-Za-z]{32}$", example = "sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde")]
pub struct SessionHandle(#[serde(serialize_with = "write_text")] HandleText);

impl From<Handle> for SessionHandle {
    fn from(handle: Handle) -> Self {
        SessionHandle(handle.text())
    }
}

fn write_text<S: Serializer>(text: &HandleText, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// A permission. It covers another by segments, split at `:` and `.`, of which none is empty; a `*` segment covers
/// any one segment.
#[derive(Serialize, ToSchema)]
#[schema(
    min_length = 1,
    max_length = 256,
    pattern = "^[A-Za-z0-9_*-]+([.:][A-Za-z0-9_*-]+)*$",
    example = "api.*.read_key"
)]
pub struct Permission<'a>(&'a str);

impl<'a> From<&'a domain::permission::Permission> for Permission<'a> {
    fn from(permission: &'a domain::permission::Permission) -> Self {
        Permission(permission.as_str())
    }
}

/// The state of the gateway.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: &'static str,
    /// `refused` while the store takes no new sessions; those that are open are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "refused", required = false, nullable = false)]
    pub new_sessions: Option<&'static str>,
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

impl From<domain::environment::Environment> for Environment {
    fn from(environment: domain::environment::Environment) -> Self {
        match environment {
            domain::environment::Environment::Live => Environment::Live,
            domain::environment::Environment::Test => Environment::Test,
        }
    }
}
