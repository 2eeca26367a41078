//! `POST /v2/portal.revokeSession` (API.md sections 3 and 9): one session by its handle or its token, or all of a
//! user's.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::candidates::{Candidate, Door, in_bearer};
use crate::domain::error::{Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::invalid::Invalid;
use crate::domain::messages::Revocation;
use crate::domain::portal::parse_slug;
use crate::domain::portals::backend::Caller;
use crate::domain::root_key::ToRevoke;
use crate::fields::{Fields, parsed, string, text};
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::{note, portals};
use crate::telemetry::{SessionEvent, audit};

enum Which {
    One(Option<Handle>),
    ByToken(Candidate),
    AllOf { slug: Option<String>, external_id: String, except: Option<Handle> },
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    /// Sessions that were already gone, or that you may not see, do not count.
    #[schema(example = 2)]
    revoked: u64,
}

/// Revokes. Sessions that are gone, or that the caller may not see, do not count.
pub async fn handle(
    request: HttpRequest,
    caller: Caller<ToRevoke>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let which = read(&body::read(&request, payload).await?)?;
    let portals = portals(&request);
    let root_key = caller.key.id.as_str();
    let one = |asked: Option<Handle>, revocation: Revocation| {
        let (done, not_confirmed) = match revocation {
            Revocation::Nothing => (None, None),
            Revocation::Done(handle) => (Some(handle), None),
            Revocation::Unconfirmed(handle, error) => (Some(handle), Some(error)),
        };
        done.into_iter().for_each(|handle| note(&request, handle));
        let (count, handle) = (u64::from(done.is_some()), done.or(asked).map(|handle| handle.to_string()));
        let (handle, confirmed) = (handle.as_deref(), not_confirmed.is_some().then_some(false));
        audit(SessionEvent::Revoked { root_key, count, handle, portal: None, confirmed });
        not_confirmed.map_or(Ok(count), |error| Err(Error::from(error)))
    };
    let revoked = match which {
        Which::One(None) => 0,
        Which::One(Some(handle)) => one(Some(handle), portals.revoke(&caller, &handle).await?)?,
        Which::ByToken(token) => one(None, portals.revoke_by_token(&caller, &token).await?)?,
        Which::AllOf { slug, external_id, except } => {
            let portal = slug.as_deref();
            let tell = |count, confirmed| {
                audit(SessionEvent::Revoked { root_key, count, handle: None, portal, confirmed });
            };
            let revoked = portals.revoke_all(&caller, portal, &external_id, except).await;
            // What has ended is told, because a repeat does not find it any more.
            revoked.inspect(|&count| tell(count, None)).map_err(|part| {
                for (count, confirmed) in [(part.ended, None), (part.unconfirmed, Some(false))] {
                    if count > 0 {
                        tell(count, confirmed);
                    }
                }
                Error::from(part.why)
            })?
        }
    };
    Ok(success(&request, Revoked { revoked }))
}

fn stands_alone(fields: &mut Fields<'_, '_>, name: &'static str) {
    for other in ["id", "token", "slug", "externalId", "except"] {
        if other != name && fields.value(other).is_some() {
            let fix =
                format!("Send {name} alone, or externalId, with slug for one portal only, without {name}.");
            fields.fault(other, Invalid::new(format!("It cannot stand beside {name}."), fix));
        }
    }
}

/// What is no token is refused. It was probably one once, with something around it or a character lost, and whoever reads
/// `revoked: 0` takes the session for over.
fn token(text: &str) -> Result<Candidate, Invalid> {
    let candidates = in_bearer(text, Door::Program);
    if matches!(candidates, Err(Refusal::TicketAsToken)) {
        let fix = "Send id, the handle that createSession answered: sess_….";
        return Err(Invalid::new("This is the session ID of a link, not a token.", fix));
    }
    candidates.ok().and_then(|candidates| candidates.first().cloned()).ok_or_else(|| {
        let fix = "Send it as it was given out, with nothing around it: ps_…, pt_… or a JWT. Or send id.";
        Invalid::new("This is no token.", fix)
    })
}

fn read(body: &Body) -> Result<Which, Error> {
    body::fields(body, |fields| {
        let alone = ["id", "token"].into_iter().find(|name| fields.value(name).is_some());
        if let Some(alone) = alone {
            stands_alone(fields, alone);
            // A text that is no handle and no token names no session: that is nothing to revoke, not an error.
            return match alone {
                "id" => fields.required("id", |value| Ok(Handle::parse(string(value)?).ok())).map(Which::One),
                _ => fields.required("token", |value| token(string(value)?)).map(Which::ByToken),
            };
        }
        let slug = fields.optional("slug", parsed(parse_slug)).map(str::to_owned);
        let external_id = fields.required("externalId", text(1, 256)).map(str::to_owned);
        // Not as lenient as `id`: a mistyped one would end the very session that is to go on.
        let except = fields.optional("except", |value| {
            let fix = "Send the handle of the session that is to go on: sess_….";
            Handle::parse(string(value)?).map_err(|_| Invalid::new("This is no handle.", fix))
        });
        Some(Which::AllOf { slug, external_id: external_id?, except })
    })
}
