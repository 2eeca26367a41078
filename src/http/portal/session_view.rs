//! A portal session as JSON: the fields of `portal.getSession` (API.md section 4).
//!
//! Owns: the names and presence of those fields. `exchangeSession` answers with the same ones.
//! Must not know: who asks.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::permission;
use crate::domain::portal::Portal;
use crate::domain::session::{PortalSession, SessionKind};
use crate::http::answer::values::{Environment, Permission, SessionHandle};

/// Who is there, and what they may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PortalSession)]
pub struct SessionView<'a> {
    /// Its public handle.
    id: SessionHandle,
    /// The portal.
    #[schema(example = "my-portal")]
    slug: &'a str,
    /// Of the root key that created it.
    environment: Environment,
    /// The backend's identifier of its user.
    #[schema(example = "user_123")]
    external_id: &'a str,
    /// The backend's identifier of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_organization_id: Option<&'a str>,
    /// For people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<&'a str>,
    /// What the user may do.
    #[schema(value_type = Vec<Permission>)]
    permissions: Permissions<'a>,
    /// Not a real user's.
    preview: bool,
    /// The backend's own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Object)]
    metadata: Option<&'a RawValue>,
    /// Unix milliseconds.
    created_at: u64,
    /// Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchanged_at: Option<u64>,
    /// Unix milliseconds.
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    expires_in: u64,
    /// When it is over if nobody uses it any more, Unix milliseconds; where the portal has an idle time-out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    idle_expires_at: Option<u64>,
    /// Where its user gets a new session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    return_url: Option<&'a str>,
}

/// Those of a grant, without a list of their own.
struct Permissions<'a>(&'a [permission::Permission]);

impl Serialize for Permissions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Permission::from))
    }
}

impl<'a> SessionView<'a> {
    /// `portal` gives the return URL where the session has none of its own.
    /// `now_ms`: by the gateway's clock.
    pub fn new(session: &'a PortalSession, portal: &'a Portal, now_ms: u64) -> Self {
        let grant = &session.grant;
        let return_url = grant.return_url.as_ref().or(portal.return_url.as_ref());
        SessionView {
            id: session.handle.into(),
            slug: &grant.slug,
            environment: grant.environment.into(),
            external_id: &grant.external_id,
            external_organization_id: grant.external_organization_id.as_deref(),
            email: grant.email.as_deref(),
            permissions: Permissions(&grant.permissions),
            preview: grant.preview,
            metadata: grant.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok()),
            created_at: session.handle.created_at_ms,
            exchanged_at: session.exchanged_at_ms.filter(|_| grant.kind == SessionKind::Browser),
            expires_at: session.expires_at_ms,
            expires_in: session.seconds_left(now_ms),
            idle_expires_at: session.idle.map(|idle| idle.expires_at_ms),
            return_url: return_url.map(url::Url::as_str),
        }
    }
}
