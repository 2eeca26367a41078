//! Who signs tokens: the configured keys, or in memory one that is made at the start.
//!
//! Owns: that a reload takes other key files, and that a key which was made here stays until the process ends.
//! Must not know: what is signed.

use std::sync::Arc;

use crate::config::StoreLocation;
use crate::domain::signed_token::TokenSigner;
use crate::tokens::{Algorithm, KeyError, Signer, SigningKey};

/// What outlives a reload.
pub struct Signing {
    issuer: String,
    own: Option<Arc<dyn TokenSigner>>,
}

impl Signing {
    /// `public_url` names the issuer. Only a gateway that is alone on its store makes a key of its own: several would
    /// sign with keys that the others do not know.
    pub fn new(public_url: &url::Url, store: &StoreLocation) -> Result<Self, KeyError> {
        let issuer = public_url.as_str().trim_end_matches('/').to_owned();
        let mut signing = Signing { issuer, own: None };
        if matches!(store, StoreLocation::Memory) {
            let key = SigningKey::read(&SigningKey::generate(Algorithm::Es256)?)?;
            signing.own = signing.signer_of(vec![key]);
        }
        Ok(signing)
    }

    /// Who signs with these keys; without any, the one that was made here.
    pub fn signer(&self, keys: Vec<SigningKey>) -> Option<Arc<dyn TokenSigner>> {
        self.signer_of(keys).or_else(|| self.own.clone())
    }

    fn signer_of(&self, keys: Vec<SigningKey>) -> Option<Arc<dyn TokenSigner>> {
        Signer::new(self.issuer.clone(), keys).map(|signer| Arc::new(signer) as Arc<dyn TokenSigner>)
    }
}
