//! What can go wrong, as a closed list (API.md section 2).
//!
//! Owns: the codes with their stable wire names and public texts, and the true reason for a refusal, which is for the
//! operator and never reaches a client.
//! Must not know: HTTP statuses, media types, or how an error is rendered.

use super::handle::Handle;
use super::invalid::{Fault, Faults};
use super::return_url::Home;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $detail:literal;)*) => {
        /// Every error that a client can get.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them, for tables, tests and the error pages.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable name: `category/code`.
            pub fn wire_name(self) -> &'static str {
                match self { $(Code::$name => $wire,)* }
            }

            /// The text for the client, unless the error has one of its own.
            pub fn detail(self) -> &'static str {
                match self { $(Code::$name => $detail,)* }
            }
        }
    };
}

codes! {
    /// A backend endpoint without `Authorization`.
    Missing = "authentication/missing",
        "No root key was sent. Add the header Authorization: Bearer rk_…";
    /// `Authorization` that is no Bearer root key.
    Malformed = "authentication/malformed",
        "The Authorization header must be of the form: Bearer rk_…";
    /// A root key that no workspace has.
    KeyNotFound = "authentication/key_not_found",
        "This root key is not configured at this gateway.";
    /// Neither cookie nor Bearer token.
    PortalTokenMissing = "authentication/portal_token_missing",
        "No portal session was sent: neither its cookie nor a Bearer token.";
    /// A ticket or browser token that is unknown, expired, used or revoked. A client never learns which.
    PortalSessionNotFound = "authentication/portal_session_not_found",
        "Session is invalid, expired, or has already been used.";
    /// The portal is disabled, or does not list the request's origin.
    Forbidden = "authorization/forbidden",
        "This portal does not accept the request.";
    /// More was asked for than the root key or the session holds.
    InsufficientPermissions = "authorization/insufficient_permissions",
        "This request needs a permission that it does not have.";
    /// The user has as many live sessions as the portal allows.
    TooManySessions = "authorization/too_many_sessions",
        "The user already has as many live sessions as this portal allows. Nothing was spent; end one of them and try again.";
    /// No portal with this slug that the caller may see.
    PortalConfigNotFound = "data/portal_config_not_found",
        "No portal with this slug exists in the workspace of this root key.";
    /// Fields that break a rule.
    InvalidInput = "application/invalid_input",
        "One or more fields of the request are invalid; see errors.";
    /// Not JSON.
    RequestBodyUnreadable = "bad_request/request_body_unreadable",
        "The request could not be read; see errors.";
    /// A content type other than JSON.
    UnsupportedMediaType = "bad_request/unsupported_media_type",
        "The request body must be JSON. Send the header Content-Type: application/json";
    /// Over the limit.
    RequestBodyTooLarge = "bad_request/request_body_too_large",
        "The request is too large. A body may have at most 16 KiB.";
    /// The client sent too slowly.
    RequestTimeout = "bad_request/request_timeout",
        "The request did not arrive completely within 10 seconds.";
    /// No such path.
    RouteNotFound = "bad_request/route_not_found",
        "There is nothing at this path.";
    /// The path exists, the method does not.
    MethodNotAllowed = "bad_request/method_not_allowed",
        "This path does not take this method. The Allow header lists the methods that it takes.";
    /// Too many calls in too short a time.
    RateLimited = "too_many_requests/rate_limited",
        "Too many requests. Try again after the time in the Retry-After header.";
    /// The store does not answer. Nothing is known about any session, so nothing is said about it.
    ServiceUnavailable = "application/service_unavailable",
        "The session store does not answer at the moment. No session is lost; try again shortly.";
    /// A defect of the gateway.
    UnexpectedError = "application/unexpected_error",
        "The gateway failed unexpectedly. Look for the request id in its log to find the reason.";
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $stable:literal;)*) => {
        /// The true reason for a refusal: for logs and metrics, never for the client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $name,)* }

        impl Refusal {
            /// All of them.
            pub const ALL: &[Refusal] = &[$(Refusal::$name,)*];

            /// The stable name, a value of the metric label `reason`.
            pub fn name(self) -> &'static str {
                match self { $(Refusal::$name => $stable,)* }
            }

            /// Reads what [`Refusal::name`] writes.
            pub fn from_name(name: &str) -> Option<Self> {
                Refusal::ALL.iter().copied().find(|refusal| refusal.name() == name)
            }
        }
    };
}

