//! Who may call stands in a handler's signature: `Caller` (a root key) or `Presented` (a browser token).
//!
//! Owns: reading `Authorization`, `Origin`, `Sec-Fetch-Site` and the cookies into domain values.
//! Must not know: whether what is presented is any good; the domain decides.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest, web};

use super::problem::Problem;
use super::{Gateway, cookie};
use crate::domain::catalog::Catalog;
use crate::domain::credential::{BrowserToken, RootKey};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::portal::Caller;
use crate::domain::presented::{Presented, PresentedToken, Source, choose_cookie};

/// Where a request comes from, as the browser itself says it (Fetch Metadata).
pub const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).map_err(Problem::from))
    }
}

fn caller(request: &HttpRequest) -> Result<Caller, Error> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let refused = |code, refusal| Error::refused(code, refusal, None);
    let value = values.next().ok_or_else(|| refused(Code::Missing, Refusal::Missing))?;
    let malformed = || refused(Code::Malformed, Refusal::Malformed);
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = value.to_str().ok().and_then(bearer).ok_or_else(malformed)?;
    let key = RootKey::parse(text).map_err(|_| malformed())?;
    gateway(request).portals.authenticate(&key)
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110 section 11.1).
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequest for Presented {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let catalog = gateway(request).portals.catalog();
        ready(presented(request, &catalog).map_err(Problem::from))
    }
}

fn presented(request: &HttpRequest, catalog: &Catalog) -> Result<Presented, Error> {
    let headers = request.headers();
    let slug = query(request, "slug").next();
    let origin = origin(headers);
    let sent = cookie::sent(headers, catalog);
    let token = match bearer_token(headers) {
        Some(token) => Some(token),
        None => {
            let chosen = choose_cookie(sent.sessions, slug.as_deref(), origin.as_deref())?;
            chosen.map(|(portal, text)| PresentedToken {
                token: BrowserToken::parse(&text),
                source: Source::Cookie(portal),
            })
        }
    };
    let same_origin = headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
    Ok(Presented { token, slug, origin, same_origin, hint: sent.hint })
}

/// What a browser presents that has come to a page of the gateway's own for this portal: its cookie alone.
pub fn visiting(request: &HttpRequest, slug: &str) -> Presented {
    let headers = request.headers();
    let catalog = gateway(request).portals.catalog();
    let sent = cookie::sent(headers, &catalog);
    let session = sent.sessions.into_iter().find(|(portal, _)| portal.slug == slug);
    let token = session.map(|(portal, text)| PresentedToken {
        token: BrowserToken::parse(&text),
        source: Source::Cookie(portal),
    });
    Presented { token, slug: Some(slug.to_owned()), hint: sent.hint, ..Presented::default() }
}

fn bearer_token(headers: &HeaderMap) -> Option<PresentedToken> {
    let text = headers.get_all(AUTHORIZATION).filter_map(|value| value.to_str().ok()).find_map(bearer)?;
    Some(PresentedToken { token: BrowserToken::parse(text), source: Source::Bearer })
}

/// The page's origin as the browser serialised it; one that is no text is one that nobody lists.
pub fn origin(headers: &HeaderMap) -> Option<String> {
    headers.get(ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned())
}

/// Whether script of a web page may read the answer: then it must not see a token. Not by `Sec-Fetch-Mode`:
/// the fetch of Node sends it from servers.
pub fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE)
}

/// All values of one query parameter, decoded.
pub fn query<'a>(request: &'a HttpRequest, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
    pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The gateway that serves this request; the app puts it there before anything else.
pub fn gateway(request: &HttpRequest) -> &web::Data<Gateway> {
    request.app_data::<web::Data<Gateway>>().expect("the app registers the gateway for every route")
}
