//! What portals, their pages and their proxies call.

pub mod authorize;
pub mod end_session;
pub mod exchange_code;
pub mod exchange_session;
mod found;
pub mod get_session;
pub mod get_token;
pub mod session_view;
