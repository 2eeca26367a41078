//! Every operation of the gateway, in the order of the route table.

mod authorize;
mod backend;
mod operating;
mod people;
mod portal;

use utoipa::openapi::path::HttpMethod;

use super::entry::Entry;
use crate::domain::error::Code;

/// The rows.
pub fn all() -> Vec<Entry> {
    vec![
        backend::create_session(),
        backend::create_session_token(),
        backend::revoke_session(),
        backend::list_sessions(),
        backend::explain_session(),
        portal::exchange_session(),
        portal::exchange_code(),
        portal::get_session(HttpMethod::Get),
        portal::get_session(HttpMethod::Head),
        portal::get_session(HttpMethod::Post),
        portal::get_token(HttpMethod::Get),
        portal::get_token(HttpMethod::Head),
        portal::get_token(HttpMethod::Post),
        portal::end_session(),
        authorize::authorize(),
        people::landing(),
        people::enter(),
        operating::health("/health/live", "healthLive", "Whether the process serves", vec![]),
        operating::health(
            "/health/ready",
            "healthReady",
            "Whether the store answers too",
            vec![Code::ServiceUnavailable],
        ),
        operating::error_page(),
        operating::key_set(),
        operating::openapi(),
        operating::documentation(),
        operating::reference_page(),
        operating::document("/docs/{page}", "document", "A document of the documentation"),
        operating::document("/docs/guides/{page}", "guide", "A guide"),
    ]
}
