//! What goes into and comes out of `portals::Portals`: plain values.
//!
//! Must not know: any rule. Values are checked where they are made.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use smol_str::SmolStr;
use url::Url;

use super::credential::{BrowserToken, Digest, DirectToken, Ticket};
use super::handle::Handle;
use super::idempotency::IdempotencyKey;
use super::permission::Permission;
use super::portal::Portal;
use super::portal_path::PortalPath;
use super::ports::StoreError;
use super::session::PortalSession;
use super::token_format::TokenFormat;
use super::warnings::Warning;

/// What a caller asks `create` for.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// Of the portal.
    pub slug: SmolStr,
    /// The caller's identifier of its user.
    pub external_id: SmolStr,
    /// What the user may do.
    pub permissions: Vec<Permission>,
    /// Made to look at the portal, not for a real user.
    pub preview: bool,
    /// In place of the portal's own.
    pub return_url: Option<Url>,
    /// Where in the portal its browser begins.
    pub path: Option<PortalPath>,
    /// Life of the browser session.
    pub session_ttl_ms: u64,
    /// For people to read.
    pub email: Option<SmolStr>,
    /// The caller's identifier of the organisation.
    pub external_organization_id: Option<SmolStr>,
    /// Compact JSON.
    pub metadata: Option<String>,
}

/// What a caller asks `open` for.
#[derive(Debug)]
pub struct DirectRequest {
    /// The same as for a session that is exchanged.
    pub session: SessionRequest,
    /// Of its token.
    pub format: TokenFormat,
    /// Makes the call safe to repeat.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// The credential of a direct session.
#[derive(Debug)]
pub enum IssuedToken {
    /// Random text.
    Direct(DirectToken),
    /// A signed token.
    Signed(SecretString),
}

impl IssuedToken {
    /// The secret text, for the one answer that hands it to its owner.
    pub fn expose(&self) -> &str {
        match self {
            IssuedToken::Direct(token) => token.expose(),
            IssuedToken::Signed(token) => token.expose_secret(),
        }
    }
}

/// A direct session that has just begun.
#[derive(Debug)]
pub struct OpenedSession {
    /// The session.
    pub session: PortalSession,
    /// Its portal.
    pub portal: Arc<Portal>,
    /// Its credential.
    pub token: IssuedToken,
    /// For the developer.
    pub warnings: Vec<Warning>,
}

/// A session that waits for its browser.
#[derive(Debug)]
pub struct CreatedSession {
    /// The session.
    pub session: PortalSession,
    /// Its only credential so far.
    pub ticket: Ticket,
    /// Where the browser takes its ticket.
    pub url: String,
    /// For the developer.
    pub warnings: Vec<Warning>,
}

/// A browser session that has just begun.
#[derive(Debug)]
pub struct ExchangedSession {
    /// The session.
    pub session: PortalSession,
    /// Its portal.
    pub portal: Arc<Portal>,
    /// Its credential.
    pub token: BrowserToken,
    /// The sessions that this browser had before, which are ended now.
    pub replaced: Vec<Handle>,
    /// Why others that it had may live on.
    pub not_replaced: Option<StoreError>,
}

/// Who presents a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Asker {
    /// A program; no page is involved.
    #[default]
    Program,
    /// A page of this serialised origin.
    Page(String),
    /// The gateway's own landing page of the portal with this slug.
    Landing(String),
}

/// A ticket to be exchanged, with what comes along.
#[derive(Debug, Default)]
pub struct ExchangeRequest<'a> {
    /// The text of the ticket, as it was sent.
    pub session_id: &'a str,
    /// Who presents it.
    pub asker: Asker,
    /// Makes the exchange safe to repeat.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Of the browser.
    pub user_agent: Option<String>,
    /// The portal cookies that the browser already holds.
    pub held: Vec<(Arc<Portal>, BrowserToken)>,
}

/// Who is there.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    /// The live session.
    pub session: PortalSession,
    /// Its portal.
    pub portal: Arc<Portal>,
    /// Whether a page uses its credential itself. No cookie holds it then.
    pub is_direct: bool,
    /// Under which the store has the session.
    pub digest: Digest,
}

/// What a logout has ended.
#[derive(Clone, Debug)]
pub struct EndedSession {
    /// The session of the request.
    pub current: CurrentSession,
    /// What became of it, and of others of the same portal whose cookies the browser also sent.
    pub ends: Ends,
}

/// What became of sessions that were to end.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// They are over for good.
    pub ended: Vec<Handle>,
    /// They are over, and a failover of the store may undo that.
    pub unconfirmed: Vec<Handle>,
    /// Why these, or others, may live on.
    pub not_ended: Option<StoreError>,
}

impl Ends {
    /// Adds one whose end was asked for, with the store's answer.
    pub fn add(&mut self, handle: Handle, removed: Result<bool, StoreError>) {
        match removed {
            Ok(_) => self.ended.push(handle),
            Err(error) => {
                if matches!(error, StoreError::Unconfirmed(_)) {
                    self.unconfirmed.push(handle);
                }
                self.fail(error);
            }
        }
    }

    /// Something else failed.
    pub fn fail(&mut self, error: StoreError) {
        self.not_ended.get_or_insert(error);
    }
}

/// What became of one session that its backend wanted ended.
#[derive(Debug)]
pub enum Revocation {
    /// It was gone, or is not the caller's.
    Nothing,
    /// It is over for good.
    Done(Handle),
    /// It is over, and a failover of the store may undo that.
    Unconfirmed(Handle, StoreError),
}

/// One page of a list.
#[derive(Debug)]
pub struct SessionPage {
    /// Newest first.
    pub sessions: Vec<PortalSession>,
    /// Where the next page begins, if there is one.
    pub next: Option<Handle>,
}
