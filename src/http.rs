//! HTTP: parse, make one call into the domain, render. This page is the route table.
//!
//! Owns: every path with its method, handler and guards. The modules below are mostly named after who calls. Each may
//! use only modules further down the list.
//! Must not know: the store, the form of the configuration. A business rule in here is in the wrong place.

mod wire;

mod operating;
mod people;

pub mod openapi;

mod backend;
mod portal;

mod foreseen;

mod answer;
mod request;

pub mod gateway;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_server::Server;
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, Route, web};

use crate::domain::error::{Code, Error};
use crate::telemetry::{Metrics, RouteSeries};
use answer::cors;
use answer::problem::Problem;
use answer::refusal::refuse_anybody;
use backend::{create_session, create_session_token, explain_session, list_sessions, revoke_session};
use gateway::Gateway;
use operating::{health, key_set};
use people::{docs, error_pages, landing, meant, reference, slash};
use portal::{authorize, end_session, exchange_code, exchange_session, get_session, get_token};

pub use answer::events::AuditTrail;
pub use foreseen::foresee;
pub use wire::door::Door;
pub use wire::metrics_listener::FINISH_SECONDS as METRICS_FINISH_SECONDS;

/// For `fuzz/` only.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::http::request::auth::bearer;
    pub use crate::http::request::client_address::behind_proxies;
    pub use crate::http::request::cookies::{sent, session_cookie_name};
    pub use crate::http::request::wishes::accepts;
}

/// Starts to listen. Each worker thread makes its own gateway.
pub fn listen(
    address: SocketAddr,
    workers: usize,
    make_gateway: impl Fn() -> Gateway + Send + Clone + 'static,
) -> io::Result<(Server, SocketAddr, Door)> {
    wire::listener::listen(address, workers, make_gateway, routes)
}

/// Starts to listen for scrapers.
pub fn listen_for_metrics(address: SocketAddr, metrics: Arc<Metrics>) -> io::Result<(Server, SocketAddr)> {
    wire::metrics_listener::listen(address, move |config| {
        config.app_data(web::Data::new(metrics.clone()));
        health::metrics_routes(config);
    })
}

/// All routes of the public listener. Those that are asked most stand first, because the router goes through the list.
fn routes(config: &mut web::ServiceConfig) {
    config
        // Asked most.
        .service(for_pages(
            get("/v2/portal.getSession", "GET, HEAD, POST", get_session::handle)
                .route(by(Method::POST).to(get_session::handle)),
        ))
        .service(resource("/v2/portal.authorize").to(authorize::handle))
        .service(for_pages(post("/v2/portal.exchangeSession", exchange_session::handle)))
        .service(post("/v2/portal.createSession", create_session::handle))
        // For backends, as `createSession`; no CORS: a root key has no business in a browser.
        .service(post("/v2/portal.createSessionToken", create_session_token::handle))
        .service(post("/v2/portal.revokeSession", revoke_session::handle))
        .service(post("/v2/portal.listSessions", list_sessions::handle))
        .service(post("/v2/portal.explainSession", explain_session::handle))
        // For portals and their pages, as `getSession` and `exchangeSession`; `authorize` is for proxies.
        .service(for_pages(post("/v2/portal.exchangeCode", exchange_code::handle)))
        .service(for_pages(
            get("/v2/portal.getToken", "GET, HEAD, POST", get_token::handle)
                .route(by(Method::POST).to(get_token::handle)),
        ))
        .service(for_pages(post("/v2/portal.endSession", end_session::handle)))
        // For people.
        .service(
            get("/portal/{slug}", "GET, HEAD, POST", landing::show)
                .route(by(Method::POST).to(landing::enter)),
        )
        .service(get("/portal/{slug}/", "GET, HEAD", slash::handle))
        // For operators and readers.
        .service(get("/health/live", "GET, HEAD", health::live))
        .service(get("/health/ready", "GET, HEAD", health::ready))
        .service(get("/errors/{category}/{code}", "GET, HEAD", error_pages::handle))
        .service(get("/.well-known/jwks.json", "GET, HEAD", key_set::handle))
        .service(get("/openapi.json", "GET, HEAD", openapi::handle))
        .service(get("/docs", "GET, HEAD", docs::home))
        .service(get("/docs/reference", "GET, HEAD", reference::handle))
        .service(get("/docs/{page}", "GET, HEAD", docs::document))
        .service(get("/docs/guides/{page}", "GET, HEAD", docs::guide))
        .default_service(web::to(route_not_found));
}

fn post<F, Args>(path: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    limited(path, "POST").route(by(Method::POST).to(handler))
}

/// GET, and HEAD with it (RFC 9110 section 9.3.2); actix leaves out the body.
fn get<F, Args>(path: &'static str, allowed: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let resource = limited(path, allowed);
    resource.route(by(Method::GET).to(handler.clone())).route(by(Method::HEAD).to(handler))
}

/// Of a method. (`web::get()` and its like note for each request what they have looked for, for an answer that is made by
/// hand here.)
fn by(method: Method) -> Route {
    web::route().guard(fn_guard(move |request: &GuardContext<'_>| request.head().method == method))
}

/// Takes some methods only.
fn limited(path: &'static str, allowed: &'static str) -> Resource {
    resource(path).default_service(web::to(move |request| method_not_allowed(request, allowed)))
}

fn resource(path: &'static str) -> Resource {
    web::resource(path).app_data(RouteSeries::of(path))
}

/// Pages of other origins may read its answers.
fn for_pages(resource: Resource) -> Resource {
    let preflights = web::route().guard(fn_guard(cors::is_preflight)).to(cors::preflight);
    resource.app_data(cors::ForPages).route(preflights)
}

async fn method_not_allowed(request: HttpRequest, allowed: &'static str) -> Result<HttpResponse, Problem> {
    let problem = refuse_anybody(&request, Error::new(Code::MethodNotAllowed));
    Err(problem.with_header(actix_web::http::header::ALLOW, allowed))
}

async fn route_not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(page) = docs::for_a_person(&request) {
        return Ok(page);
    }
    let error = Error::new(Code::RouteNotFound);
    let error = match meant::advice(request.path()) {
        Some(advice) => error.with_detail(advice),
        None => error,
    };
    Err(refuse_anybody(&request, error))
}
