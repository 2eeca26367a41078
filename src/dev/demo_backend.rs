//! What the demo app's backend asks of the gateway, which is all that any backend has to do.
//!
//! Owns: the three calls that need the root key, and how the journal describes them.
//! Must not know: who is logged in, and how.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gateway_client::{GatewayClient, Words};
use super::journal::{Actor, Answer, Entry, Step};
use super::site::{Site, see_other};
use super::users::{self, User};

/// The portals of config/development.toml. The first is the default.
pub const PORTALS: [&str; 2] = ["my-portal", "hosted-portal"];

/// A form about one user.
#[derive(Deserialize)]
pub struct ChosenUser {
    user: String,
}

/// The way to the portal: one call, one redirect.
pub async fn send_to_portal(site: &Site, gateway: &GatewayClient, user: &User, slug: &str) -> HttpResponse {
    let words = (
        "The app's backend asks Vestibule for a session",
        "With the root key, which never leaves the backend. It says who the user is and what they may do.",
    );
    let body = json!({
        "slug": slug,
        "externalId": user.id,
        "email": user.email,
        "externalOrganizationId": user.organization_id,
        "permissions": user.permissions,
        "metadata": { "name": user.name, "organization": user.organization },
    });
    let created = gateway.call("createSession", words, body).await;
    let url = created.ok().and_then(|created| created["url"].as_str().map(str::to_owned));
    let Some(url) = url else { return see_other("/?failed") };
    let (title, reason) = if url.starts_with(&site.places.gateway) {
        (
            "The app sends the browser on to Vestibule's own page",
            "Looking at that page spends nothing. Its button does: it sets the cookie and leads on to the portal.",
        )
    } else {
        (
            "The app sends the browser on to the portal",
            "The session ID in the address works once, within 15 minutes.",
        )
    };
    site.journal.add(&Entry::Step(Step {
        actor: Actor::Browser,
        title: title.into(),
        reason: reason.into(),
        request: None,
        answer: Some(Answer { status: 303, headers: vec![("Location".into(), url.clone())], body: None }),
    }));
    see_other(&url)
}

/// Lists a user's sessions in all portals.
pub async fn list(form: web::Form<ChosenUser>, gateway: web::Data<GatewayClient>) -> HttpResponse {
    let words = (
        "The app's backend lists the user's sessions",
        "Pending: not exchanged yet. Active: a browser holds its cookie. Credentials are not in the list.",
    );
    match in_every_portal(&gateway, "listSessions", words, &form.user).await {
        Ok(lists) => {
            let sessions: Vec<Value> = lists.iter().filter_map(Value::as_array).flatten().cloned().collect();
            HttpResponse::Ok().json(json!({ "sessions": sessions }))
        }
        Err(response) => response,
    }
}

/// Revokes a user's sessions in all portals.
pub async fn revoke(
    form: web::Form<ChosenUser>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let name = users::find(&form.user).map_or("nobody", |user| user.name);
    site.journal.action(format!("You revoked the sessions of {name} from the backend"));
    let words = (
        "The app's backend revokes the user's sessions",
        "From the moment of the answer no replica of the gateway accepts them.",
    );
    match in_every_portal(&gateway, "revokeSession", words, &form.user).await {
        Ok(answers) => {
            let revoked: u64 = answers.iter().filter_map(|answer| answer["revoked"].as_u64()).sum();
            HttpResponse::Ok().json(json!({ "revoked": revoked }))
        }
        Err(response) => response,
    }
}

/// The API lists one portal's sessions, so the portal's name is added to each.
async fn in_every_portal(
    gateway: &GatewayClient,
    verb: &str,
    words: Words,
    user: &str,
) -> Result<Vec<Value>, HttpResponse> {
    let mut answers = Vec::new();
    for slug in PORTALS {
        let answer = gateway.call(verb, words, json!({ "slug": slug, "externalId": user })).await;
        let mut answer =
            answer.map_err(|words| HttpResponse::BadGateway().json(json!({ "message": words })))?;
        for session in answer.as_array_mut().into_iter().flatten() {
            session["portal"] = json!(slug);
        }
        answers.push(answer);
    }
    Ok(answers)
}
