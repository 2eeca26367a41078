//! What became of a session, in plain English, for a support desk (API.md section 15).
//!
//! Owns: the sentence for every state and every reason of a refusal. A visitor is never told any of it.
//! Must not know: who may ask, or where a history is kept.

use super::error::Refusal;
use super::handle::Handle;
use super::history::{Happening, HistoryEvent, LooksLike, lacks_refusals};
use super::session::PortalSession;

/// How a session came to be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Its time was up.
    Expired,
    /// Nobody used it.
    Idle,
    /// It was the oldest of as many as its user may have.
    Displaced,
    /// A backend revoked it.
    Revoked,
    /// Its user signed out, or a newer session took its place.
    Ended,
}

/// How far a session came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its ticket was never exchanged.
    Link,
    /// Its ticket was exchanged.
    Exchanged,
    /// It was opened without a ticket.
    Direct,
}

/// What a store still knows of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its public name.
    pub handle: Handle,
    /// How far it came.
    pub stage: Stage,
    /// The session, as long as it lives; then how it came to be over.
    pub now: Result<PortalSession, Over>,
    /// In the order in which it happened.
    pub events: Vec<HistoryEvent>,
}

/// What became of it, seen from what was asked about: a session, or the link to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The link waits to be used.
    Pending,
    /// The session lives.
    Active,
    /// The time of the link, or of the session, was up.
    Expired,
    /// The link was used. Only said of a link.
    Used,
    /// The user signed out, or a newer session took its place.
    Ended,
    /// A backend revoked it.
    Revoked,
    /// Nobody used the session.
    Idle,
    /// It made room for another session of its user.
    Displaced,
    /// Nothing is known to whoever asks.
    Unknown,
}

impl Outcome {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Pending => "pending",
            Outcome::Active => "active",
            Outcome::Expired => "expired",
            Outcome::Used => "used",
            Outcome::Ended => "ended",
            Outcome::Revoked => "revoked",
            Outcome::Idle => "idle",
            Outcome::Displaced => "displaced",
            Outcome::Unknown => "unknown",
        }
    }
}

/// What nobody may learn more of: the same for what never was and for what is somebody else's.
pub const UNKNOWN: &str = "Nothing is known of it to this key: it never was, its history is over, or it belongs to a \
     workspace, environment or portal that this key may not see.";
/// The text itself tells this, and so it tells nothing of any session.
pub const NO_LINK: &str = "The text holds no complete session ID: characters are missing or changed, as when a mail \
     program breaks a long link.";
/// And so do these.
pub const ID_AS_LINK: &str = "The text is a session's id, and no link: send it as id.";
/// A link where an id belongs.
pub const LINK_AS_ID: &str = "The text is a session ID or a link, and no session's id: send it as sessionId.";
/// A token where a link belongs.
pub const TOKEN_AS_LINK: &str = "The text is a token, and no link: ask by the session's id, or by its user.";

impl Known {
    /// `by_link`: it was asked about by its ticket.
    pub fn outcome(&self, by_link: bool) -> Outcome {
        match &self.now {
            Ok(_) | Err(_) if by_link && self.stage == Stage::Exchanged => Outcome::Used,
            Ok(session) if session.exchanged_at_ms.is_some() => Outcome::Active,
            Ok(_) => Outcome::Pending,
            Err(Over::Expired) => Outcome::Expired,
            Err(Over::Idle) => Outcome::Idle,
            Err(Over::Displaced) => Outcome::Displaced,
            Err(Over::Revoked) => Outcome::Revoked,
            Err(Over::Ended) => Outcome::Ended,
        }
    }

    /// The true reason in one sentence.
    pub fn sentence(&self, by_link: bool) -> String {
        let outcome = self.outcome(by_link);
        let mut sentence = match outcome {
            Outcome::Used => {
                let session = self.became(self.outcome(false));
                format!(
                    "The link has been used{}, and a link works only once; {session}",
                    in_browser(self.browser())
                )
            }
            Outcome::Pending
            | Outcome::Active
            | Outcome::Expired
            | Outcome::Ended
            | Outcome::Revoked
            | Outcome::Idle
            | Outcome::Displaced
            | Outcome::Unknown => capitalised(&self.became(outcome)),
        };
        if let Some(Happening::Refused(refusal)) = self.events.last().map(|event| &event.what)
            && refusal.name() != outcome.name()
        {
            let lacks = lacks_refusals(&self.events);
            sentence += if lacks {
                "; the last attempt on record was refused: "
            } else {
                "; the last attempt was refused: "
            };
            sentence += words(*refusal);
        }
        sentence + "."
    }

