//! What backends call, with a root key.

use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, Schema};

use crate::domain::error::Code;
use crate::http::answer::envelope::Meta;
use crate::http::backend::{
    create_session, create_session_token, explain_session, list_sessions, revoke_session,
};
use crate::http::openapi::entry::{Entry, answer, backend, backend_codes, idempotency_key, ok, success};
use crate::http::openapi::requests;
use crate::http::openapi::schemas::reference;

pub fn create_session() -> Entry {
    Entry {
        summary: "Create a session for one of your users",
        description: "Answers a single-use session ID, 15 minutes at most, and the URL to send the browser to.",
        request: Some(Ref::from_schema_name(requests::ANY_CREATE_SESSION_REQUEST)),
        answers: vec![ok(success(reference::<create_session::Created>()))],
        codes: [backend_codes(), vec![Code::Forbidden, Code::PortalConfigNotFound, Code::RateLimited]]
            .concat(),
        ..backend("/v2/portal.createSession", "createSession")
    }
}

pub fn create_session_token() -> Entry {
    Entry {
        summary: "Open a direct session for one of your users",
        description: "For portals with `direct = true`: answers a token at once, which a page of the portal's origins, \
            or an app, sends as Bearer.",
        request: Some(Ref::from_schema_name(requests::CREATE_SESSION_TOKEN_REQUEST)),
        parameters: vec![idempotency_key("token")],
        answers: vec![ok(success(reference::<create_session_token::Opened>()))],
        codes: [create_session().codes, vec![Code::TooManySessions]].concat(),
        ..Entry { id: "createSessionToken", path: "/v2/portal.createSessionToken", ..create_session() }
    }
}

pub fn revoke_session() -> Entry {
    Entry {
        summary: "Revoke one session, or all of a user's",
        description: "Pending and active ones. From the answer on, no replica accepts them.",
        request: Some(reference::<requests::RevokeSessionRequest>()),
        answers: vec![ok(success(reference::<revoke_session::Revoked>()))],
        ..backend("/v2/portal.revokeSession", "revokeSession")
    }
}

pub fn list_sessions() -> Entry {
    let data = ArrayBuilder::new().items(reference::<list_sessions::Item>()).max_items(Some(100)).build();
    let body = ObjectBuilder::new()
        .property("meta", reference::<Meta>())
        .property("data", data)
        .property("pagination", reference::<list_sessions::Pagination>())
        .required("meta")
        .required("data")
        .required("pagination");
    Entry {
        summary: "List a user's sessions",
        description: "Pending and active ones, newest first.",
        request: Some(reference::<requests::ListSessionsRequest>()),
        answers: vec![ok(answer("The sessions.", "application/json", body.build()).build())],
        codes: [backend_codes(), vec![Code::PortalConfigNotFound]].concat(),
        ..backend("/v2/portal.listSessions", "listSessions")
    }
}

pub fn explain_session() -> Entry {
    let one = reference::<explain_session::Explained>();
    let several = ArrayBuilder::new().items(one.clone()).max_items(Some(20)).build();
    let data = Schema::OneOf(OneOfBuilder::new().item(one).item(several).build());
    let body = ObjectBuilder::new()
        .property("meta", reference::<Meta>())
        .property("data", data)
        .required("meta")
        .required("data");
    Entry {
        summary: "Tell what became of a session or a link",
        description: "For a support desk: the state, the true reason and what happened. A link that somebody pasted \
            is not spent. What the root key may not see, and what never was, are both `unknown`. With a user, the \
            answer is a list.",
        request: Some(reference::<requests::ExplainSessionRequest>()),
        answers: vec![ok(answer("The explanation.", "application/json", body.build()).build())],
        codes: [backend_codes(), vec![Code::PortalConfigNotFound]].concat(),
        ..backend("/v2/portal.explainSession", "explainSession")
    }
}
