//! What operators and their tools ask for.

pub mod health;
pub mod key_set;
