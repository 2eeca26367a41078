//! JSON as `serde_json` writes it, in a fraction of the instructions: for what every request has, a log line and an answer.
//!
//! Must not know: what is written.

mod text;
mod writer;

pub use text::{write, write_text};
pub use writer::to_vec;
