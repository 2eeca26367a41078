//! What the demo app's backend asks of the gateway, which is all that any backend has to do.
//!
//! Owns: the calls that need the root key, and how the journal describes them.
//! Must not know: who is logged in, and how.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gateway_client::GatewayClient;
use super::journal::{Actor, Answer, Entry, Step};
use super::site::{Site, see_other};
use super::users::{self, User};

/// The portals of config/development.toml. The first is the default.
pub const PORTALS: [&str; 3] = ["my-portal", "hosted-portal", COMPONENT];

/// Those of a playground with a portal of the developer's own.
const BESIDE_OWN_PORTAL: [&str; 2] = [PORTALS[0], COMPONENT];

/// The portal of the component in the app's own page.
const COMPONENT: &str = "component";

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
    let created = gateway.call("createSession", words, about(slug, user)).await;
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
pub async fn list(
    form: web::Form<ChosenUser>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let words = (
        "The app's backend lists the user's sessions",
        "Pending: not exchanged yet. Active: a browser holds its cookie, or a page its token. Credentials are not in the list.",
    );
    let mut sessions = Vec::new();
    let portals = if site.has_own_portal { &BESIDE_OWN_PORTAL[..] } else { &PORTALS[..] };
    for &slug in portals {
        let asked = json!({ "slug": slug, "externalId": form.user });
        let mut listed = match gateway.call("listSessions", words, asked).await {
            Ok(listed) => listed,
            Err(words) => return failed(&words),
        };
        // The API lists one portal's sessions, so the portal's name is added to each.
        for session in listed.as_array_mut().into_iter().flatten() {
            session["portal"] = json!(slug);
            sessions.push(session.take());
        }
    }
    HttpResponse::Ok().json(json!({ "sessions": sessions }))
}

/// Revokes a user's sessions in all portals: without a slug, one call does it.
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
    match gateway.call("revokeSession", words, json!({ "externalId": form.user })).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(words) => failed(&words),
    }
}

/// A form about one of a user's sessions.
#[derive(Deserialize)]
pub struct ChosenSession {
    user: String,
    except: String,
}

/// Revokes all of a user's sessions but the one at hand.
pub async fn revoke_others(
    form: web::Form<ChosenSession>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    site.journal.action("You signed out everywhere else");
    let words = (
        "The app's backend revokes the user's other sessions",
        "In every portal, on every device. The field except keeps the session from which the user asked for it.",
    );
    let asked = json!({ "externalId": form.user, "except": form.except });
    match gateway.call("revokeSession", words, asked).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(words) => failed(&words),
    }
}

/// A form about one session.
#[derive(Deserialize)]
pub struct AskedSession {
    id: String,
}

/// What became of a session, as a support desk asks it.
pub async fn explain(form: web::Form<AskedSession>, gateway: web::Data<GatewayClient>) -> HttpResponse {
    let words = (
        "The app's backend asks what became of the session",
        "As a support desk does. The true reason is for the backend alone; the visitor's page never gets it from Vestibule.",
    );
    match gateway.call("explainSession", words, json!({ "id": form.id })).await {
        Ok(explained) => HttpResponse::Ok().json(explained),
        Err(words) => failed(&words),
    }
}

/// The way to a component in the app's own page: one call, whose answer the page gets.
pub async fn token_for_component(gateway: &GatewayClient, user: &User, format: &str) -> HttpResponse {
    let words = (
        "The app's backend asks Vestibule for a token",
        "The session is open at once: nothing is exchanged. The page gets the answer; the root key stays here.",
    );
    let mut body = about(COMPONENT, user);
    body["format"] = json!(format);
    match gateway.call("createSessionToken", words, body).await {
        Ok(created) => HttpResponse::Ok().json(created),
        Err(words) => failed(&words),
    }
}

/// Who the user is and what they may do.
fn about(slug: &str, user: &User) -> Value {
    json!({
        "slug": slug,
        "externalId": user.id,
        "email": user.email,
        "externalOrganizationId": user.organization_id,
        "permissions": user.permissions,
        "metadata": { "name": user.name, "organization": user.organization },
    })
}

fn failed(words: &str) -> HttpResponse {
    HttpResponse::BadGateway().json(json!({ "message": words }))
}
