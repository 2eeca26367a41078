//! The wire, black box: the built app on both stores, spoken to over HTTP. One file an endpoint.

#[path = "../support/mod.rs"]
mod support;

mod flow;
mod raw_errors;
