//! The schemas of the document: which there are, and their names.
//!
//! Owns: the list. Schemas of answers are derived from the types that handlers answer with.
//! Must not know: any field; each type describes its own.

use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::requests;
use crate::http::answer::envelope::Meta;
use crate::http::answer::problem::body::{ErrorDetails, ErrorEnvelope, FaultView, ProblemBody};
use crate::http::answer::values::{Environment, Health, Permission, SessionHandle};
use crate::http::backend::{
    create_session, create_session_token, explain_session, list_sessions, revoke_session,
};
use crate::http::portal::session_view::SessionView;
use crate::http::portal::{end_session, exchange_code, exchange_session, get_token};

/// Names a schema of the document.
pub fn reference<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}

/// All of them, by name.
pub fn all() -> Vec<(String, RefOr<Schema>)> {
    let mut all = vec![
        named::<requests::CreateSessionRequest>(),
        named::<create_session::Created<'_>>(),
        named::<create_session_token::Opened<'_>>(),
        named::<requests::RevokeSessionRequest>(),
        named::<requests::RevokeOneRequest>(),
        named::<requests::RevokeByTokenRequest>(),
        named::<requests::RevokeAllRequest>(),
        named::<revoke_session::Revoked>(),
        named::<requests::ListSessionsRequest>(),
        named::<list_sessions::Item>(),
        named::<list_sessions::State>(),
        named::<list_sessions::Kind>(),
        named::<list_sessions::Pagination>(),
        named::<requests::ExplainSessionRequest>(),
        named::<requests::ExplainOneRequest>(),
        named::<requests::ExplainLinkRequest>(),
        named::<requests::ExplainUserRequest>(),
        named::<explain_session::Explained>(),
        named::<explain_session::State>(),
        named::<explain_session::EventView>(),
        named::<requests::ExchangeSessionRequest>(),
        named::<exchange_session::Exchanged<'_>>(),
        named::<requests::ExchangeCodeRequest>(),
        named::<exchange_code::Exchanged<'_>>(),
        named::<SessionView<'_>>(),
        named::<get_token::Issued<'_>>(),
        named::<Environment>(),
        named::<end_session::Ended<'_>>(),
        named::<Permission<'_>>(),
        named::<SessionHandle>(),
        named::<Meta<'_>>(),
        named::<Health>(),
        named::<ErrorEnvelope<'_>>(),
        named::<ProblemBody<'_>>(),
        named::<ErrorDetails<'_>>(),
        named::<FaultView<'_>>(),
    ];
    all.extend(requests::create_session_requests().map(|(name, schema)| (name.to_owned(), schema)));
    let (name, schema) = requests::create_session_token_request();
    all.push((name.to_owned(), schema));
    all
}

fn named<T: ToSchema + PartialSchema>() -> (String, RefOr<Schema>) {
    (T::name().into_owned(), T::schema())
}
