//! The page of the portal that a proxy asks about, if a browser may come back to it.
//!
//! Owns: that only a trusted proxy's word counts, and only for what a person loads by itself. Of a form it is the page
//! that the form was on: nobody comes back to a POST.
//! Must not know: whether anybody is signed in, or what becomes of the page.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, REFERER};
use url::{Position, Url};

use super::client_address;
use crate::domain::origin::origin_of;
use crate::domain::portal::{Portal, SameSite};
use crate::domain::portal_path::PortalPath;
use crate::http::gateway::gateway;

/// In which proxies tell what was asked for. Each sets one of them, and drops what a client says in the others.
const PATH_HEADERS: [&str; 2] = ["x-forwarded-uri", "x-original-uri"];
const METHOD_HEADERS: [&str; 2] = ["x-forwarded-method", "x-original-method"];
const HOST_HEADER: HeaderName = HeaderName::from_static("x-forwarded-host");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The page that was asked for.
pub fn of(request: &HttpRequest, portal: &Portal) -> Option<PortalPath> {
    let headers = request.headers();
    let counts = client_address::is_from_trusted_proxy(request, gateway(request))
        && is_at(portal, headers)
        && is_in_view(portal, headers);
    let path = match (counts, is_get(request)) {
        (false, _) => None,
        (true, true) => said_by(headers, &PATH_HEADERS).and_then(|path| PortalPath::parse(path).ok()),
        (true, false) => referring_page(portal, headers),
    };
    // A spent ticket leads nowhere, and no live credential has any business in another cookie.
    path.filter(|path| !path.holds_a_credential())
}

/// The one value of these headers; none if two of them disagree.
fn said_by<'h>(headers: &'h HeaderMap, names: &[&'static str]) -> Option<&'h str> {
    let mut values = names.iter().flat_map(|name| headers.get_all(HeaderName::from_static(name)));
    let first = values.next()?;
    if values.all(|other| other == first) { first.to_str().ok() } else { None }
}

/// Proxies ask by GET and tell the method beside it, or ask by the method itself.
fn is_get(request: &HttpRequest) -> bool {
    let mut told = METHOD_HEADERS.iter().flat_map(|name| {
        let name = HeaderName::from_static(name);
        request.headers().get_all(name).map(|method| method == "GET").collect::<Vec<_>>()
    });
    request.method() == Method::GET && told.all(|is_get| is_get)
}

/// One portal may be before several hosts; a path of another one is no place in it.
fn is_at(portal: &Portal, headers: &HeaderMap) -> bool {
    let own = [Some(&portal.url), portal.test_url.as_ref(), Some(&portal.public_url)];
    let is_own = |host: &str| own.iter().flatten().any(|url| url.host_str() == Some(host));
    headers.get_all(HOST_HEADER).all(|value| {
        let host = value.to_str().unwrap_or_default().to_ascii_lowercase();
        is_own(&host) || host.rsplit_once(':').is_some_and(|(host, _)| is_own(host))
    })
}

/// A frame in a page is no page, unless the portal itself is one.
fn is_in_view(portal: &Portal, headers: &HeaderMap) -> bool {
    let embedded = portal.cookie.same_site == SameSite::None;
    headers.get(FETCH_DEST).is_none_or(|dest| dest == "document" || (embedded && dest == "iframe"))
}

/// The browser's own word. Another site cannot make it name a page of the portal.
fn referring_page(portal: &Portal, headers: &HeaderMap) -> Option<PortalPath> {
    let page = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    let origin = origin_of(&page)?;
    let mut own = [Some(&portal.url), portal.test_url.as_ref()].into_iter().flatten();
    let is_own = own.any(|url| origin_of(url).as_ref() == Some(&origin));
    if is_own { PortalPath::parse(&page[Position::BeforePath..]).ok() } else { None }
}