refusals! {
    /// Nothing was sent.
    Missing = "missing";
    /// Not of the form, or a wrong checksum.
    Malformed = "malformed";
    /// Two different values under a cookie name of which a browser holds only one: somebody planted one of them.
    Ambiguous = "ambiguous";
    /// The store does not know it: it was invented, or is long gone.
    Unknown = "unknown";
    /// It had expired.
    Expired = "expired";
    /// Nobody had used it for as long as its idle time-out.
    Idle = "idle";
    /// It made room for a newer session of the same user.
    Displaced = "displaced";
    /// Its user has as many live sessions as the portal allows.
    TooManySessions = "too_many_sessions";
    /// The ticket had been exchanged before.
    Used = "used";
    /// The backend revoked it.
    Revoked = "revoked";
    /// Its user logged out.
    Ended = "ended";
    /// The ticket was minted before a failover or restart of the store, which may have forgotten its use.
    Fenced = "fenced";
    /// Its portal is no longer configured, or now belongs to another workspace.
    PortalGone = "portal_gone";
    /// It belongs to a portal other than the one that was asked for.
    OtherPortal = "other_portal";
    /// The portal is switched off.
    PortalDisabled = "portal_disabled";
    /// The portal does not list the request's `Origin`.
    OriginNotListed = "origin_not_listed";
    /// A permission is not held.
    PermissionNotHeld = "permission_not_held";
    /// A direct token in a cookie. A script has put it there, and every page of the host would send it.
    DirectTokenInCookie = "direct_token_in_cookie";
    /// A browser token that a page sends as Bearer. No page is ever given one.
    BrowserTokenFromPage = "browser_token_from_page";
    /// A ticket where a token belongs.
    TicketAsToken = "ticket_as_token";
    /// A root key where a token belongs: a backend has called the portal's host, not the gateway.
    RootKeyAsToken = "root_key_as_token";
    /// A direct token of a portal that no longer takes any.
    NotDirect = "not_direct";
    /// A signed token was asked for, and no key is configured.
    NoSigningKey = "no_signing_key";
    /// A signed token of a key that the gateway does not have.
    UnknownKey = "unknown_key";
    /// A signed token whose signature is wrong, or made with an algorithm other than its key's.
    SignatureInvalid = "signature_invalid";
    /// A signed token of another issuer.
    OtherIssuer = "other_issuer";
    /// A signed token for an audience other than its portal's.
    OtherAudience = "other_audience";
    /// A signed token of an environment other than its session's.
    OtherEnvironment = "other_environment";
    /// A signed token that is meant for others to check. It is no credential here.
    OtherPurpose = "other_purpose";
}

/// An error of the product: what the client is told, and what only the operator may know.
#[derive(Clone, Debug)]
pub struct Error {
    /// Which error it is.
    pub code: Code,
    /// Public words in place of the code's own, where they help more.
    pub detail: Option<String>,
    /// The faults of an invalid request.
    pub faults: Vec<Fault>,
    /// The true reason, for the operator.
    pub refusal: Option<Refusal>,
    /// The portal session it is about, if one is known.
    pub handle: Option<Handle>,
    /// Where a browser gets a new session (API.md section 5); only if it has none.
    pub home: Option<Home>,
}

impl Error {
    /// An error with the code's own words.
    pub fn new(code: Code) -> Self {
        Error { code, detail: None, faults: Vec::new(), refusal: None, handle: None, home: None }
    }

    /// A request whose values break rules.
    pub fn invalid(faults: impl Into<Faults>) -> Self {
        Error { faults: faults.into().told(), ..Error::new(Code::InvalidInput) }
    }

    /// A refused credential. The client learns the code, the operator the reason.
    pub fn refused(code: Code, refusal: Refusal, handle: Option<Handle>) -> Self {
        Error { refusal: Some(refusal), handle, ..Error::new(code) }
    }

    /// The same error in words that help more.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Error { detail: Some(detail.into()), ..self }
    }

    /// Whether it only says that the browser has no live session.
    pub fn says_signed_out(&self) -> bool {
        matches!(self.code, Code::PortalTokenMissing | Code::PortalSessionNotFound)
    }

    /// What the client reads.
    pub fn public_detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.code.detail())
    }
}

/// Shows the stable name only, so that it can be logged.
impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.wire_name())
    }
}
