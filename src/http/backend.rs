//! What backends call, with a root key.

pub mod create_session;
pub mod list_sessions;
pub mod revoke_session;
