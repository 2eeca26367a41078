//! The store as the gateway makes it, and sessions to put into it.

use std::sync::Arc;

use vestibule::app::stores::StoreMaker;
use vestibule::config::Settings;
use vestibule::domain::admitted_portals::AdmittedPortals;
use vestibule::domain::credential::{BrowserToken, Digest, DirectToken, Ticket};
use vestibule::domain::environment::Environment;
use vestibule::domain::error::Refusal;
use vestibule::domain::handle::HandleSuffix;
use vestibule::domain::permission::Permission;
use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::portal_path::PortalPath;
use vestibule::domain::ports::{
    Exchange, ExchangeAttempt, Found, Lookup, NewDirectSession, NewSession, Opening, SessionStore,
    StoreError, Stored,
};
use vestibule::domain::return_url::parse_http_url;
use vestibule::domain::session::{Grant, PortalSession, SessionKind};
use vestibule::domain::user_tag::{UserRef, UserTag, UserTagger};
use vestibule::telemetry::Metrics;

use super::app::FakeClock;

/// As the gateway makes it.
pub fn redis_store(url: &str, fence_failover: bool) -> Arc<dyn SessionStore> {
    store_with(url, &format!("fence_failover = {fence_failover}"))
}

/// With further lines of `[store]`.
pub fn store_with(url: &str, lines: &str) -> Arc<dyn SessionStore> {
    store_observed(url, lines, &Arc::new(Metrics::new().expect("metrics")))
}

/// The same, whose calls these metrics count.
pub fn store_observed(url: &str, lines: &str, metrics: &Arc<Metrics>) -> Arc<dyn SessionStore> {
    store_maker(url, lines, metrics).make()
}

/// For several workers of one process.
pub fn store_maker(url: &str, lines: &str, metrics: &Arc<Metrics>) -> StoreMaker {
    let text = format!("server.secret = \"{}\"\n[store]\nurl = \"{url}\"\n{lines}", "s".repeat(32));
    let settings = Settings::from_layers(&text, std::iter::empty()).expect("a configuration");
    StoreMaker::new(&settings.store, settings.history, FakeClock::new(), metrics, None).expect("a store")
}

pub fn tag_of(user: &str) -> UserTag {
    let user =
        UserRef { workspace: "acme", environment: Environment::Live, slug: "my-portal", external_id: user };
    UserTagger::new(&"secret".into(), &[]).tag(&user)
}

pub fn new_session(user: &str) -> NewSession {
    let tag = tag_of(user);
    NewSession {
        tag,
        suffix: HandleSuffix::mint(),
        ticket: Ticket::mint(Environment::Live, tag).digest(),
        ticket_ttl_ms: 900_000,
        session_ttl_ms: 86_400_000,
        policy: SessionPolicy::default(),
        grant: grant_of(SessionKind::Browser, user),
        root_key: "acme-backend".into(),
    }
}

/// The session of the README's first call, as costs are told of it.
pub fn readme_session(user: &str) -> NewSession {
    let permissions = ["api.*.read_key", "api.*.read_analytics"];
    let new = new_session(user);
    let grant = Arc::new(Grant {
        external_organization_id: None,
        email: None,
        preview: false,
        metadata: None,
        return_url: None,
        path: None,
        permissions: permissions.map(|text| Permission::parse(text).expect("valid")).into(),
        ..(*new.grant).clone()
    });
    NewSession { grant, ..new }
}

/// A direct session, as one call of the backend asks for it: a repeat of that call has the same value.
pub fn new_direct(user: &str) -> NewDirectSession {
    let tag = tag_of(user);
    NewDirectSession {
        is_repeatable: false,
        tag,
        suffix: HandleSuffix::mint(),
        token: DirectToken::mint(Environment::Live, tag).digest(),
        session_ttl_ms: 3_600_000,
        policy: SessionPolicy::default(),
        grant: grant_of(SessionKind::Direct, user),
        root_key: "acme-backend".into(),
    }
}

fn grant_of(kind: SessionKind, user: &str) -> Arc<Grant> {
    Arc::new(Grant {
        kind,
        workspace: "acme".into(),
        slug: "my-portal".into(),
        environment: Environment::Live,
        external_id: user.into(),
        external_organization_id: Some("org_1".into()),
        email: Some("jane@example.com".into()),
        permissions: vec![Permission::parse("api.*.read_key").expect("a permission")],
        preview: true,
        metadata: Some(r#"{"plan":"pro","lines":"a\nb"}"#.into()),
        return_url: parse_http_url("https://app.example.com/back").ok(),
        path: PortalPath::parse("/invoices/42?tab=lines#total").ok(),
    })
}

/// A new try to exchange: with a token of its own.
pub fn attempt(new: &NewSession) -> ExchangeAttempt {
    ExchangeAttempt {
        tag: new.tag,
        ticket: new.ticket,
        token: BrowserToken::mint(Environment::Live, new.tag).digest(),
        portals: AdmittedPortals::new(["my-portal"]),
        user_agent: Some("Mozilla/5.0 (Test)".into()),
        held: Vec::new(),
    }
}

#[track_caller]
pub fn assert_gone(exchange: &Exchange, refusal: Refusal) {
    match exchange {
        Exchange::Gone(gone) => assert_eq!(gone.refusal, refusal),
        Exchange::Done(_, _) | Exchange::NotAdmitted(_) | Exchange::Full(_) => {
            panic!("expected {refusal:?}, got {exchange:?}")
        }
    }
}

/// The session that this attempt has opened.
#[track_caller]
pub fn opened(opening: Result<Opening, StoreError>) -> Stored {
    match opening.expect("the store opens") {
        Opening::Done(stored) => stored,
        Opening::TooLate => panic!("the attempt is not too late"),
        Opening::Full => panic!("there is room"),
    }
}

/// A session of this user that has been exchanged, and its token.
pub async fn active(store: &dyn SessionStore, user: &str) -> (PortalSession, Digest) {
    let new = new_session(user);
    store.create(&new).await.expect("the store creates");
    let attempt = attempt(&new);
    match store.exchange(&attempt).await.expect("the store exchanges") {
        Exchange::Done(session, _) => (session, attempt.token),
        refused @ (Exchange::Gone(_) | Exchange::NotAdmitted(_) | Exchange::Full(_)) => {
            panic!("a fresh ticket: {refused:?}")
        }
    }
}

/// Why a token finds nothing; `None` for a live session.
pub async fn refusal_of(store: &dyn SessionStore, tag: UserTag, token: &Digest) -> Option<Refusal> {
    match store.find(tag, token, Lookup::Glance).await.expect("the store answers") {
        Found::Active(_) => None,
        Found::Gone(gone) => Some(gone.refusal),
    }
}
