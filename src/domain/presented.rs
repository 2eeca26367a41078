//! What a request presents to show who its user is, and where the user's browser gets a new session.
//!
//! Owns: the choice among several cookies (API.md section 4) and the choice of the home (section 5).
//! Must not know: headers and cookie syntax; `http::request` reads those.

use std::sync::Arc;

use smallvec::SmallVec;
use url::Url;

use super::candidates::{Candidate, Candidates};
use super::catalog::Catalog;
use super::error::Error;
use super::invalid::Invalid;
use super::portal::Portal;
use super::return_url::{Home, Reason, with_reason};

/// The credential of a request, and how it came.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    /// The values that may be it.
    pub candidates: Candidates,
    /// How it came.
    pub source: Source,
}

/// How a credential came.
#[derive(Clone, Debug)]
pub enum Source {
    /// In the `Authorization` header. It is sent on purpose: no other site can make a browser send it.
    Bearer,
    /// In the cookie of this portal, which the browser sends by itself.
    Cookie(Arc<Portal>),
}

/// The content of the hint cookie. It is no credential, and nothing in it is believed until the catalog confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The portal that the browser last had a session of.
    pub slug: String,
    /// That session's own return URL.
    pub return_url: Option<Url>,
}

/// Everything that a request says about its user.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// The token, if there is one.
    pub token: Option<PresentedToken>,
    /// The portal that the request names (`?slug=`).
    pub slug: Option<String>,
    /// The serialised `Origin` of the page that sends it.
    pub origin: Option<String>,
    /// The browser vouches that the page is of the gateway's own origin (`Sec-Fetch-Site: same-origin`).
    pub same_origin: bool,
    /// The hint cookie's content.
    pub hint: Option<Hint>,
}

impl Presented {
    /// Whether a page that the portal does not list is reading with its user's cookie. A request without `Origin` comes
    /// from no such page: a server that renders the portal forwards only the cookie.
    pub fn is_foreign_page(&self, portal: &Portal) -> bool {
        self.by_cookie() && self.is_foreign_to(portal)
    }

    /// Whether it comes from a page that the portal does not list, with whatever credential.
    pub fn is_foreign_to(&self, portal: &Portal) -> bool {
        self.origin.is_some() && !self.vouched_for(portal)
    }

    /// Whether this request may change anything. A browser sends cookies unasked, so it must vouch for the page. A
    /// Bearer token is sent on purpose by somebody who knows it.
    pub fn may_change(&self, portal: &Portal) -> bool {
        !self.by_cookie() || self.vouched_for(portal)
    }

    /// The tokens that may be its session's.
    pub fn candidates(&self) -> &[Candidate] {
        let candidates = self.token.as_ref().and_then(|token| token.candidates.as_ref().ok());
        candidates.map_or(&[], |sent| &**sent)
    }

    fn by_cookie(&self) -> bool {
        self.token.as_ref().is_some_and(|token| matches!(token.source, Source::Cookie(_)))
    }

    fn vouched_for(&self, portal: &Portal) -> bool {
        self.same_origin || self.origin.as_deref().is_some_and(|origin| portal.lists_origin(origin))
    }

    /// The portal that the session must belong to: the one that the request names, or else the cookie's own.
    pub fn expected_slug(&self) -> Option<&str> {
        let of_cookie = match self.token.as_ref().map(|token| &token.source) {
            Some(Source::Cookie(portal)) => Some(portal.slug.as_str()),
            Some(Source::Bearer) | None => None,
        };
        self.slug.as_deref().or(of_cookie)
    }

    /// Where this browser gets a new session; never outside the configured return URLs.
    pub fn home(&self, catalog: &Catalog) -> Home {
        let hint = self.hint.as_ref();
        let hinted =
            hint.is_some_and(|hint| self.portal(catalog).is_some_and(|portal| portal.slug == hint.slug));
        let had_session = self.token.is_some() || hinted;
        self.home_because(if had_session { Reason::SessionExpired } else { Reason::SessionMissing }, catalog)
    }

    /// The same, for a reason that the caller gives.
    pub fn home_because(&self, reason: Reason, catalog: &Catalog) -> Home {
        let Some(portal) = self.portal(catalog) else {
            return Home { reason, url: None };
        };
        let hint = self.hint.as_ref().filter(|hint| hint.slug == portal.slug);
        let own = hint.and_then(|hint| hint.return_url.as_ref()).filter(|url| portal.allows_return_to(url));
        let url = own.or(portal.return_url.as_ref()).map(|url| with_reason(url, reason));
        Home { reason, url }
    }

    /// The portal that the request is about, if that can be determined.
    pub fn portal<'a>(&'a self, catalog: &'a Catalog) -> Option<&'a Arc<Portal>> {
        if let Some(slug) = &self.slug {
            return catalog.portal(slug);
        }
        if let Some(PresentedToken { source: Source::Cookie(portal), .. }) = &self.token {
            return Some(portal);
        }
        let hinted = self.hint.as_ref().and_then(|hint| catalog.portal(&hint.slug));
        match self.origin.as_deref().map_or(&[][..], |origin| catalog.portals_listing(origin)) {
            [] => hinted.or_else(|| catalog.only_portal()),
            [portal] => Some(portal),
            listing => hinted.filter(|hinted| listing.iter().any(|portal| portal.slug == hinted.slug)),
        }
    }
}

/// Who is answered, and so what the `Origin` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The page itself: it sees the sessions of portals that list it, as if the browser had no others.
    Page,
    /// A proxy, which asks for its own portal whatever page is open: the origin only helps to choose.
    Proxy,
}

impl Reader {
    /// Which of the portal cookies that a request carries is meant: of the named portal; else of one that lists
    /// the `Origin`; else the only one.
    pub fn choose_cookie<T>(
        self,
        sent: impl IntoIterator<Item = (Arc<Portal>, T)>,
        (slug, origin): (Option<&str>, Option<&str>),
        catalog: &Catalog,
    ) -> Result<Option<(Arc<Portal>, T)>, Error> {
        if let Some(slug) = slug {
            return Ok(sent.into_iter().find(|(portal, _)| portal.slug == slug));
        }
        let mut meant: SmallVec<[_; 1]> = sent.into_iter().collect();
        let listed = |portal: &Portal| origin.is_some_and(|origin| portal.lists_origin(origin));
        let decides = match self {
            Reader::Page => origin.is_some_and(|origin| !catalog.portals_listing(origin).is_empty()),
            Reader::Proxy => meant.len() > 1 && meant.iter().any(|(portal, _)| listed(portal)),
        };
        if decides {
            meant.retain(|(portal, _)| listed(portal));
        }
        if meant.len() < 2 {
            return Ok(meant.pop());
        }
        let message =
            "The browser has sessions of several portals, and the request does not say which one it means.";
        let fix = if origin.is_none() || decides {
            let slugs: Vec<_> = meant.iter().map(|(portal, _)| portal.slug.as_str()).collect();
            format!("Add the query parameter slug with one of: {}.", slugs.join(", "))
        } else {
            // A page that none of them lists is not told which they are.
            "Add the query parameter slug.".to_owned()
        };
        Err(Error::invalid(vec![Invalid::new(message, fix).at("query.slug")]))
    }
}
