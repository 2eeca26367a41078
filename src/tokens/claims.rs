//! The claims of a token as JSON (API.md section 10).
//!
//! Owns: their names and forms. A claim that is there twice, or of another type, makes the token unreadable.
//! Must not know: signatures.

use serde::{Deserialize, Serialize};

use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::handle::Handle;
use crate::domain::permission::Permission;
use crate::domain::signed_token::{Claims, Purpose};

/// Claims of other makes are passed over: a newer release may write more.
#[derive(Serialize, Deserialize)]
pub struct WireClaims {
    pub iss: String,
    aud: String,
    sub: String,
    jti: String,
    iat: u64,
    exp: u64,
    environment: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    org: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    preview: bool,
    token_use: String,
}

impl WireClaims {
    /// What this issuer says.
    pub fn of(issuer: &str, claims: &Claims) -> Self {
        WireClaims {
            iss: issuer.to_owned(),
            aud: claims.audience.clone(),
            sub: claims.subject.clone(),
            jti: claims.handle.to_string(),
            iat: claims.issued_at_s,
            exp: claims.expires_at_s,
            environment: claims.environment.name().to_owned(),
            permissions: claims.permissions.iter().map(|one| one.as_str().to_owned()).collect(),
            org: claims.organization.clone(),
            email: claims.email.clone(),
            preview: claims.preview,
            token_use: claims.purpose.name().to_owned(),
        }
    }

    /// Back to the domain; whatever is not of our form is malformed.
    pub fn read(self) -> Result<Claims, Refusal> {
        let permissions: Result<Vec<_>, _> =
            self.permissions.iter().map(|text| Permission::parse(text)).collect();
        Ok(Claims {
            audience: self.aud,
            subject: self.sub,
            handle: Handle::parse(&self.jti).map_err(|_| Refusal::Malformed)?,
            issued_at_s: self.iat,
            expires_at_s: self.exp,
            environment: Environment::from_name(&self.environment).ok_or(Refusal::Malformed)?,
            permissions: permissions.map_err(|_| Refusal::Malformed)?,
            organization: self.org,
            email: self.email,
            preview: self.preview,
            purpose: Purpose::from_name(&self.token_use).ok_or(Refusal::Malformed)?,
        })
    }
}
