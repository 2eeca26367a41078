//! The demo portal: static files. Its page does everything by calling the gateway.
//!
//! Owns: the page, and the button that makes the playground's clock jump.
//! Must not know: the root key. A portal never holds one.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::journal::{Actor, Entry, Step};
use super::site::{self, Site, file};

/// The portal's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let page = || file("text/html", include_str!("assets/portal.html"));
    config
        .route("/", site::read().to(page))
        // The url of hosted-portal: browsers that arrive here have the cookie already.
        .route("/hosted", site::read().to(page))
        .route("/portal.js", site::read().to(|| file("text/javascript", include_str!("assets/portal.js"))))
        .route("/state", site::read().to(state))
        .route("/expire", web::post().to(expire));
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expire {
    expires_at: u64,
}

async fn state(site: web::Data<Site>) -> web::Json<Value> {
    web::Json(site::state(&site))
}

async fn expire(site: web::Data<Site>, asked: web::Json<Expire>) -> HttpResponse {
    let distance_ms = match site.clock.jump_past(asked.expires_at) {
        Ok(distance_ms) => distance_ms,
        Err(error) => return HttpResponse::BadRequest().json(json!({ "message": error.to_string() })),
    };
    let minutes = distance_ms.div_ceil(60_000);
    site.journal.add(&Entry::Step(Step {
        actor: Actor::Playground,
        title: format!("The clock jumps ahead by {} h {} min", minutes / 60, minutes % 60),
        reason: "Only a playground can do this. Every other session ages by the same time.".into(),
        request: None,
        answer: None,
    }));
    HttpResponse::NoContent().finish()
}
