//! Signed tokens: what a JWT of the gateway's says of a session, to those who check it without asking (API.md
//! section 10).
//!
//! Owns: which claims there are, how long a token lives, and what it is for.
//! Must not know: how a token is written or signed; a [`TokenSigner`] does that.

use super::environment::Environment;
use super::error::Refusal;
use super::handle::Handle;
use super::permission::Permission;
use super::session::PortalSession;

/// Of an assertion, which a proxy gets for one request and its upstream checks at once.
const ASSERTION_SECONDS: u64 = 60;

/// A portal's `tokens` section (API.md section 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// The longest life of a token for calls to other APIs.
    pub ttl_seconds: u64,
    /// In the place of the slug.
    pub audience: Option<String>,
}

/// What a signed token is for. Only the first is a credential at the gateway: a third API that was handed one of the
/// others cannot use the session with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It is the session's own credential, for as long as the session lives.
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

    /// How long a token may live, in seconds; never beyond its session.
    fn seconds(self, settings: &TokenSettings) -> u64 {
        match self {
            Purpose::Session => u64::MAX,
            Purpose::Call => settings.ttl_seconds,
            Purpose::Assertion => ASSERTION_SECONDS.min(settings.ttl_seconds),
        }
    }
}

/// What a token says. The issuer is the signer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// For whom it is meant.
    pub audience: String,
    /// The caller's identifier of its user.
    pub subject: String,
    /// Of the session.
    pub handle: Handle,
    /// Unix seconds.
    pub issued_at_s: u64,
    /// Unix seconds; it is over at this very second.
    pub expires_at_s: u64,
    /// Of the root key that created the session.
    pub environment: Environment,
    /// What the user may do.
    pub permissions: Vec<Permission>,
    /// The caller's identifier of the user's organisation.
    pub organization: Option<String>,
    /// For people to read.
    pub email: Option<String>,
    /// Not a real user's.
    pub preview: bool,
    /// What it is for.
    pub purpose: Purpose,
}

impl Claims {
    /// Of a session, at a time in Unix milliseconds.
    pub fn of(session: &PortalSession, settings: &TokenSettings, purpose: Purpose, now_ms: u64) -> Self {
        let grant = &session.grant;
        let issued_at_s = now_ms / 1_000;
        let expires_at_s =
            issued_at_s.saturating_add(purpose.seconds(settings)).min(session.expires_at_ms / 1_000);
        Claims {
            audience: settings.audience(&grant.slug).to_owned(),
            subject: grant.external_id.clone(),
            handle: session.handle,
            issued_at_s,
            expires_at_s,
            environment: grant.environment,
            permissions: grant.permissions.clone(),
            organization: grant.external_organization_id.clone(),
            email: grant.email.clone(),
            preview: grant.preview,
            purpose,
        }
    }
}

impl TokenSettings {
    /// For whom the tokens of the portal with this slug are meant.
    pub fn audience<'a>(&'a self, slug: &'a str) -> &'a str {
        self.audience.as_deref().unwrap_or(slug)
    }
}

/// A signature could not be made: a defect of the key or of the random source.
#[derive(Debug, thiserror::Error)]
#[error("a token could not be signed")]
pub struct SigningFailed;

/// Signs and checks tokens with the gateway's keys.
pub trait TokenSigner: std::fmt::Debug + Send + Sync {
    /// The token that says this.
    fn sign(&self, claims: &Claims) -> Result<String, SigningFailed>;

    /// What a token says, if one of the keys signed it and the issuer is this gateway. Neither its time nor its
    /// audience is checked: whoever asks knows which session and portal it must be of.
    fn verify(&self, token: &str) -> Result<Claims, Refusal>;

    /// The public keys as a JWK set (RFC 7517), in JSON.
    fn key_set(&self) -> &str;
}
