//! What a backend asks of the product: create (`create.rs`), open (`open.rs`), revoke and list (`manage.rs`),
//! explain (`explain.rs`).
//!
//! Owns: what these have in common. A root key sees only its own workspace, environment and portals, and does only
//! what it has the right to. What it may not see does not exist for it.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

mod asked;
mod create;
pub mod explain;
mod manage;
mod open;

use std::marker::PhantomData;
use std::sync::Arc;

use url::Url;

use super::Portals;
use crate::domain::credential::RootKey;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::invalid::Invalid;
use crate::domain::messages::SessionRequest;
use crate::domain::portal::Portal;
use crate::domain::root_key::{RightType, RootKeyEntry, ToCreate};
use crate::domain::rules::{check_ceiling, check_return_url, check_right, portal_disabled};
use crate::domain::session::{Grant, SessionKind};
use crate::domain::user_tag::UserRef;

/// The holder of a root key that has the right `R`.
#[derive(Clone, Debug)]
pub struct Caller<R> {
    /// Its key's entry.
    pub key: Arc<RootKeyEntry>,
    right: PhantomData<R>,
}

impl Portals {
    /// Who holds this root key, if it has the right.
    pub fn authenticate<R: RightType>(&self, key: &RootKey) -> Result<Caller<R>, Error> {
        let key = self.catalog.root_key(&key.digest());
        let key = key.ok_or_else(|| Error::refused(Code::KeyNotFound, Refusal::Unknown, None))?;
        check_right(key, R::RIGHT)?;
        Ok(Caller { key: key.clone(), right: PhantomData })
    }

    /// Whether sessions of this portal may return to `url`. It says nothing about a portal that the caller may not see.
    /// It lets a request report all its faults at once; [`Portals::create`] checks the URL in any case.
    pub fn may_return_to(&self, caller: &Caller<ToCreate>, slug: &str, url: &Url) -> Result<(), Invalid> {
        self.catalog.portal_seen_by(&caller.key, slug).map_or(Ok(()), |portal| check_return_url(portal, url))
    }

    /// The portal that a session is asked for, if the caller may grant what it asks for there.
    fn portal_for(&self, caller: &Caller<ToCreate>, request: &SessionRequest) -> Result<&Arc<Portal>, Error> {
        let portal = self.catalog.portal_seen_by(&caller.key, &request.slug);
        let portal = portal.ok_or_else(|| Error::new(Code::PortalConfigNotFound))?;
        if !portal.enabled {
            return Err(portal_disabled(None));
        }
        check_ceiling(&caller.key, &request.permissions)?;
        if let Some(url) = &request.return_url {
            check_return_url(portal, url).map_err(|told| Error::invalid(vec![told.at("body.returnUrl")]))?;
        }
        Ok(portal)
    }
}

fn grant_of(
    kind: SessionKind,
    caller: &Caller<ToCreate>,
    portal: &Portal,
    request: SessionRequest,
) -> Arc<Grant> {
    Arc::new(Grant {
        kind,
        workspace: portal.workspace.as_str().into(),
        slug: request.slug,
        environment: caller.key.environment,
        external_id: request.external_id,
        external_organization_id: request.external_organization_id,
        email: request.email,
        permissions: request.permissions,
        preview: request.preview,
        metadata: request.metadata,
        return_url: request.return_url,
        path: request.path,
    })
}

fn user_of<'a, R>(caller: &'a Caller<R>, slug: &'a str, external_id: &'a str) -> UserRef<'a> {
    UserRef { workspace: &caller.key.workspace, environment: caller.key.environment, slug, external_id }
}
