//! The bodies of requests and answers as JSON Schema.
//!
//! Owns: the documented form of every field, with its bounds and an example.
//! Must not know: how a request is read. `tests/openapi.rs` proves that what stands here is what the gateway
//! enforces: it tries every bound from both sides.

#![allow(dead_code)] // They are described, never made.

mod answers;
mod errors;
mod requests;

pub use answers::*;
pub use errors::*;
pub use requests::*;

use utoipa::ToSchema;
use utoipa::openapi::Ref;

/// Names a schema of the document.
pub fn reference<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}
