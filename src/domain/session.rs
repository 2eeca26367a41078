//! The portal session: what a ticket and a browser token both stand for.
//!
//! Owns: the grant, the session's times, and its state as a pure function of the time.
//! Must not know: how it is stored, sent or looked up.

use std::sync::Arc;

use smol_str::SmolStr;
use url::Url;

use super::environment::Environment;
use super::handle::Handle;
use super::permission::Permission;
use super::policy::Idle;
use super::portal_path::PortalPath;
use super::user_tag::UserRef;

/// How a session began, and so which credential it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A browser exchanged a ticket for it; its credential is a browser token.
    Browser,
    /// The backend opened it directly; its credential is a direct token or a signed one.
    Direct,
}

impl SessionKind {
    /// The stable name, as listings tell it.
    pub fn name(self) -> &'static str {
        match self {
            SessionKind::Browser => "browser",
            SessionKind::Direct => "direct",
        }
    }
}

/// What a backend grants one of its users. It is fixed when the session is created. Its texts are mostly short, and then
/// need no place on the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How it begins.
    pub kind: SessionKind,
    /// The workspace whose key created it.
    pub workspace: SmolStr,
    /// The portal it is for.
    pub slug: SmolStr,
    /// Of the root key that created it.
    pub environment: Environment,
    /// The caller's identifier of its user.
    pub external_id: SmolStr,
    /// The caller's identifier of the user's organisation.
    pub external_organization_id: Option<SmolStr>,
    /// For people to read; never used as an identifier.
    pub email: Option<SmolStr>,
    /// What the user may do in the portal.
    pub permissions: Vec<Permission>,
    /// Made to look at the portal, not by a real user.
    pub preview: bool,
    /// The caller's own data as compact JSON, handed on unread.
    pub metadata: Option<String>,
    /// In place of the portal's own. It was under the portal's `return_urls` when the session was created.
    pub return_url: Option<Url>,
    /// Where in the portal its browser begins.
    pub path: Option<PortalPath>,
}

impl Grant {
    /// The user whom it is for.
    pub fn user(&self) -> UserRef<'_> {
        UserRef {
            workspace: &self.workspace,
            environment: self.environment,
            slug: &self.slug,
            external_id: &self.external_id,
        }
    }

    /// Whether both are for the same person in the same role. To the portal, the same identifier in another environment
    /// or organisation is somebody else.
    pub fn is_of_same_person(&self, other: &Grant) -> bool {
        self.workspace == other.workspace
            && self.slug == other.slug
            && self.environment == other.environment
            && self.external_id == other.external_id
            && self.external_organization_id == other.external_organization_id
    }
}

/// A grant, with its lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalSession {
    /// Its public name; holds the time of its creation.
    pub handle: Handle,
    /// What it may do.
    pub grant: Arc<Grant>,
    /// When it became active, by the store's clock, Unix milliseconds: when its ticket was exchanged, or when a direct
    /// session was opened.
    pub exchanged_at_ms: Option<u64>,
    /// When its ticket (pending) or its browser token (active) ends, by the store's clock.
    pub expires_at_ms: u64,
    /// Of an active session with an idle time-out.
    pub idle: Option<Idle>,
    /// Of the browser that exchanged the ticket.
    pub user_agent: Option<String>,
}

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Created; its ticket can be exchanged.
    Pending,
    /// Exchanged; its browser token is live.
    Active,
    /// Over.
    Expired,
}

impl PortalSession {
    /// Whole seconds until it ends, at a time in Unix milliseconds; never more than from its beginning, so that a
    /// clock that is behind the store's promises nothing that is not so.
    pub fn seconds_left(&self, now_ms: u64) -> u64 {
        let begun_at_ms = self.exchanged_at_ms.unwrap_or(self.handle.created_at_ms);
        self.expires_at_ms.saturating_sub(now_ms.max(begun_at_ms)) / 1_000
    }

    /// Whether it is over because nobody has used it, although it has not expired yet.
    pub fn is_idle_at(&self, now_ms: u64) -> bool {
        now_ms < self.expires_at_ms && self.idle.is_some_and(|idle| now_ms >= idle.expires_at_ms)
    }

    /// The state at a time of the store's clock. A session is over at the very millisecond it expires.
    pub fn state_at(&self, now_ms: u64) -> State {
        if now_ms >= self.expires_at_ms || self.is_idle_at(now_ms) {
            State::Expired
        } else if self.exchanged_at_ms.is_some() {
            State::Active
        } else {
            State::Pending
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::credential::Ticket;
    use crate::domain::handle::HandleSuffix;
    use crate::domain::user_tag::{UserRef, UserTagger};

    pub(crate) fn session(exchanged_at_ms: Option<u64>, expires_at_ms: u64) -> PortalSession {
        let user = UserRef {
            workspace: "acme",
            environment: Environment::Live,
            slug: "my-portal",
            external_id: "user_123",
        };
        let tag = Ticket::mint(Environment::Live, UserTagger::new(&"s".into(), &[]).tag(&user)).tag();
        PortalSession {
            handle: Handle { tag, created_at_ms: 1_000, suffix: HandleSuffix::mint() },
            grant: Arc::new(Grant {
                kind: SessionKind::Browser,
                workspace: "acme".into(),
                slug: "my-portal".into(),
                environment: Environment::Live,
                external_id: "user_123".into(),
                external_organization_id: None,
                email: None,
                permissions: vec![Permission::parse("keys:read").expect("a valid permission")],
                preview: false,
                metadata: None,
                return_url: None,
                path: None,
            }),
            exchanged_at_ms,
            expires_at_ms,
            idle: None,
            user_agent: None,
        }
    }

    #[test]
    fn the_same_person_is_the_same_in_every_part() {
        let grant = (*session(None, 5_000).grant).clone();
        assert!(grant.is_of_same_person(&Grant { email: Some("new@example.com".into()), ..grant.clone() }));
        let others = [
            Grant { workspace: "umbrella".into(), ..grant.clone() },
            Grant { slug: "second-portal".into(), ..grant.clone() },
            Grant { environment: Environment::Test, ..grant.clone() },
            Grant { external_id: "user_124".into(), ..grant.clone() },
            Grant { external_organization_id: Some("org_1".into()), ..grant.clone() },
        ];
        for other in others {
            assert!(!grant.is_of_same_person(&other), "{other:?}");
        }
    }

    #[test]
    fn state_around_the_expiry() {
        let pending = session(None, 5_000);
        let active = session(Some(2_000), 5_000);
        let idle = Some(Idle { timeout_ms: 1_000, expires_at_ms: 4_000 });
        let idle = PortalSession { idle, ..active.clone() };
        let table = [
            (&idle, 3_999, State::Active),
            (&idle, 4_000, State::Expired),
            (&pending, 4_999, State::Pending),
            (&pending, 5_000, State::Expired),
            (&pending, 5_001, State::Expired),
            (&active, 4_999, State::Active),
            (&active, 5_000, State::Expired),
            (&active, 5_001, State::Expired),
        ];
        for (session, now_ms, expected) in table {
            assert_eq!(session.state_at(now_ms), expected, "at {now_ms}");
        }
    }
}
