//! Which portal a request is counted for, and the outcomes of an exchange.
//!
//! Owns: that a label has slugs of the configuration only. A stranger's words are never one.
//! Must not know: how anything is counted.

use std::sync::Arc;

use actix_web::HttpRequest;

use crate::domain::portal::Portal;
use crate::http::gateway::gateway;
use crate::http::request::auth;
use crate::http::request::kept::{portal_in_question, portals};
use crate::telemetry::NONE;

/// Somebody is signed in now.
pub const DONE: &str = "done";
/// Nothing was spent, because the browser has this session already.
pub const SIGNED_IN_ALREADY: &str = "signed_in_already";
/// Nothing was spent: the page asks the person once more.
pub const ASKED_AGAIN: &str = "asked_again";

/// Counts an exchange. `slug`: of the portal whose ticket it was, if that is known.
pub fn count_exchange(request: &HttpRequest, slug: Option<&str>, outcome: &str) {
    match slug {
        Some(slug) => gateway(request).metrics.sessions.exchange(slug, outcome),
        None => gateway(request).metrics.sessions.exchange(slug_of(about(request).as_ref()), outcome),
    }
}

/// Counts a refusal.
pub fn count_refusal(request: &HttpRequest, reason: &str) {
    gateway(request).metrics.sessions.refusal(slug_of(about(request).as_ref()), reason);
}

fn slug_of(portal: Option<&Arc<Portal>>) -> &str {
    portal.map_or(NONE, |portal| &portal.slug)
}

/// The portal that the request is about or names: by a credential, by its path, by the only one that lists its page, or
/// because there is no other.
fn about(request: &HttpRequest) -> Option<Arc<Portal>> {
    if let Some(portal) = portal_in_question(request) {
        return Some(portal);
    }
    let portals = portals(request);
    let catalog = portals.catalog();
    if let Some(portal) = request.match_info().get("slug").and_then(|slug| catalog.portal(slug)) {
        return Some(portal.clone());
    }
    let Some(origin) = auth::origin(request.headers()) else { return catalog.only_portal().cloned() };
    match catalog.portals_listing(&origin) {
        [portal] => Some(portal.clone()),
        [] => catalog.only_portal().cloned(),
        [_, _, ..] => None,
    }
}