    fn became(&self, outcome: Outcome) -> String {
        let was_replaced = self.events.iter().any(|event| event.what == Happening::Replaced);
        let is_link = self.stage == Stage::Link;
        let text = match outcome {
            Outcome::Pending => "the link has not been used yet and works once",
            Outcome::Active => return format!("the session is active{}", in_browser(self.browser())),
            Outcome::Expired if is_link => "the link expired before anybody used it",
            Outcome::Expired => "the session reached the end of its life",
            Outcome::Ended if was_replaced => "a newer session of the same browser took its place",
            Outcome::Ended => "its user signed out",
            Outcome::Revoked if is_link => "the backend revoked the link before anybody used it",
            Outcome::Revoked => "the backend revoked the session",
            Outcome::Idle => "nobody used the session for as long as its idle time-out",
            Outcome::Displaced => {
                "the user opened another session and may have only so many, so this one, the oldest, ended"
            }
            Outcome::Used | Outcome::Unknown => "nothing more is known of it",
        };
        text.to_owned()
    }

    fn browser(&self) -> Option<&str> {
        self.events.iter().find_map(|event| event.what.browser())
    }
}

fn in_browser(browser: Option<&str>) -> String {
    browser.map(|name| format!(" in {name}")).unwrap_or_default()
}

fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

impl HistoryEvent {
    /// What happened, in one sentence. `user`: the backend's identifier of its user, where it is known.
    pub fn sentence(&self, user: Option<&str>) -> String {
        match &self.what {
            Happening::Created(origin) => {
                let user = user.map(|user| format!(" for {user}")).unwrap_or_default();
                format!("Created by {}{user}.", origin.root_key)
            }
            Happening::Opened(looks_like) => {
                let by = match looks_like {
                    LooksLike::Browser => "in a browser",
                    LooksLike::Prefetch => "by a browser that fetches pages in advance",
                    LooksLike::Scanner => "by what looks like a mail scanner",
                };
                format!("Opened {by} (nothing spent).")
            }
            Happening::Exchanged { browser } => format!("Exchanged{}.", in_browser(browser.as_deref())),
            Happening::Refused(refusal) => format!("Refused: {}.", words(*refusal)),
            Happening::Revoked => "Revoked by the backend.".into(),
            Happening::Ended => "Ended: its user signed out.".into(),
            Happening::Replaced => "Ended: a newer session of the same browser took its place.".into(),
            Happening::Idle => "Over: nobody had used it for as long as its idle time-out.".into(),
            Happening::Displaced => "Ended: it made room for another session of its user.".into(),
        }
    }
}

/// The reason of a refusal, as a support desk says it.
pub fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing => "no credential was sent",
        Refusal::Malformed => "the credential was incomplete or mistyped",
        Refusal::Ambiguous => "the browser sent two different cookies of the same name",
        Refusal::Unknown => "the store did not know it",
        Refusal::Expired => "it had expired",
        Refusal::Idle => "nobody had used the session for as long as its idle time-out",
        Refusal::Displaced => "it had made room for another session of its user",
        Refusal::TooManySessions => "the user had as many live sessions as the portal allows",
        Refusal::Used => "already used",
        Refusal::Revoked => "the backend had revoked it",
        Refusal::Ended => "its user had signed out",
        Refusal::Fenced => "the link was made before a failover or restart of the store",
        Refusal::PortalGone => "its portal is no longer configured",
        Refusal::OtherPortal => "it belongs to another portal",
        Refusal::PortalDisabled => "the portal is switched off",
        Refusal::OriginNotListed => "the page's origin is not one of the portal's",
        Refusal::PermissionNotHeld => "a permission that it needs is not held",
        Refusal::DirectTokenInCookie => "a direct token was sent as a cookie",
        Refusal::BrowserTokenFromPage => "a page sent a browser token itself",
        Refusal::TicketAsToken => "the session ID of a link was sent where a token belongs",
        Refusal::RootKeyAsToken => "a root key was sent where a token belongs",
        Refusal::NotDirect => "the portal takes no direct tokens",
        Refusal::NoSigningKey => "the gateway has no key to sign a token with",
        Refusal::UnknownKey => "the token was signed with a key that the gateway does not have",
        Refusal::SignatureInvalid => "the token's signature is wrong",
        Refusal::OtherIssuer => "the token was issued by another gateway",
        Refusal::OtherAudience => "the token is for another audience",
        Refusal::OtherEnvironment => "the token is of the other environment",
        Refusal::OtherPurpose => "the token is for other APIs to check and opens nothing here",
    }
}

#[cfg(test)]
#[path = "explained_tests.rs"]
mod tests;
