//! The product: pure rules over plain values. Read `portal` first; it is the whole of it on one page.
//!
//! Must not know: actix, redis, environment variables, the system clock, or any wire format.

pub mod appearance;
pub mod base62;
pub mod catalog;
pub mod credential;
pub mod error;
pub mod handle;
pub mod idempotency;
pub mod landing;
pub mod landing_pass;
pub mod messages;
pub mod permission;
pub mod portal;
pub mod ports;
pub mod presented;
pub mod return_url;
pub mod rules;
pub mod session;
pub mod user_tag;
