//! URLs of the configuration of which not every part counts.
//!
//! Owns: that a part which would be ignored is a fault: somebody believes in it.
//! Must not know: what a URL is used for. (`store.url` has forms of its own.)

use url::Url;

use crate::domain::invalid::Invalid;
use crate::domain::return_url::parse_http_url;

/// https, or http on this machine only: over plain http, a cookie can be read on its way.
pub fn parse_public_url(text: &str) -> Result<Url, Invalid> {
    let url = parse_base_url(text)?;
    let on_this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    if url.scheme() == "https" || on_this_machine {
        return Ok(url);
    }
    let fix = "Use https, or http://localhost or http://127.0.0.1 for a trial.";
    Err(Invalid::new("Plain http is only possible on localhost: cookies would not be safe.", fix))
}

/// An http(s) URL that others begin with.
pub fn parse_base_url(text: &str) -> Result<Url, Invalid> {
    without_query(text, "Other addresses begin with this one, so it has no query and no fragment.")
}

/// Of such a prefix only the scheme, the host, the port and the path are compared.
pub fn parse_prefix_url(text: &str) -> Result<Url, Invalid> {
    without_query(text, "A prefix is compared up to its path, so its query or fragment would be ignored.")
}

fn without_query(text: &str, message: &str) -> Result<Url, Invalid> {
    let url = parse_http_url(text)?;
    if url.query().is_none() && url.fragment().is_none() {
        return Ok(url);
    }
    Err(Invalid::new(message, "Take out what follows the path: `?` or `#`, and all behind it."))
}
