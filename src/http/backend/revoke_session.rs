//! `POST /v2/portal.revokeSession` (API.md section 3): one session by its handle, or all of a user's.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::catalog::parse_slug;
use crate::domain::error::Error;
use crate::domain::handle::Handle;
use crate::domain::invalid::Invalid;
use crate::domain::portals::backend::Caller;
use crate::fields::{parsed, string, text};
use crate::http::answer::envelope::success;
use crate::http::answer::problem::Problem;
use crate::http::request::body::{self, Body};
use crate::http::request::kept::{note, portals};
use crate::telemetry::{Audit, audit};

enum Which {
    One(Option<Handle>),
    AllOf { slug: String, external_id: String },
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
    caller: Caller,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let which = read(&body::read(&request, payload).await?)?;
    let portals = portals(&request);
    let root_key = Some(caller.key.id.as_str());
    let revoked = match which {
        Which::One(None) => 0,
        Which::One(Some(handle)) => {
            let revoked = portals.revoke(&caller, &handle).await?;
            let name = handle.to_string();
            if revoked > 0 {
                note(&request, handle);
            }
            audit(
                "session.revoked",
                &Audit { handle: Some(&name), root_key, count: Some(revoked), ..Audit::default() },
            );
            revoked
        }
        Which::AllOf { slug, external_id } => {
            let revoked = portals.revoke_all(&caller, &slug, &external_id).await?;
            audit(
                "session.revoked",
                &Audit { portal: Some(&slug), root_key, count: Some(revoked), ..Audit::default() },
            );
            revoked
        }
    };
    Ok(success(&request, Revoked { revoked }))
}

fn read(body: &Body) -> Result<Which, Error> {
    body::fields(body, |fields| {
        if fields.value("id").is_some() {
            for other in ["slug", "externalId"] {
                if fields.value(other).is_some() {
                    let fix = "Send id alone, or slug and externalId without id.";
                    fields.fault(other, Invalid::new("It cannot stand beside id.", fix));
                }
            }
            // A text that is no handle names no session, so there is nothing to revoke. It is not an error.
            let handle = fields.required("id", |value| Ok(Handle::parse(string(value)?).ok()));
            return handle.map(Which::One);
        }
        let slug = fields.required("slug", parsed(parse_slug));
        let external_id = fields.required("externalId", text(1, 256));
        Some(Which::AllOf { slug: slug?, external_id: external_id? })
    })
}
