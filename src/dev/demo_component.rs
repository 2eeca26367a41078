//! The demo app's page with a component: it calls the gateway by itself, with a token from the app's backend.
//!
//! Owns: the page, and that only somebody who is logged in to the app gets a token.
//! Must not know: what is in a token.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::demo_app::logged_in;
use super::demo_backend::token_for_component;
use super::gateway_client::GatewayClient;
use super::site::{self, Site, file};

/// The page's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/component", site::read().to(|| file("text/html", include_str!("assets/component.html"))))
        .route(
            "/component.js",
            site::read().to(|| file("text/javascript", include_str!("assets/component.js"))),
        )
        .route("/component/token", web::post().to(token));
}

#[derive(Deserialize)]
struct Wanted {
    format: String,
}

async fn token(
    request: HttpRequest,
    form: web::Form<Wanted>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let Some(user) = logged_in(&request) else {
        return HttpResponse::Unauthorized()
            .json(serde_json::json!({ "message": "Log in to the app first." }));
    };
    let kind = if form.format == "jwt" { "a signed token" } else { "an opaque token" };
    site.journal.action(format!("The component in the app's page asked for {kind}"));
    token_for_component(&gateway, user, &form.format).await
}
