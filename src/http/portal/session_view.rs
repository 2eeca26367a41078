//! A portal session as JSON: the fields of `portal.getSession` (API.md section 4).
//!
//! Owns: the names and presence of those fields; `exchangeSession` answers the same ones.
//! Must not know: who asks.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::catalog::Portal;
use crate::domain::session::PortalSession;

/// Absent optional fields are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView<'a> {
    id: String,
    slug: &'a str,
    environment: &'static str,
    external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_organization_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    permissions: Vec<&'a str>,
    preview: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a RawValue>,
    created_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchanged_at: Option<u64>,
    expires_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
}

impl<'a> SessionView<'a> {
    /// `portal` gives the return URL where the session has none of its own.
    pub fn new(session: &'a PortalSession, portal: &'a Portal) -> Self {
        let grant = &session.grant;
        let return_url = grant.return_url.as_ref().or(portal.return_url.as_ref());
        SessionView {
            id: session.handle.to_string(),
            slug: &grant.slug,
            environment: grant.environment.name(),
            external_id: &grant.external_id,
            external_organization_id: grant.external_organization_id.as_deref(),
            email: grant.email.as_deref(),
            permissions: grant.permissions.iter().map(|permission| permission.as_str()).collect(),
            preview: grant.preview,
            metadata: grant.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok()),
            created_at: session.handle.created_at_ms,
            exchanged_at: session.exchanged_at_ms,
            expires_at: session.expires_at_ms,
            return_url: return_url.map(url::Url::as_str),
        }
    }
}
