//! What backends call, with a root key.

use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref};

use crate::domain::error::Code;
use crate::http::openapi::entry::{Entry, answer, backend, backend_codes, ok, success};
use crate::http::openapi::schemas;
use crate::http::openapi::schemas::reference;

pub fn create_session() -> Entry {
    Entry {
        summary: "Create a session for one of your users",
        description: "Answers a single-use session ID, 15 minutes at most, and the URL to send the browser to.",
        request: Some(Ref::from_schema_name(schemas::ANY_CREATE_SESSION_REQUEST)),
        answers: vec![ok(success(reference::<schemas::CreatedSession>()))],
        codes: [
            backend_codes(),
            vec![
                Code::Forbidden,
                Code::InsufficientPermissions,
                Code::PortalConfigNotFound,
                Code::RateLimited,
            ],
        ]
        .concat(),
        ..backend("/v2/portal.createSession", "createSession")
    }
}

pub fn revoke_session() -> Entry {
    Entry {
        summary: "Revoke one session, or all of a user's",
        description: "Pending and active ones. From the answer on, no replica accepts them.",
        request: Some(reference::<schemas::RevokeSessionRequest>()),
        answers: vec![ok(success(reference::<schemas::Revoked>()))],
        ..backend("/v2/portal.revokeSession", "revokeSession")
    }
}

pub fn list_sessions() -> Entry {
    let data = ArrayBuilder::new().items(reference::<schemas::ListedSession>()).max_items(Some(100)).build();
    let body = ObjectBuilder::new()
        .property("meta", reference::<schemas::Meta>())
        .property("data", data)
        .property("pagination", reference::<schemas::Pagination>())
        .required("meta")
        .required("data")
        .required("pagination");
    Entry {
        summary: "List a user's sessions",
        description: "Pending and active ones, newest first.",
        request: Some(reference::<schemas::ListSessionsRequest>()),
        answers: vec![ok(answer("The sessions.", "application/json", body.build()).build())],
        codes: [backend_codes(), vec![Code::PortalConfigNotFound]].concat(),
        ..backend("/v2/portal.listSessions", "listSessions")
    }
}
