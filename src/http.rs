//! HTTP: parse, make one call into the domain, render. This page is the route table.
//!
//! Owns: every path with its method, handler and guards, and what all responses have in common.
//! Must not know: the store, the configuration's form. A business rule in here is in the wrong place.

mod article;
mod auth;
mod authorize;
mod body;
mod bounces;
mod bounds;
mod client_address;
mod cookie;
mod cors;
mod create_session;
mod end_session;
mod error_pages;
mod exchange_code;
mod exchange_session;
mod finish;
mod get_session;
mod health;
mod landing;
pub mod limits;
mod list_sessions;
mod listener;
mod negotiate;
pub mod openapi;
mod pages;
mod policy;
mod problem;
mod raw_errors;
mod reference;
mod revoke_session;
mod session_view;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, web};
use ipnet::IpNet;

use crate::domain::error::{Code, Error};
use crate::domain::landing_pass::LandingNonces;
use crate::domain::portal::Portals;
use crate::domain::ports::Clock;
use crate::telemetry::Metrics;
use problem::Problem;

use finish::finish;
pub use health::metrics_routes;
pub use listener::listen;
pub use pages::Languages;

/// What `fuzz/` reaches and nobody else.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::http::auth::bearer;
    pub use crate::http::client_address::behind_proxies;
    pub use crate::http::cookie::{sent, session_cookie_name};
    pub use crate::http::negotiate::accepts;
}

/// What every handler can reach.
pub struct Gateway {
    /// The product.
    pub portals: Portals,
    /// Counts what happens.
    pub metrics: Arc<Metrics>,
    /// Rate limits, shared by all threads.
    pub limits: Arc<limits::Limits>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The `type` of every error begins with it.
    pub error_type_base: String,
    /// Browsers reach the gateway over https, so they may be told to insist on it.
    pub strict_transport: bool,
    /// Ties the landing page's form to its browser.
    pub landing_nonces: Arc<LandingNonces>,
    /// Of the pages that people see.
    pub languages: Arc<Languages>,
    /// For what browsers keep themselves; a session's times are the store's.
    pub clock: Arc<dyn Clock>,
}

/// All routes of the public listener.
fn routes(config: &mut web::ServiceConfig) {
    config
        // For backends; no CORS: a root key has no business in a browser.
        .service(post("/v2/portal.createSession", create_session::handle))
        .service(post("/v2/portal.revokeSession", revoke_session::handle))
        .service(post("/v2/portal.listSessions", list_sessions::handle))
        // For portals and their pages.
        .service(post("/v2/portal.exchangeSession", exchange_session::handle).wrap(from_fn(cors::guard)))
        .service(post("/v2/portal.exchangeCode", exchange_code::handle).wrap(from_fn(cors::guard)))
        .service(
            get("/v2/portal.getSession", "GET, HEAD, POST", get_session::handle)
                .route(web::post().to(get_session::handle))
                .wrap(from_fn(cors::guard)),
        )
        .service(post("/v2/portal.endSession", end_session::handle).wrap(from_fn(cors::guard)))
        // For proxies.
        .service(web::resource("/v2/portal.authorize").to(authorize::handle))
        // For people.
        .service(
            get("/portal/{slug}", "GET, HEAD, POST", landing::show).route(web::post().to(landing::enter)),
        )
        // For operators and readers.
        .service(get("/health/live", "GET, HEAD", health::live))
        .service(get("/health/ready", "GET, HEAD", health::ready))
        .service(get("/errors/{category}/{code}", "GET, HEAD", error_pages::handle))
        .service(get("/openapi.json", "GET, HEAD", openapi::handle))
        .service(get("/docs", "GET, HEAD", reference::handle))
        .default_service(web::to(route_not_found));
}

fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path, "POST").route(web::post().to(handler))
}

/// HEAD wherever there is GET (RFC 9110 section 9.3.2): actix leaves out the body.
fn get<F, Args>(path: &str, allowed: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path, allowed).route(web::get().to(handler.clone())).route(web::head().to(handler))
}

fn resource(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || method_not_allowed(allowed)))
}

async fn method_not_allowed(allowed: &'static str) -> Result<HttpResponse, Problem> {
    let problem = Problem::from(Error::new(Code::MethodNotAllowed));
    Err(problem.with_header(actix_web::http::header::ALLOW, allowed))
}

async fn route_not_found() -> Result<HttpResponse, Problem> {
    Err(Error::new(Code::RouteNotFound).into())
}
