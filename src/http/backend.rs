//! What backends call, with a root key.

pub mod create_session;
pub mod create_session_token;
mod created;
pub mod explain_session;
pub mod list_sessions;
pub mod revoke_session;
mod session_fields;
