//! The demo app: a company's own product, whose users go to the customer portal from here.
//!
//! Owns: its pages and its login (one chooses a name; nothing is protected here).
//! Must not know: the gateway; `demo_backend` calls it.

use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use cookie::{Cookie, SameSite};
use serde::Deserialize;
use serde_json::{Value, json};

use super::demo_backend::{PORTALS, explain, list, revoke, revoke_others, send_to_portal};
use super::gateway_client::GatewayClient;
use super::journal::{Actor, Entry, Request, Step};
use super::site::{self, Site, file, see_other};
use super::users::{self, USERS, User};

/// Cookies are shared between ports, so this name must differ from the gateway's.
const LOGIN_COOKIE: &str = "demo_app_user";

/// The app's routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", site::read().to(page))
        // The portals' return_url.
        .route("/billing", site::read().to(page))
        .route("/app.js", site::read().to(|| file("text/javascript", include_str!("assets/app.js"))))
        .route("/state", site::read().to(state))
        .route("/log-in", web::post().to(log_in))
        .route("/log-out", web::post().to(log_out))
        .route("/open", web::post().to(open))
        .route("/sessions", web::post().to(list))
        .route("/revoke", web::post().to(revoke))
        .route("/revoke-others", web::post().to(revoke_others))
        .route("/explain", web::post().to(explain));
}

#[derive(Deserialize)]
struct Home {
    reason: Option<String>,
    portal: Option<String>,
}

#[derive(Deserialize)]
struct ChosenPortal {
    portal: String,
}

#[derive(Deserialize)]
struct LogIn {
    user: String,
    portal: Option<String>,
}

/// The home page. Users whose portal session is over arrive with a reason; those who are logged in here go straight
/// back with a new session.
async fn page(
    request: HttpRequest,
    home: web::Query<Home>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let slug = home.portal.as_deref().unwrap_or(PORTALS[0]);
    if let Some(reason @ ("session_expired" | "session_missing")) = home.reason.as_deref() {
        let user = logged_in(&request);
        site.journal.add(&came_home(&site, &request, reason, user));
        if let Some(user) = user {
            return send_to_portal(&site, &gateway, user, slug).await;
        }
    }
    file("text/html", include_str!("assets/app.html")).await
}

fn came_home(site: &Site, request: &HttpRequest, reason: &str, user: Option<&User>) -> Entry {
    let then = match user {
        Some(user) => {
            format!("{} is still logged in to the app, so the backend makes a new session.", user.name)
        }
        None => "Nobody is logged in to the app: the user logs in first.".into(),
    };
    let why =
        if reason == "session_expired" { "It had a session, which is over." } else { "It has no session." };
    Entry::Step(Step {
        actor: Actor::Browser,
        title: format!("The browser comes home with reason={reason}"),
        reason: format!("{why} {then}"),
        request: Some(Request {
            method: "GET".into(),
            url: format!("{}{}", site.origin, request.uri()),
            headers: Vec::new(),
            body: None,
        }),
        answer: None,
    })
}

async fn state(request: HttpRequest, site: web::Data<Site>) -> web::Json<Value> {
    let mut state = site::state(&site);
    state["users"] = json!(USERS);
    state["user"] = json!(logged_in(&request));
    web::Json(state)
}

async fn log_in(
    form: web::Form<LogIn>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let Some(user) = users::find(&form.user) else {
        return HttpResponse::BadRequest().body("The demo app has no such user.");
    };
    site.journal.action(format!("You logged in to the demo app as {}", user.name));
    // A user who came from the portal goes back there after the login.
    let mut response = match form.portal.as_deref() {
        Some(slug) => send_to_portal(&site, &gateway, user, slug).await,
        None => see_other("/"),
    };
    set_login(&mut response, Cookie::new(LOGIN_COOKIE, user.id));
    response
}

async fn log_out(site: web::Data<Site>) -> HttpResponse {
    site.journal.action("You logged out of the demo app");
    let mut response = see_other("/");
    let mut cookie = Cookie::new(LOGIN_COOKIE, "");
    cookie.set_max_age(cookie::time::Duration::ZERO);
    set_login(&mut response, cookie);
    response
}

fn set_login(response: &mut HttpResponse, mut cookie: Cookie<'static>) {
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    if let Ok(value) = cookie.to_string().parse() {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Who is logged in to the app.
pub fn logged_in(request: &HttpRequest) -> Option<&'static User> {
    let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
    users::find(cookies.find(|cookie| cookie.name() == LOGIN_COOKIE)?.value())
}

async fn open(
    request: HttpRequest,
    form: web::Form<ChosenPortal>,
    site: web::Data<Site>,
    gateway: web::Data<GatewayClient>,
) -> HttpResponse {
    let Some(user) = logged_in(&request) else { return see_other("/") };
    let how = if form.portal == PORTALS[0] { "" } else { " through Vestibule's own page" };
    site.journal.action(format!("You opened the portal{how}"));
    send_to_portal(&site, &gateway, user, &form.portal).await
}
