//! The life of a session of each kind, for a user of nobody.
//!
//! Owns: what is tried: every operation once, and whether each has done what it answered. A store may answer well and keep
//! nothing, such as one server of several behind one address. Nothing of it stays, whatever comes of it.
//! Must not know: where the store is.

use std::sync::Arc;

use crate::domain::admitted_portals::AdmittedPortals;
use crate::domain::base62::random_text;
use crate::domain::credential::{BrowserToken, Digest, DirectToken, Ticket};
use crate::domain::environment::Environment;
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::history::{Happening, LooksLike};
use crate::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use crate::domain::ports::{
    Exchange, ExchangeAttempt, Found, Lookup, NewDirectSession, NewSession, OnBehalf, Opening, Peek, Removal,
    SessionStore, Sought, StoreError,
};
use crate::domain::session::{Grant, SessionKind};
use crate::domain::user_tag::{UserRef, UserTag, UserTagger};

/// Long enough to be tried, and soon gone if the check breaks off.
const TTL_MS: u64 = 60_000;
const ENVIRONMENT: Environment = Environment::Test;
const NOBODY: &str = "check";
/// Each has a name.
const NO_WORKSPACE: &str = "";
const USE: Lookup = Lookup::Use { idles: Some(true) };

/// A user of nobody, and the credentials of the sessions that are tried.
struct Nobody {
    tag: UserTag,
    ticket: Digest,
    browser: Digest,
    direct: [Digest; 2],
}

impl Nobody {
    fn new() -> Self {
        let user = UserRef { workspace: NOBODY, environment: ENVIRONMENT, slug: NOBODY, external_id: NOBODY };
        // Of a secret that is forgotten at once, so that no two checks meet.
        let tag = UserTagger::new(&random_text().into(), &[]).tag(&user);
        Nobody {
            tag,
            ticket: Ticket::mint(ENVIRONMENT, tag).digest(),
            browser: BrowserToken::mint(ENVIRONMENT, tag).digest(),
            direct: [(); 2].map(|()| DirectToken::mint(ENVIRONMENT, tag).digest()),
        }
    }

    fn digests(&self) -> [Digest; 4] {
        let [first, second] = self.direct;
        [self.ticket, self.browser, first, second]
    }
}

/// Tries it. An error is the operation that failed, and why; a warning is what people can do without.
/// `prefix`: of its keys.
pub async fn walk(
    store: &dyn SessionStore,
    prefix: &str,
    keeps_history: bool,
) -> Result<Option<String>, String> {
    let nobody = Nobody::new();
    let tried = try_all(store, &nobody, prefix, keeps_history).await;
    // Whatever became of it. Where this fails, the store itself forgets it within the hour.
    let _ = store.forget(nobody.tag, &nobody.digests()).await;
    tried
}

async fn try_all(
    store: &dyn SessionStore,
    nobody: &Nobody,
    prefix: &str,
    keeps_history: bool,
) -> Result<Option<String>, String> {
    let warning = browser(store, nobody, keeps_history).await?;
    direct(store, nobody).await?;
    let portals = format!("portals ({prefix}:portals:*)");
    of(&portals, store.begins_at(NO_WORKSPACE, NOBODY).await)?;
    let begun = of(&portals, store.portals_of(NO_WORKSPACE).await)?;
    holds(&portals, begun.iter().any(|slug| slug == NOBODY), "a portal that may have sessions is not known")?;
    of("time", store.now_ms().await)?;
    Ok(warning)
}

fn of<T>(operation: &str, result: Result<T, StoreError>) -> Result<T, String> {
    result.map_err(|error| format!("{operation}: {error}"))
}

fn holds(operation: &str, is_so: bool, otherwise: &str) -> Result<(), String> {
    if is_so {
        Ok(())
    } else {
        Err(format!("{operation}: the store answers as if all were well, but {otherwise}"))
    }
}

async fn finds(
    store: &dyn SessionStore,
    tag: UserTag,
    token: &Digest,
    lookup: Lookup,
) -> Result<Option<Handle>, String> {
    Ok(match of("find", store.find(tag, token, lookup).await)? {
        Found::Active(session) => Some(session.handle),
        Found::Gone(_) => None,
    })
}

