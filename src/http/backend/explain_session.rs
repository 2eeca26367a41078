//! `POST /v2/portal.explainSession` (API.md section 15): what became of a session, for a support desk.
//!
//! Owns: the fields of the question and of the answer.
//! Must not know: who may see what, or any sentence.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::error::Error;
use crate::domain::explained::Outcome;
use crate::domain::history::{Happening, HistoryEvent};
use crate::domain::invalid::Invalid;
use crate::domain::portal::parse_slug;
use crate::domain::portals::backend::Caller;
use crate::domain::portals::backend::explain::{Explanation, Question, Seen, by_id, by_link};
use crate::domain::root_key::ToExplain;
use crate::fields::{Fields, parsed, string, text};
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::answer::values::SessionHandle;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::{note, portals};

/// What became of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExplainedSession)]
pub struct Explained {
    /// Its handle; absent where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<SessionHandle>,
    /// Of its portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "my-portal")]
    slug: Option<String>,
    /// The backend's identifier of its user, as long as anything still tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "user_123")]
    external_id: Option<String>,
    /// What became of the session, or of the link that was asked about.
    state: State,
    /// The true reason, in English. Not for visitors.
    #[schema(
        example = "The link has been used in Chrome on Windows, and a link works only once; the session is active in Chrome on Windows."
    )]
    sentence: String,
    /// What happened, in order; as far as `history.days` keeps it.
    events: Vec<EventView>,
}

/// What became of a session or a link.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ExplainedState)]
pub enum State {
    /// The link waits to be used.
    Pending,
    /// The session lives.
    Active,
    /// Its time was up.
    Expired,
    /// The link was used.
    Used,
    /// Its user signed out, or a newer session took its place.
    Ended,
    /// The backend revoked it.
    Revoked,
    /// Nobody used the session.
    Idle,
    /// It made room for another session of its user.
    Displaced,
    /// Nothing is known of it that the root key may see.
    Unknown,
}

/// Something that happened to a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HistoryEvent)]
pub struct EventView {
    /// Unix milliseconds.
    at: u64,
    /// The name that the log has for it.
    #[schema(example = "session.refused")]
    event: &'static str,
    /// The id of the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "acme-backend")]
    by: Option<String>,
    /// What asked for the landing page: `browser`, `prefetch` or `scanner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "scanner")]
    looks_like: Option<&'static str>,
    /// The browser, in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Chrome on Windows")]
    user_agent: Option<String>,
    /// The true reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "used")]
    reason: Option<&'static str>,
    /// The same in English.
    #[schema(example = "Refused: already used.")]
    sentence: String,
}

/// Explains. A pasted link is not spent and not logged.
pub async fn handle(
    request: HttpRequest,
    caller: Caller<ToExplain>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let question = read(&body::read(&request, payload).await?)?;
    Ok(match portals(&request).explain(&caller, &question).await? {
        Explanation::Unknown(sentence) => success(&request, unknown(sentence)),
        Explanation::One { by_link, seen } => {
            note(&request, seen.known.handle);
            success(&request, explained(&seen, by_link))
        }
        Explanation::Several(sessions) => {
            let sessions: Vec<_> = sessions.iter().map(|seen| explained(seen, false)).collect();
            success(&request, sessions)
        }
    })
}

fn unknown(sentence: &str) -> Explained {
    let sentence = sentence.to_owned();
    Explained { id: None, slug: None, external_id: None, state: State::Unknown, sentence, events: Vec::new() }
}

fn explained(seen: &Seen, by_link: bool) -> Explained {
    let Seen { known, slug, external_id, portal_is_off: _ } = seen;
    Explained {
        id: Some(known.handle.into()),
        slug: Some(slug.clone()),
        external_id: external_id.clone(),
        state: known.outcome(by_link).into(),
        sentence: seen.sentence(by_link),
        events: known.events.iter().map(|event| EventView::new(event, external_id.as_deref())).collect(),
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pending => State::Pending,
            Outcome::Active => State::Active,
            Outcome::Expired => State::Expired,
            Outcome::Used => State::Used,
            Outcome::Ended => State::Ended,
            Outcome::Revoked => State::Revoked,
            Outcome::Idle => State::Idle,
            Outcome::Displaced => State::Displaced,
            Outcome::Unknown => State::Unknown,
        }
    }
}

impl EventView {
    fn new(event: &HistoryEvent, user: Option<&str>) -> Self {
        let mut view = EventView {
            at: event.at_ms,
            event: event.what.name(),
            by: None,
            looks_like: None,
            user_agent: None,
            reason: None,
            sentence: event.sentence(user),
        };
        match &event.what {
            Happening::Created(origin) => view.by = Some(origin.root_key.clone()),
            Happening::Opened(looks_like) => view.looks_like = Some(looks_like.name()),
            Happening::Exchanged { browser } => view.user_agent = browser.clone(),
            Happening::Refused(refusal) => view.reason = Some(refusal.name()),
            Happening::Revoked
            | Happening::Ended
            | Happening::Replaced
            | Happening::Idle
            | Happening::Displaced => {}
        }
        view
    }
}

fn read(body: &Body) -> Result<Question, Error> {
    body::fields(body, |fields| {
        let alone = ["id", "sessionId"].into_iter().find(|name| fields.value(name).is_some());
        if let Some(alone) = alone {
            stands_alone(fields, alone);
        }
        match alone {
            Some("id") => fields.required("id", |value| Ok(by_id(string(value)?))),
            Some(_) => fields.required("sessionId", |value| Ok(by_link(string(value)?))),
            None if ["slug", "externalId"].iter().all(|name| fields.value(name).is_none()) => {
                fields.fault("id", Invalid::new("Nothing says what you ask about.", ONE_OF));
                None
            }
            None => {
                let slug = fields.required("slug", parsed(parse_slug)).map(str::to_owned);
                let external_id = fields.required("externalId", text(1, 256)).map(str::to_owned);
                Some(Question::User { slug: slug?, external_id: external_id? })
            }
        }
    })
}

const ONE_OF: &str = "Send id (sess_…), or sessionId (a session ID, or a link), or slug with externalId.";

fn stands_alone(fields: &mut Fields<'_, '_>, name: &'static str) {
    for other in ["id", "sessionId", "slug", "externalId"] {
        if other != name && fields.value(other).is_some() {
            fields.fault(other, Invalid::new(format!("It cannot stand beside {name}."), ONE_OF));
        }
    }
}
