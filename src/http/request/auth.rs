//! Who may call stands in a handler's signature: `Caller` (a root key with a right), `OfPage` or `Presented` (the credential of a
//! session).
//!
//! Owns: reading `Authorization`, `Origin`, `Sec-Fetch-Site` and the cookies into domain values.
//! Must not know: whether what is presented is any good; the domain decides.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, ORIGIN};
use actix_web::{FromRequest, HttpRequest};

use super::cookies;
use super::kept::{portals, put_in_question};
use super::wishes::{FETCH_SITE, is_browser};
use crate::domain::candidates::{Door, in_bearer};
use crate::domain::catalog::Catalog;
use crate::domain::credential::RootKey;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::portal::Portal;
use crate::domain::portals::backend::Caller;
use crate::domain::presented::{Presented, PresentedToken, Reader, Source};
use crate::domain::root_key::RightType;

impl<R: RightType> FromRequest for Caller<R> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request))
    }
}

fn caller<R: RightType>(request: &HttpRequest) -> Result<Caller<R>, Error> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let refused = |code, refusal| Error::refused(code, refusal, None);
    let value = values.next().ok_or_else(|| refused(Code::Missing, Refusal::Missing))?;
    let malformed = || refused(Code::Malformed, Refusal::Malformed);
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = value.to_str().ok().and_then(bearer).ok_or_else(malformed)?;
    let key = RootKey::parse(text).map_err(|_| malformed())?;
    portals(request).authenticate(&key)
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110 section 11.1).
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches([' ', '\t']))
}

/// What a page presents that gets the answer itself.
pub struct OfPage(pub Presented);

impl FromRequest for OfPage {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(presented(request, Reader::Page).map(OfPage))
    }
}

/// What a proxy passes on.
impl FromRequest for Presented {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(presented(request, Reader::Proxy))
    }
}

fn presented(request: &HttpRequest, reader: Reader) -> Result<Presented, Error> {
    let portals = portals(request);
    let presented = read(request, reader, portals.catalog())?;
    if let Some(portal) = presented.portal(portals.catalog()) {
        put_in_question(request, portal);
    }
    Ok(presented)
}

fn read(request: &HttpRequest, reader: Reader, catalog: &Catalog) -> Result<Presented, Error> {
    let headers = request.headers();
    let slug = query(request, "slug").next();
    let origin = origin(headers);
    let sent = cookies::sent(headers, catalog);
    let token = match bearer_token(headers) {
        Some(token) => Some(token),
        None => {
            let asked = (slug.as_deref(), origin.as_deref());
            let chosen = reader.choose_cookie(sent.sessions, asked, catalog)?;
            chosen.map(|(portal, texts)| in_cookie(portal, &texts))
        }
    };
    let same_origin = headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
    Ok(Presented { token, slug, origin, same_origin, hint: sent.hint })
}

/// What a browser presents on one of the gateway's own pages for this portal: only its cookie.
pub fn visiting(request: &HttpRequest, slug: &str) -> Presented {
    let headers = request.headers();
    let sent = cookies::sent(headers, portals(request).catalog());
    let session = sent.sessions.into_iter().find(|(portal, _)| portal.slug == slug);
    let token = session.map(|(portal, texts)| in_cookie(portal, &texts));
    Presented { token, slug: Some(slug.to_owned()), hint: sent.hint, ..Presented::default() }
}

fn bearer_token(headers: &HeaderMap) -> Option<PresentedToken> {
    let mut texts = headers.get_all(AUTHORIZATION).filter_map(|value| value.to_str().ok()).filter_map(bearer);
    let text = texts.next()?;
    let door = if is_browser(headers) { Door::Page } else { Door::Program };
    // Whoever stands before the gateway may have read another one of them.
    let is_only = texts.all(|other| other == text);
    let candidates = if is_only { in_bearer(text, door) } else { Err(Refusal::Ambiguous) };
    Some(PresentedToken { candidates, source: Source::Bearer })
}

fn in_cookie(portal: Arc<Portal>, texts: &[&str]) -> PresentedToken {
    let candidates = cookies::read_candidates(&portal, texts);
    PresentedToken { candidates, source: Source::Cookie(portal) }
}

/// The page's origin, as the browser serialised it. Invalid text may be decoded with loss, because no portal lists an
/// origin with a replacement character.
pub fn origin(headers: &HeaderMap) -> Option<String> {
    headers.get(ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned())
}

/// All values of one query parameter, decoded. Invalid UTF-8 becomes replacement characters, which no slug,
/// permission or session ID may have.
pub fn query<'a>(request: &'a HttpRequest, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The same for a link that went through a mail: in the text of a page `&` is written `&amp;`, and some programs
/// write it so twice, or leave it so.
pub fn query_of_link<'a>(request: &'a HttpRequest, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.filter(move |(key, _)| key.trim_start_matches("amp;") == name).map(|(_, value)| value.into_owned())
}
