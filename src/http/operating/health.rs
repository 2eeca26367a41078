//! `/health/live`, `/health/ready` and, on its own listener, `/metrics` (API.md section 7).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::error::{Code, Error};
use crate::domain::ports::Readiness;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::Health;
use crate::http::gateway::gateway;
use crate::telemetry::Metrics;

/// The process serves requests.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "live", new_sessions: None })
}

/// People who are signed in are served. A store that takes no new sessions is no reason to take the gateway away.
pub async fn ready(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if gateway(&request).stopping.load(Ordering::Relaxed) {
        let error = Error::new(Code::ServiceUnavailable);
        return Err(error
            .with_detail("This gateway is about to stop. It still serves; send new requests to another.")
            .into());
    }
    let new_sessions = match gateway(&request).product.ready().await.map_err(Error::from)? {
        Readiness::Serves => None,
        Readiness::FindsOnly { .. } => Some("refused"),
    };
    Ok(HttpResponse::Ok().json(Health { status: "ready", new_sessions }))
}

/// The routes of the metrics' own listener.
pub fn metrics_routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/metrics").route(web::get().to(metrics)).route(web::head().to(metrics)));
}

async fn metrics(metrics: web::Data<Arc<Metrics>>) -> HttpResponse {
    match metrics.render() {
        Ok(text) => HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4")).body(text),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}
