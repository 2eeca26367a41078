//! The `Content-Security-Policy` of every page. It allows what it names, and nothing else.
//!
//! Owns: that inline styles and scripts are allowed by their hash, so that nothing injected into a page runs; and
//! that no page can be framed.
//! Must not know: what a page says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What a page needs. Everything else is forbidden.
#[derive(Default)]
pub struct Policy<'a> {
    /// The text of each inline style.
    pub styles: &'a [&'a str],
    /// The text of its inline script.
    pub script: Option<&'a str>,
    /// A source of images.
    pub images: Option<&'a str>,
    /// Other origins that its form may lead to. Browsers check the redirect after a form against this list too.
    pub form_targets: Option<&'a [String]>,
}

impl Policy<'_> {
    /// As the header's value.
    pub fn header(&self) -> String {
        let hash = |text: &&str| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let mut policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src".to_owned();
        policy.extend(self.styles.iter().map(hash));
        if let Some(script) = self.script {
            policy.push_str(&format!("; script-src{}", hash(&script)));
        }
        if let Some(images) = self.images {
            policy.push_str(&format!("; img-src {images}"));
        }
        match self.form_targets {
            Some(targets) => policy.push_str(&format!("; form-action 'self' {}", targets.join(" "))),
            None => policy.push_str("; form-action 'none'"),
        }
        policy
    }
}
