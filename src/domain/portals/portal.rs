//! What a portal, its pages and its proxies ask of the product: exchange (`exchange.rs`), find and authorize
//! (`find.rs`), end (`end.rs`), a token for others (`issue.rs`).
//!
//! Owns: nothing but the division; each file says what it owns.

mod end;
mod exchange;
mod find;
mod issue;

pub use self::end::{NothingToEnd, Over};
