//! The product: pure rules over plain values. Read `portals` first: it has everything the product does.
//!
//! Must not know: actix, redis, environment variables, the system clock, or any wire format.

pub mod admitted_portals;
pub mod appearance;
pub mod base62;
pub mod browser_name;
pub mod candidates;
pub mod catalog;
pub mod credential;
pub mod environment;
pub mod error;
pub mod events;
pub mod explained;
pub mod handle;
pub mod history;
pub mod idempotency;
pub mod invalid;
pub mod kept_places;
pub mod kept_tokens;
pub mod landing_pass;
pub mod malformed;
pub mod messages;
pub mod origin;
pub mod permission;
pub mod policy;
pub mod portal;
pub mod portal_path;
pub mod portals;
pub mod ports;
pub mod presented;
pub mod return_url;
pub mod root_key;
pub mod rules;
pub mod secret_mark;
pub mod session;
pub mod shown_text;
pub mod signed_text;
pub mod signed_token;
pub mod token_format;
pub mod user_tag;
pub mod warnings;
