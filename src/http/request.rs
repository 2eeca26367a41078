//! What a request says: who sends it, from where, what it carries, and what kind of answer it wants.
//!
//! Must not know: how it is answered.

pub mod asked_host;
pub mod asked_page;
pub mod auth;
pub mod body;
pub mod client_address;
pub mod cookies;
pub mod exchange;
pub mod kept;
mod media_type;
pub mod spelling;
pub mod wishes;
