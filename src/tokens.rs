//! Signed tokens by `jsonwebtoken`, with the cryptography of `ring`.
//!
//! Owns: how claims are written, keys read and made, signatures made and checked. The library does all of it; what
//! stands here says what is accepted.
//! Must not know: sessions, portals, or what a token is good for.

mod claims;
mod keys;
mod provider;
mod signer;

pub use keys::{Algorithm, KeyError, SigningKey};
pub use signer::Signer;
