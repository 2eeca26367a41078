//! The rules that `Portals` applies, each with the error for breaking it.
//!
//! Must not know: the store. Everything here is pure.

use std::sync::Arc;

use url::Url;

use super::admitted_portals::AdmittedPortals;
use super::catalog::Catalog;
use super::error::{Code, Error, Refusal};
use super::handle::Handle;
use super::invalid::Invalid;
use super::messages::Asker;
use super::permission::{Permission, any_covers};
use super::portal::{Landing, Portal};
use super::root_key::{Right, RootKeyEntry};
use super::session::PortalSession;

/// The session's portal, if it is still configured in the session's workspace.
pub fn portal_of<'a>(catalog: &'a Catalog, session: &PortalSession) -> Option<&'a Arc<Portal>> {
    catalog.portal(&session.grant.slug).filter(|portal| portal.workspace == session.grant.workspace)
}

/// A root key may be used only for what its entry says.
pub fn check_right(key: &RootKeyEntry, right: Right) -> Result<(), Error> {
    if key.rights.contains(&right) {
        return Ok(());
    }
    let error = Error::refused(Code::InsufficientPermissions, Refusal::PermissionNotHeld, None);
    Err(error.with_detail(format!("This root key does not have the right: {}.", right.name())))
}

/// A root key may grant only what it holds itself.
pub fn check_ceiling(key: &RootKeyEntry, permissions: &[Permission]) -> Result<(), Error> {
    let above: Vec<_> = permissions.iter().filter(|asked| !any_covers(&key.permissions, asked)).collect();
    if above.is_empty() {
        return Ok(());
    }
    let error = Error::refused(Code::InsufficientPermissions, Refusal::PermissionNotHeld, None);
    Err(error.with_detail(format!("This root key may not grant: {}.", join(&above))))
}

/// A session may do only what it was granted.
pub fn check_held(session: &PortalSession, required: &[Permission]) -> Result<(), Error> {
    let held = &session.grant.permissions;
    let lacking: Vec<_> = required.iter().filter(|asked| !any_covers(held, asked)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let handle = Some(session.handle);
    let error = Error::refused(Code::InsufficientPermissions, Refusal::PermissionNotHeld, handle);
    Err(error.with_detail(format!("The session does not hold: {}.", join(&lacking))))
}

/// A session's own return URL must lie under one that the portal allows.
pub fn check_return_url(portal: &Portal, url: &Url) -> Result<(), Invalid> {
    if portal.allows_return_to(url) {
        return Ok(());
    }
    let message = "The URL is not under any of the portal's return_urls.";
    let fix = "Use a URL under a configured prefix, or add its prefix to the portal's return_urls.";
    Err(Invalid::new(message, fix))
}

/// Whose tickets the asker may spend. This is the only place that decides it, before any ticket is spent.
pub fn admitted_portals(catalog: &Catalog, asker: &Asker) -> Result<AdmittedPortals, Error> {
    let origin = match asker {
        // Not all but those that are switched off: another gateway may know a portal that this one has not heard of yet.
        Asker::Program => return Ok(catalog.enabled().clone()),
        Asker::Landing(slug) => {
            let portal = landing_portal(catalog, slug)?;
            return Ok(AdmittedPortals::new([portal.slug.as_str()]));
        }
        Asker::Page(origin) => origin,
    };
    match catalog.portals_listing(origin) {
        [] => Err(origin_not_listed(None)),
        listing => {
            let enabled = listing.iter().filter(|portal| portal.enabled);
            Ok(AdmittedPortals::new(enabled.map(|portal| portal.slug.as_str())))
        }
    }
}

/// The portal whose hosted landing this is. A portal without one has no page here.
pub fn landing_portal<'a>(catalog: &'a Catalog, slug: &str) -> Result<&'a Arc<Portal>, Error> {
    let portal = catalog.portal(slug).filter(|portal| match portal.landing {
        Landing::Hosted { .. } => true,
        Landing::Portal => false,
    });
    let portal = portal.ok_or_else(|| Error::new(Code::RouteNotFound))?;
    if portal.enabled { Ok(portal) } else { Err(portal_disabled(None)) }
}

/// The error for a ticket whose portal the filter did not admit.
pub fn why_not_admitted(catalog: &Catalog, session: &PortalSession, asker: &Asker) -> Error {
    let not_found = |refusal| Error::refused(Code::PortalSessionNotFound, refusal, Some(session.handle));
    match (portal_of(catalog, session), asker) {
        (None, _) => not_found(Refusal::PortalGone),
        (Some(portal), Asker::Page(origin)) if !portal.lists_origin(origin) => {
            origin_not_listed(Some(session.handle))
        }
        (Some(portal), Asker::Program | Asker::Page(_)) if !portal.enabled => {
            portal_disabled(Some(session.handle))
        }
        (Some(_), Asker::Program | Asker::Page(_)) => origin_not_listed(Some(session.handle)),
        (Some(_), Asker::Landing(_)) => not_found(Refusal::OtherPortal),
    }
}

/// A page of an origin that the portal does not list.
pub fn origin_not_listed(handle: Option<Handle>) -> Error {
    let error = Error::refused(Code::Forbidden, Refusal::OriginNotListed, handle);
    error.with_detail("The portal does not list the origin of this request in allowed_origins.")
}

/// The user has as many live sessions as the portal allows. `handle`: of the one that waits.
pub fn too_many_sessions(handle: Option<Handle>) -> Error {
    Error::refused(Code::TooManySessions, Refusal::TooManySessions, handle)
}

/// The portal takes no direct tokens.
pub fn not_direct(handle: Option<Handle>) -> Error {
    let error = Error::refused(Code::Forbidden, Refusal::NotDirect, handle);
    error.with_detail(
        "This portal gives no direct tokens. Set direct = true in its section of the configuration.",
    )
}

/// Nobody can sign a token here.
pub fn signing_key_missing() -> Error {
    let error = Error::refused(Code::Forbidden, Refusal::NoSigningKey, None);
    error.with_detail(
        "The gateway has no key to sign tokens with. Set tokens.signing_key_files in its configuration.",
    )
}

/// The most that are named in an answer; a request can name hundreds.
fn join(permissions: &[&Permission]) -> String {
    const MAX_NAMED: usize = 10;
    let named: Vec<_> = permissions.iter().take(MAX_NAMED).map(|permission| permission.as_str()).collect();
    match permissions.len().saturating_sub(MAX_NAMED) {
        0 => named.join(", "),
        rest => format!("{} and {rest} more", named.join(", ")),
    }
}

/// The portal is switched off.
pub fn portal_disabled(handle: Option<Handle>) -> Error {
    let error = Error::refused(Code::Forbidden, Refusal::PortalDisabled, handle);
    error.with_detail("This portal is disabled.")
}
