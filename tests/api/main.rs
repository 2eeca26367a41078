//! The wire, black box: the built app on both stores, spoken to over HTTP. One file an endpoint.

#[path = "../support/mod.rs"]
mod support;

mod authorize;
mod authorize_cors;
mod common_headers;
mod cookie_names;
mod cookie_variants;
mod cors;
mod create_access;
mod create_by_newer_names;
mod create_fields;
mod create_return_urls;
mod create_session;
mod end_session;
mod error_pages;
mod errors;
mod exchange_code;
mod exchange_cookies;
mod exchange_origins;
mod exchange_session;
mod flow;
mod get_session;
mod handles;
mod hostile_input;
mod idempotency_key;
mod landing;
mod landing_form;
mod list_sessions;
mod mailed_links;
mod one_meaning;
mod operations;
mod outage;
mod pages;
mod presented;
mod rate_limits;
mod raw;
mod raw_errors;
mod redirect_url;
mod request_bodies;
mod revoke_session;
mod routes;
mod scripts;
mod sent_home;
mod several_portals;
mod tenants;
