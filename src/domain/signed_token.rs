//! Signed tokens: what the gateway's JWTs say about a session, to those who check them without asking the gateway
//! (API.md section 10).
//!
//! Owns: which claims there are, how long a token lives, and what it is for.
//! Must not know: how a token is written or signed; a [`TokenSigner`] does that.

use smol_str::SmolStr;

use super::environment::Environment;
use super::error::Refusal;
use super::handle::Handle;
use super::permission::Permission;
use super::session::PortalSession;

/// The life of an assertion. A proxy gets it for one request, and its upstream checks it at once.
const ASSERTION_SECONDS: u64 = 60;

/// A portal's `tokens` section (API.md section 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// The longest life of a token for calls to other APIs.
    pub ttl_seconds: u64,
    /// In place of the slug.
    pub audience: Option<String>,
}

/// What a signed token is for. Only the first is a credential at the gateway, so an API that is given one of the others
/// cannot use the session with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The session's own credential, for as long as the session lives.
    Session,
    /// For calls to other APIs, made by `portal.getToken`.
    Call,
    /// For the upstream of one request, made by `portal.authorize`.
    Assertion,
}

impl Purpose {
    const ALL: [Purpose; 3] = [Purpose::Session, Purpose::Call, Purpose::Assertion];

    /// The stable name, the value of the claim `token_use`.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Session => "session",
            Purpose::Call => "call",
            Purpose::Assertion => "assertion",
        }
    }

    /// The reverse of [`Purpose::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    /// How long a token may live, in seconds. It never outlives its session.
    fn seconds(self, settings: &TokenSettings) -> u64 {
        match self {
            Purpose::Session => u64::MAX,
            Purpose::Call => settings.ttl_seconds,
            Purpose::Assertion => ASSERTION_SECONDS.min(settings.ttl_seconds),
        }
    }
}

/// What a token says. The signer adds the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who it is meant for.
    pub audience: String,
    /// The caller's identifier of its user.
    pub subject: String,
    /// Of the session.
    pub handle: Handle,
    /// Unix seconds.
    pub issued_at_s: u64,
    /// Unix seconds; it has expired at exactly this second.
    pub expires_at_s: u64,
    /// Of the root key that created the session.
    pub environment: Environment,
    /// What the user may do.
    pub permissions: Vec<Permission>,
    /// The caller's identifier of the user's organisation.
    pub organization: Option<String>,
    /// For people to read.
    pub email: Option<String>,
    /// Whether it is not for a real user.
    pub preview: bool,
    /// What it is for.
    pub purpose: Purpose,
}

impl Claims {
    /// The claims for a session, at a time in Unix milliseconds.
    pub fn of(session: &PortalSession, settings: &TokenSettings, purpose: Purpose, now_ms: u64) -> Self {
        let grant = &session.grant;
        let issued_at_s = now_ms / 1_000;
        let expires_at_s =
            issued_at_s.saturating_add(purpose.seconds(settings)).min(session.expires_at_ms / 1_000);
        Claims {
            audience: settings.audience(&grant.slug).to_owned(),
            subject: grant.external_id.to_string(),
            handle: session.handle,
            issued_at_s,
            expires_at_s,
            environment: grant.environment,
            permissions: grant.permissions.clone(),
            organization: grant.external_organization_id.as_ref().map(SmolStr::to_string),
            email: grant.email.as_ref().map(SmolStr::to_string),
            preview: grant.preview,
            purpose,
        }
    }
}

impl TokenSettings {
    /// The audience of the tokens of the portal with this slug.
    pub fn audience<'a>(&'a self, slug: &'a str) -> &'a str {
        self.audience.as_deref().unwrap_or(slug)
    }
}

/// A signature could not be made, because of the key or the random source.
#[derive(Debug, thiserror::Error)]
#[error("a token could not be signed")]
pub struct SigningFailed;

/// No token is longer: a session with all the permissions that it may have takes less. Nothing longer is read at all.
pub const MAX_TOKEN_BYTES: usize = 48 * 1024;

/// Signs and checks tokens with the gateway's keys.
pub trait TokenSigner: std::fmt::Debug + Send + Sync {
    /// Makes the token with these claims.
    fn sign(&self, claims: &Claims) -> Result<String, SigningFailed>;

    /// The claims of a token, if one of the keys signed it and this gateway is the issuer. The caller must check its
    /// times and its audience, because only the caller knows which session and portal it must belong to.
    fn verify(&self, token: &str) -> Result<Claims, Refusal>;

    /// The public keys as a JWK set (RFC 7517), in JSON.
    fn key_set(&self) -> &str;
}
