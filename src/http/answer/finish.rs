//! What all requests have in common: an id, the security headers, the rendering of errors, the log line, the span.
//!
//! Owns: the outermost layer of the server, which every answer passes.
//! Must not know: any endpoint.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, Method};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt;

use super::common_headers::add_common_headers;
use super::cors;
use super::counting::count_refusal;
use super::lost::{self, NO_METHOD, NO_ROUTE};
use super::problem::{self, Problem};
use super::to_the_end::ToTheEnd;
use super::traced;
use crate::domain::error::{Code, Error};
use crate::http::gateway::{Gateway, gateway};
use crate::http::request::client_address;
use crate::http::request::kept::{keep, new_request_id, noted};
use crate::http::request::spelling::take_as_it_came;
use crate::telemetry::{RouteSeries, Served, SessionEvent, answered, audit, in_request, in_request_now};

/// The outermost layer. `app`: all routes. (`middleware::from_fn` would put each of its calls into one more box.)
pub fn finish<App>(
    mut request: ServiceRequest,
    app: &App,
) -> impl Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>> + use<App>
where
    App: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = actix_web::Error>,
    App::Future: 'static,
{
    let started_at = Instant::now();
    let id = new_request_id();
    let gateway = gateway(request.request()).clone();
    keep(&request, id.clone(), gateway.product.now());
    take_as_it_came(&mut request);
    let trace = traced::begin(&request, &gateway);
    // No clone of the request may live across this call: actix's router needs it for itself.
    let called = in_request_now(id.clone(), || catch_unwind(AssertUnwindSafe(|| app.call(request))));
    let served = in_request(id.clone(), trace, async move {
        let _in_flight = gateway.metrics.http.request_began();
        let served = async {
            let response = called.unwrap_or_else(|panic| resume_unwind(panic)).await?;
            Ok::<_, actix_web::Error>(complete(response, &gateway, &id, started_at))
        };
        // The request is lost in a panic or with an `Err`. Handlers and guards return no `Err`: their responses carry
        // the error.
        let error = match AssertUnwindSafe(served).catch_unwind().await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => problem::of_status(error.as_response_error().status_code()),
            Err(_) => Error::new(Code::UnexpectedError),
        };
        Err(lost::answer(&gateway, &id, &error, started_at))
    });
    ToTheEnd::new(served)
}

fn complete(
    response: ServiceResponse<BoxBody>,
    gateway: &Gateway,
    id: &str,
    started_at: Instant,
) -> ServiceResponse<BoxBody> {
    let (request, mut response) = response.into_parts();
    let is_done = problem_of(&response).is_some_and(|problem| !problem.is_for_programs());
    let error = error_of(&response);
    if let Some(error) = error.as_ref().filter(|_| !is_done) {
        let type_base = &gateway.error_type_base;
        let body = problem::render(error, type_base, id, request.headers(), response.headers_mut());
        response = response.set_body(BoxBody::new(body));
        *response.status_mut() = problem::status_and_title(error.code).0;
    }
    cors::mark(&request, response.headers_mut());
    add_common_headers(response.headers_mut(), id, gateway.strict_transport);
    if gateway.stopping.load(Ordering::Relaxed) {
        // The client takes another connection, and another gateway, before this one is closed.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    report(gateway, &request, &response, error.as_ref(), started_at);
    ServiceResponse::new(request, response)
}

fn problem_of(response: &HttpResponse) -> Option<&Problem> {
    response.error().and_then(|error| error.as_error::<Problem>())
}

/// Our own errors as they are; those that actix made by itself, by their status.
fn error_of(response: &HttpResponse) -> Option<Error> {
    if let Some(problem) = problem_of(response) {
        return Some(problem.error.clone());
    }
    if let Some(error) = response.error().and_then(|error| error.as_error::<Error>()) {
        return Some(error.clone());
    }
    let status = response.status();
    (response.error().is_some() && (status.is_client_error() || status.is_server_error()))
        .then(|| problem::of_status(status))
}

/// A method can be any text that the client chooses; a metric's label must not.
fn label_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        _ => NO_METHOD,
    }
}

fn report(
    gateway: &Gateway,
    request: &HttpRequest,
    response: &HttpResponse,
    error: Option<&Error>,
    started_at: Instant,
) {
    let took = started_at.elapsed();
    let noted = noted(request);
    let handle = error.and_then(|error| error.handle).or(noted).map(|handle| handle.text());
    let handle = handle.as_deref();
    if let Some(refusal) = error.and_then(|error| error.refusal) {
        count_refusal(request, refusal.name());
        let client = client_address::of(request, gateway).map(client_address::text);
        audit(SessionEvent::Refused { reason: refusal.name(), handle, client: client.as_deref() });
    }
    let exceeded = problem_of(response).and_then(Problem::exceeded);
    if let Some(exceeded) = exceeded {
        gateway.metrics.http.rate_limited(exceeded.limit);
    }
    let (method, status) = (label_of(request.method()), response.status().as_u16());
    let (series, nowhere) = (request.app_data::<RouteSeries>(), RouteSeries::of(NO_ROUTE));
    gateway.metrics.http.request(series.unwrap_or(&nowhere), method, status, took);
    let code = error.map(|error| error.code.wire_name());
    let served = Served { method, route: series.map(RouteSeries::route), status, code, handle };
    traced::end(gateway, &served, took);
    answered(&served, exceeded.map(|exceeded| (exceeded.limit, exceeded.counted.as_str())), took);
}