/// One that begins with a link, and is revoked.
async fn browser(
    store: &dyn SessionStore,
    nobody: &Nobody,
    keeps_history: bool,
) -> Result<Option<String>, String> {
    let &Nobody { tag, ticket, browser: token, .. } = nobody;
    let handle = of("create", store.create(&new_session(tag, ticket)).await)?.session.handle;
    let peeked = of("peek", store.peek(tag, &ticket).await)?;
    let is_pending = matches!(&peeked, Peek::Pending(session) if session.handle == handle);
    holds("create", is_pending, "the session that was created is not there")?;
    let noted = store.note(tag, &ticket, &Happening::Opened(LooksLike::Browser)).await;
    let portals = AdmittedPortals::new([NOBODY]);
    let attempt = ExchangeAttempt { tag, ticket, token, portals, user_agent: None, held: Vec::new() };
    let exchanged = of("exchange", store.exchange(&attempt).await)?;
    let is_done = matches!(&exchanged, Exchange::Done(session, _) if session.handle == handle);
    holds("exchange", is_done, "the ticket that was there could not be spent")?;
    let found = finds(store, tag, &token, USE).await?;
    holds("exchange", found == Some(handle), "its session is not found")?;
    let listed = of("list", store.list(tag, None, 1).await)?;
    holds("list", listed.iter().any(|session| session.handle == handle), "a live session is missing")?;
    let named = of("find by handle", store.find_by_handle(&handle).await)?;
    holds("find by handle", named.is_some(), "a live session is not found by its id")?;
    // That it was there, the store has just told. The repeat of a call whose answer was lost does not find it.
    of("revoke", store.remove(&handle, None, Removal::Revoked).await)?;
    let found = finds(store, tag, &token, Lookup::Glance).await?;
    holds("revoke", found.is_none(), "the session lives on")?;
    of("settle", store.settle(tag, OnBehalf::Known).await)?;
    explain(store, handle, keeps_history, noted).await
}

/// Nobody is refused because a history is lost.
async fn explain(
    store: &dyn SessionStore,
    handle: Handle,
    keeps_history: bool,
    noted: Result<(), StoreError>,
) -> Result<Option<String>, String> {
    let known = of("explain", store.explain(handle.tag, &Sought::Handle(handle)).await)?;
    let Some(known) = known.first() else {
        return holds("explain", false, "nothing is known of a session that was just revoked").map(|()| None);
    };
    let has = |what: &Happening| known.events.iter().any(|event| event.what.name() == what.name());
    let told = [Happening::exchanged(None), Happening::Revoked];
    if keeps_history && (noted.is_err() || !told.iter().all(has)) {
        let why = noted.err().map(|error| format!(" ({error})")).unwrap_or_default();
        return Ok(Some(format!(
            "the store keeps no whole history of a session, so a support desk cannot explain it{why}"
        )));
    }
    Ok(None)
}

/// Two that are opened at once, where the second takes the place of the first.
async fn direct(store: &dyn SessionStore, nobody: &Nobody) -> Result<(), String> {
    let &Nobody { tag, direct: tokens, .. } = nobody;
    let open = async |token: Digest| match store.open(&new_direct_session(tag, token)).await {
        Ok(Opening::Done(stored)) => Ok(stored),
        Ok(Opening::TooLate | Opening::Full) => {
            Err("open: the store refuses a session that nothing forbids".to_owned())
        }
        Err(error) => Err(format!("open: {error}")),
    };
    let first = open(tokens[0]).await?.session.handle;
    let second = open(tokens[1]).await?;
    holds("open", second.went.displaced == [first], "a limit of one session displaces none")?;
    holds("open", finds(store, tag, &tokens[0], USE).await?.is_none(), "a displaced session lives on")?;
    let found = finds(store, tag, &tokens[1], USE).await?;
    holds("open", found == Some(second.session.handle), "the session that was opened is not found")?;
    holds("open", second.session.idle.is_some(), "an idle time-out is lost")?;
    let revoked = store.revoke_all(tag, None).await.map_err(|part| part.why);
    let count = of("revoke all", revoked)?;
    let found = finds(store, tag, &tokens[1], Lookup::Glance).await?;
    holds("revoke all", found.is_none(), "a session lives on")?;
    holds("revoke all", count == 1, &format!("it counts {count} sessions where one was live"))
}

/// All that a policy may ask.
fn policy() -> SessionPolicy {
    let limit = SessionLimit { most: 1, when_full: WhenFull::EndOldest };
    SessionPolicy { idle_timeout_ms: Some(TTL_MS), limit: Some(limit) }
}

fn new_session(tag: UserTag, ticket: Digest) -> NewSession {
    NewSession {
        tag,
        suffix: HandleSuffix::mint(),
        ticket,
        ticket_ttl_ms: TTL_MS,
        session_ttl_ms: TTL_MS,
        policy: policy(),
        root_key: NOBODY.into(),
        grant: grant(SessionKind::Browser),
    }
}

fn new_direct_session(tag: UserTag, token: Digest) -> NewDirectSession {
    NewDirectSession {
        is_repeatable: false,
        tag,
        suffix: HandleSuffix::mint(),
        token,
        session_ttl_ms: TTL_MS,
        policy: policy(),
        root_key: NOBODY.into(),
        grant: grant(SessionKind::Direct),
    }
}

fn grant(kind: SessionKind) -> Arc<Grant> {
    Arc::new(Grant {
        kind,
        workspace: NO_WORKSPACE.into(),
        slug: NOBODY.into(),
        environment: ENVIRONMENT,
        external_id: NOBODY.into(),
        external_organization_id: None,
        email: None,
        permissions: Vec::new(),
        preview: false,
        metadata: None,
        return_url: None,
        path: None,
    })
}
