//! The demo portal: static files. Its page does everything by calling the gateway.
//!
//! Owns: the page.
//! Must not know: the root key. A portal never holds one.

use actix_web::web;
use serde_json::Value;

use super::site::{self, Site, file};

/// The portal's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let page = || file("text/html", include_str!("assets/portal.html"));
    config
        .route("/", site::read().to(page))
        // The url of hosted-portal: browsers that arrive here have the cookie already.
        .route("/hosted", site::read().to(page))
        .route("/portal.js", site::read().to(|| file("text/javascript", include_str!("assets/portal.js"))))
        .route("/state", site::read().to(state));
}

async fn state(site: web::Data<Site>) -> web::Json<Value> {
    web::Json(site::state(&site))
}
