//! A session that a backend has just created, pending or direct: the metric and the audit line.
//!
//! Must not know: what the backend is answered.

use actix_web::HttpRequest;

use crate::domain::portals::backend::Caller;
use crate::domain::root_key::ToCreate;
use crate::domain::session::PortalSession;
use crate::http::gateway::gateway;
use crate::http::request::kept::note;
use crate::telemetry::{SessionEvent, audit};

/// Tells the operator of it.
pub fn report(request: &HttpRequest, caller: &Caller<ToCreate>, session: &PortalSession) {
    let grant = &session.grant;
    note(request, session.handle);
    gateway(request).metrics.sessions.created(&grant.slug, grant.environment.name());
    let handle = session.handle.text();
    audit(SessionEvent::Created { handle: &handle, portal: &grant.slug, root_key: &caller.key.id });
}
