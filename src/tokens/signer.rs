//! The signer: the keys of one gateway, of which the first signs and all check.
//!
//! Owns: which header is acceptable. Of what a token's header says, only `kid` is used, to find one of our own keys;
//! the key decides on the algorithm.
//! Must not know: which session a token is of, or the time.

use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Header, Validation, decode, decode_header, encode};

use super::claims::WireClaims;
use super::keys::SigningKey;
use crate::domain::error::Refusal;
use crate::domain::signed_token::{Claims, MAX_TOKEN_BYTES, SigningFailed, TokenSigner};

/// The keys.
pub struct Signer {
    issuer: String,
    first: SigningKey,
    others: Vec<SigningKey>,
    key_set: String,
}

impl Signer {
    /// `issuer`: where the gateway is, without a slash at its end. None without keys.
    pub fn new(issuer: String, keys: Vec<SigningKey>) -> Option<Self> {
        let set = JwkSet { keys: keys.iter().map(|key| key.public.clone()).collect() };
        let mut keys = keys.into_iter();
        let first = keys.next()?;
        // Public keys are plain text; writing them cannot fail.
        let key_set = serde_json::to_string(&set).unwrap_or_default();
        Some(Signer { issuer, first, others: keys.collect(), key_set })
    }

    fn key(&self, id: &str) -> Option<&SigningKey> {
        std::iter::once(&self.first).chain(&self.others).find(|key| key.id == id)
    }
}

/// A header that names a key, an address of one, or an extension that must be understood asks to be trusted for what
/// it says itself.
fn is_plain(header: &Header) -> bool {
    let Header { typ, cty, jku, jwk, kid: _, x5u, x5c, x5t, x5t_s256, crit, enc, zip, .. } = header;
    typ.as_deref() == Some("JWT")
        && cty.is_none()
        && jku.is_none()
        && jwk.is_none()
        && x5u.is_none()
        && x5c.is_none()
        && x5t.is_none()
        && x5t_s256.is_none()
        && crit.is_none()
        && enc.is_none()
        && zip.is_none()
}

impl TokenSigner for Signer {
    fn sign(&self, claims: &Claims) -> Result<String, SigningFailed> {
        let mut header = Header::new(self.first.algorithm.of_library());
        header.kid = Some(self.first.id.clone());
        let claims = WireClaims::of(&self.issuer, claims);
        encode(&header, &claims, &self.first.encoding).map_err(|error| {
            tracing::error!(%error, key = self.first.id, "a token could not be signed");
            SigningFailed
        })
    }

    fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::Malformed);
        }
        let header = decode_header(token).map_err(|_| Refusal::Malformed)?;
        if !is_plain(&header) {
            return Err(Refusal::Malformed);
        }
        let key = header.kid.as_deref().and_then(|id| self.key(id)).ok_or(Refusal::UnknownKey)?;
        let mut validation = Validation::new(key.algorithm.of_library());
        // By the machine's clock, with a minute's grace; ours is asked where the session is looked up.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let data = decode::<WireClaims>(token, &key.decoding, &validation);
        data.map_err(|error| refusal_of(error.kind()))?.claims.read()
    }

    fn key_set(&self) -> &str {
        &self.key_set
    }
}

fn refusal_of(kind: &ErrorKind) -> Refusal {
    if matches!(kind, ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm) {
        Refusal::SignatureInvalid
    } else if matches!(kind, ErrorKind::InvalidIssuer) {
        Refusal::OtherIssuer
    } else {
        Refusal::Malformed
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("first", &self.first).field("others", &self.others).finish()
    }
}
