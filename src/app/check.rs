//! `vestibule check --connect`: tries the store of a configuration, before people do.
//!
//! Owns: what is tried: every operation once, for a user of nobody. It leaves nothing but an index of an hour.
//! Must not know: what is printed, or exit codes.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use super::stores::StoreMaker;
use crate::config;
use crate::domain::base62::random_text;
use crate::domain::credential::{BrowserToken, DirectToken, Ticket};
use crate::domain::environment::Environment;
use crate::domain::handle::HandleSuffix;
use crate::domain::policy::SessionPolicy;
use crate::domain::ports::{
    Clock, ExchangeAttempt, Lookup, NewDirectSession, NewSession, PortalFilter, Readiness, Removal,
    SessionStore, StoreError,
};
use crate::domain::session::{Grant, SessionKind};
use crate::domain::user_tag::{UserRef, UserTag, UserTagger};
use crate::telemetry::Metrics;

/// Long enough to be tried, and soon gone if the check breaks off.
const TTL_MS: u64 = 60_000;
const ENVIRONMENT: Environment = Environment::Test;
const NOBODY: &str = "check";

/// What was found out.
#[derive(Debug, Default)]
pub struct Findings {
    /// Why it does not serve: the operation that failed, and its error.
    pub failure: Option<String>,
    /// What weakens a promise, and how.
    pub warnings: Vec<String>,
}

/// Tries a store. An error means that it could not even be tried.
pub async fn try_store(settings: &config::Store, clock: Arc<dyn Clock>) -> Result<Findings, StartError> {
    let metrics = Arc::new(Metrics::new()?);
    let stores = StoreMaker::new(settings, Duration::ZERO, clock, &metrics).map_err(StartError::Store)?;
    let store = stores.make();
    let mut findings = Findings::default();
    match store.ready().await {
        Ok(Readiness::Serves) => {
            let failed = |(operation, error): (&str, StoreError)| format!("{operation}: {error}");
            findings.failure = walk(store.as_ref()).await.err().map(failed);
        }
        Ok(Readiness::FindsOnly { reason }) => findings.failure = Some(reason),
        Err(error) => findings.failure = Some(error.to_string()),
    }
    findings.warnings.extend(stores.weaknesses().await);
    Ok(findings)
}

/// The life of a session of each kind. The error names the operation.
async fn walk(store: &dyn SessionStore) -> Result<(), (&'static str, StoreError)> {
    fn of<T>(
        operation: &'static str,
        result: Result<T, StoreError>,
    ) -> Result<T, (&'static str, StoreError)> {
        result.map_err(|error| (operation, error))
    }
    let tag = tag_of_nobody();
    let ticket = Ticket::mint(ENVIRONMENT, tag).digest();
    let new = NewSession {
        tag,
        suffix: HandleSuffix::mint(),
        ticket,
        ticket_ttl_ms: TTL_MS,
        session_ttl_ms: TTL_MS,
        policy: SessionPolicy::default(),
        root_key: NOBODY.into(),
        grant: grant(SessionKind::Browser),
    };
    let created = of("create", store.create(&new).await)?.session;
    of("peek", store.peek(tag, &ticket).await)?;
    let token = BrowserToken::mint(ENVIRONMENT, tag).digest();
    let portals = PortalFilter::AllBut(Vec::new());
    let attempt = ExchangeAttempt { tag, ticket, token, portals, user_agent: None, held: Vec::new() };
    of("exchange", store.exchange(&attempt).await)?;
    of("find", store.find(tag, &token, Lookup::Use { idles: Some(true) }).await)?;
    of("list", store.list(tag, None, 1).await)?;
    of("find by handle", store.find_by_handle(&created.handle).await)?;
    of("revoke", store.remove(&created.handle, None, Removal::Revoked).await)?;
    of("find what is gone", store.find(tag, &token, Lookup::Glance).await)?;
    let direct = NewDirectSession {
        tag,
        suffix: HandleSuffix::mint(),
        token: DirectToken::mint(ENVIRONMENT, tag).digest(),
        session_ttl_ms: TTL_MS,
        policy: SessionPolicy::default(),
        root_key: NOBODY.into(),
        grant: grant(SessionKind::Direct),
    };
    of("open", store.open(&direct).await)?;
    of("revoke all", store.revoke_all(tag, None).await)?;
    of("time", store.now_ms().await)?;
    Ok(())
}

fn tag_of_nobody() -> UserTag {
    let user = UserRef { workspace: NOBODY, environment: ENVIRONMENT, slug: NOBODY, external_id: NOBODY };
    // Of a secret that is forgotten at once, so that no two checks meet.
    UserTagger::new(&random_text().into(), &[]).tag(&user)
}

fn grant(kind: SessionKind) -> Grant {
    Grant {
        kind,
        workspace: NOBODY.into(),
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
    }
}
