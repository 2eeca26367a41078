//! `POST /v2/portal.listSessions` (API.md section 3).

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::error::Error;
use crate::domain::handle::Handle;
use crate::domain::invalid::Invalid;
use crate::domain::portal::parse_slug;
use crate::domain::portals::backend::Caller;
use crate::domain::root_key::ToList;
use crate::domain::session::{PortalSession, SessionKind};
use crate::fields::{integer, parsed, text};
use crate::http::answer::envelope::success_with;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::SessionHandle;
use crate::http::gateway::gateway;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::portals;

const MAX_LIMIT: u64 = 100;

struct Asked {
    slug: String,
    external_id: String,
    limit: usize,
    before: Option<Handle>,
}

/// Where the list continues.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// For the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    cursor: Option<String>,
    /// Whether there is a next page.
    has_more: bool,
}

/// A pending or active session in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedSession)]
pub struct Item {
    /// Its handle.
    id: SessionHandle,
    /// Whether its session ID has been exchanged.
    state: State,
    /// How it began.
    kind: Kind,
    /// Unix milliseconds.
    created_at: u64,
    /// Unix milliseconds; absent while pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchanged_at: Option<u64>,
    /// Unix milliseconds: of the session ID while pending, of the browser session afterwards.
    expires_at: u64,
    /// Whole seconds until then, by the server's clock.
    expires_in: u64,
    /// Of the browser that exchanged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_agent: Option<String>,
    /// Not a real user's.
    preview: bool,
}

/// Where a listed session is in its life.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ListedState)]
pub enum State {
    /// The session ID waits.
    Pending,
    /// The session is live.
    Active,
}

/// How a session began.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SessionKind)]
pub enum Kind {
    /// A browser exchanges, or has exchanged, a session ID.
    Browser,
    /// The backend got its token at once.
    Direct,
}

impl Item {
    fn new(session: PortalSession, now_ms: u64) -> Self {
        Item {
            id: session.handle.into(),
            kind: match session.grant.kind {
                SessionKind::Browser => Kind::Browser,
                SessionKind::Direct => Kind::Direct,
            },
            expires_in: session.seconds_left(now_ms),
            state: if session.exchanged_at_ms.is_some() { State::Active } else { State::Pending },
            created_at: session.handle.created_at_ms,
            exchanged_at: session.exchanged_at_ms.filter(|_| session.grant.kind == SessionKind::Browser),
            expires_at: session.expires_at_ms,
            user_agent: session.user_agent,
            preview: session.grant.preview,
        }
    }
}

/// Lists a user's pending and active sessions, newest first.
pub async fn handle(
    request: HttpRequest,
    caller: Caller<ToList>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let asked = read(&body::read(&request, payload).await?)?;
    let portals = portals(&request);
    let page = portals.list(&caller, &asked.slug, &asked.external_id, asked.before, asked.limit).await?;
    let pagination =
        Pagination { cursor: page.next.map(|handle| handle.to_string()), has_more: page.next.is_some() };
    let now_ms = gateway(&request).store_clock.now_ms();
    let data: Vec<Item> = page.sessions.into_iter().map(|session| Item::new(session, now_ms)).collect();
    Ok(success_with(&request, data, Some(pagination)))
}

fn read(body: &Body) -> Result<Asked, Error> {
    body::fields(body, |fields| {
        let slug = fields.required("slug", parsed(parse_slug)).map(str::to_owned);
        let external_id = fields.required("externalId", text(1, 256)).map(str::to_owned);
        let limit = fields.optional("limit", integer(1, MAX_LIMIT)).unwrap_or(MAX_LIMIT);
        let before = fields.optional(
            "cursor",
            parsed(|text| {
                let fix = "Send the cursor of the page before, or leave it out for the first page.";
                Handle::parse(text).map_err(|_| Invalid::new("This is no cursor of this endpoint.", fix))
            }),
        );
        Some(Asked { slug: slug?, external_id: external_id?, limit: usize::try_from(limit).ok()?, before })
    })
}
