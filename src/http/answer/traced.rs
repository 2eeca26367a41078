//! The trace of a request: where it begins, where it ends, and what a person is told of it.
//!
//! Owns: that only a proxy which is believed names a trace, and only where the operator says that it makes the name itself;
//! and that who asks for health is not recorded.
//! Must not know: what is recorded of a request.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;

use crate::http::gateway::Gateway;
use crate::http::request::client_address::is_from_trusted_proxy;
use crate::http::request::kept::id_of;
use crate::telemetry::{Served, Trace, trace_id};

/// `None` where there is nothing to record, and nothing to tell in the log.
pub fn begin(request: &ServiceRequest, gateway: &Gateway) -> Option<Box<Trace>> {
    let traces = gateway.traces.as_deref()?;
    if request.path().starts_with("/health/") {
        return None;
    }
    // A proxy that was told nothing of the header passes on the client's.
    let is_believed = traces.is_named_by_proxies() && is_from_trusted_proxy(request.request(), gateway);
    traces.begin(traceparent(request.headers()).filter(|_| is_believed))
}

/// The request of this thread was answered.
pub fn end(gateway: &Gateway, served: &Served<'_>, took: Duration) {
    if let Some(traces) = &gateway.traces {
        traces.request_ended(served, took);
    }
}

/// What a person passes on to the operator: the request's id, and that of its trace if it has one.
pub fn reference(request: &HttpRequest) -> Arc<str> {
    let id = id_of(request);
    trace_id().map_or_else(|| id.clone(), |trace| format!("{id} {trace}").into())
}

/// Of two, one may be the client's.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let mut told = headers.get_all("traceparent");
    let only = told.next()?;
    if told.next().is_some() { None } else { only.to_str().ok() }
}
