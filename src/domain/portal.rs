//! One configured portal.
//!
//! Owns: what is set for it, where a browser arrives with its ticket, and where it may go back to.
//! Must not know: other portals, files or TOML. `config` has validated it.

use url::{Position, Url};

use super::appearance::Appearance;
use super::credential::Ticket;
use super::environment::Environment;
use super::invalid::Invalid;
use super::policy::SessionPolicy;
use super::portal_path::PortalPath;
use super::return_url::{is_under, query_with};
use super::signed_token::TokenSettings;

/// The query parameter that carries a ticket, unless the portal's frontend reads another.
pub const SESSION_PARAMETER: &str = "session";

/// Reads a slug: 3 to 64 of `a-z 0-9 -`, no hyphen at an end, none doubled.
pub fn parse_slug(text: &str) -> Result<&str, Invalid> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_doubled = text.as_bytes().windows(2).any(|pair| pair == b"--");
    let hyphens_fit = !text.starts_with('-') && !text.ends_with('-') && !is_doubled;
    if (3..=64).contains(&text.len()) && text.bytes().all(allowed) && hyphens_fit {
        return Ok(text);
    }
    Err(Invalid::new(
        "A slug has 3 to 64 of the characters a-z 0-9 and -, no hyphen at an end and none doubled.",
        "Use a slug such as \"my-portal\".",
    ))
}

/// Which requests of other sites carry the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Navigations do, so a user who follows a link arrives signed in.
    Lax,
    /// None do.
    Strict,
    /// All do; needs https.
    None,
}

/// A portal's `cookie` section.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    /// Without the prefix `__Host-`, which is added where the cookie meets its conditions.
    pub name: String,
    /// See [`SameSite`].
    pub same_site: SameSite,
    /// One cookie jar for each embedding site (CHIPS).
    pub partitioned: bool,
    /// Shares the cookie with the other hosts of this domain, and so gives up `__Host-`.
    pub domain: Option<String>,
}

/// Where a browser arrives with its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// At the portal's own page, which exchanges it.
    Portal,
    /// At the gateway's page (API.md section 6).
    Hosted {
        /// Ask people first whether they are who the link is for.
        confirm: bool,
    },
}

/// One configured portal.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The workspace it belongs to.
    pub workspace: String,
    /// Its name, unique in the whole configuration.
    pub slug: String,
    /// Where its frontend is.
    pub url: Url,
    /// Where its frontend is for test keys.
    pub test_url: Option<Url>,
    /// The query parameter in which its frontend finds the ticket.
    pub session_parameter: String,
    /// Where its users get a new session.
    pub return_url: Option<Url>,
    /// Prefixes that a session's own return URL may have.
    pub return_urls: Vec<Url>,
    /// Serialised origins (RFC 6454) whose pages may call the gateway; its own are always among them.
    pub allowed_origins: Vec<String>,
    /// Where browsers reach the gateway for this portal.
    pub public_url: Url,
    /// Life of its tickets.
    pub ticket_ttl_ms: u64,
    /// What holds for its sessions.
    pub policy: SessionPolicy,
    /// Where a browser arrives with its ticket.
    pub landing: Landing,
    /// How the gateway's pages look for it.
    pub appearance: Appearance,
    /// A disabled portal creates and accepts no sessions.
    pub enabled: bool,
    /// A logout at the host of `public_url` makes the browser delete everything it stores for that host, other portals' data
    /// included.
    pub clear_site_data: bool,
    /// A browser that was sent home comes back to the page that it asked for.
    pub resume: bool,
    /// Its cookie.
    pub cookie: CookieSettings,
    /// Its pages and apps get tokens that they use themselves (API.md section 9).
    pub direct: bool,
    /// Its signed tokens.
    pub tokens: TokenSettings,
}

impl Portal {
    /// Whether pages of this serialised origin may call the gateway for this portal.
    pub fn lists_origin(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|listed| listed == origin)
    }

    /// Whether a session of this portal may return to `url`.
    pub fn allows_return_to(&self, url: &Url) -> bool {
        self.return_urls.iter().any(|prefix| is_under(url, prefix))
    }

    /// The URL to which a browser takes its ticket, with the ticket in it.
    pub fn entrance(&self, environment: Environment, ticket: &Ticket) -> String {
        let (url, path, parameter) = match self.landing {
            Landing::Portal => {
                let url = self.url_for(environment);
                (url, [url.path(), "", ""], self.session_parameter.as_str())
            }
            Landing::Hosted { .. } => {
                let url = &self.public_url;
                (url, [url.path().trim_end_matches('/'), "/portal/", &self.slug], SESSION_PARAMETER)
            }
        };
        // Its parts are those of a URL that was read, so to put them together is enough.
        let [path, page, slug] = path;
        let query = query_with(url, parameter, ticket.expose());
        [&url[..Position::BeforePath], path, page, slug, "?", &query, &url[Position::AfterQuery..]].concat()
    }

    /// Where a browser goes that is signed in: to this place within the portal, or to where the portal begins.
    pub fn place(&self, environment: Environment, path: Option<&PortalPath>) -> Url {
        let start = self.url_for(environment);
        path.and_then(|path| path.at(start)).unwrap_or_else(|| start.clone())
    }

    /// Where its frontend is for this environment.
    pub fn url_for(&self, environment: Environment) -> &Url {
        match (environment, &self.test_url) {
            (Environment::Test, Some(test_url)) => test_url,
            (Environment::Test, None) | (Environment::Live, _) => &self.url,
        }
    }
}
