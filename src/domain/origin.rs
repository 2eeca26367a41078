//! Where pages and applications live: web origins, and the URLs of portals, which may have an application's own scheme.
//!
//! Owns: which origins and schemes are acceptable, and the written form of an origin, so that two can be compared as
//! texts.
//! Must not know: CORS headers, or which portal lists what.

use url::Url;

use super::invalid::Invalid;
use super::return_url::{check_text, parse_http_url};

/// Schemes that no application may use: they run scripts, read files, or have a meaning in every browser.
const NOT_AN_APPLICATIONS: [&str; 18] = [
    "about",
    "blob",
    "chrome",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The origin of the pages at this URL, as a browser writes it into `Origin`. An application's URL without a host
/// (`com.acme.app:/enter`) has none.
pub fn origin_of(url: &Url) -> Option<String> {
    if is_web(url.scheme()) {
        return Some(url.origin().ascii_serialization());
    }
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}

/// The URL as a source in a content security policy: its origin, or an application's scheme.
pub fn policy_source(url: &Url) -> String {
    if is_web(url.scheme()) { url.origin().ascii_serialization() } else { format!("{}:", url.scheme()) }
}

/// Reads an origin whose pages may call the gateway. If its scheme is not http(s), it is compared exactly as written,
/// because browsers do not agree on how to normalise it.
pub fn parse_origin(text: &str) -> Result<String, Invalid> {
    if let Some((scheme, rest)) = text.split_once("://")
        && is_applications(scheme)
    {
        let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
        let in_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let port_fits =
            port.is_none_or(|port| port.parse::<u16>().is_ok_and(|read| read.to_string() == port));
        if (1..=255).contains(&host.len()) && host.bytes().all(in_host) && port_fits {
            return Ok(text.to_owned());
        }
        let fix = "Write it as the application sends it, such as \"capacitor://localhost\".";
        return Err(Invalid::new("An origin is a scheme, a host and a port, no more.", fix));
    }
    let url = parse_http_url(text)?;
    let origin = url.origin().ascii_serialization();
    if text.trim_end_matches('/').eq_ignore_ascii_case(&origin) {
        return Ok(origin);
    }
    Err(Invalid::new("An origin is a scheme, a host and a port, no more.", format!("Write {origin:?}.")))
}

/// Reads where a portal is: an http(s) URL, or one that opens an application (`acmeapp://enter/`).
pub fn parse_portal_url(text: &str) -> Result<Url, Invalid> {
    match text.split_once(':') {
        Some((scheme, rest)) if is_applications(scheme) && rest.starts_with('/') => parse_app_url(text),
        Some(_) | None => parse_http_url(text),
    }
}

fn parse_app_url(text: &str) -> Result<Url, Invalid> {
    let fix = "Use an absolute URL such as \"acmeapp://enter/\".";
    check_text(text, fix)?;
    let url = Url::parse(text).map_err(|error| Invalid::new(format!("The URL is invalid: {error}."), fix))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new("The URL must not have user info before its host.", fix));
    }
    Ok(url)
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

fn is_applications(scheme: &str) -> bool {
    let first_fits = scheme.starts_with(|first: char| first.is_ascii_lowercase());
    let rest_fits = scheme
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    first_fits && rest_fits && !NOT_AN_APPLICATIONS.contains(&scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_that_shells_and_extensions_send_are_taken_as_written() {
        for good in [
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "app://bundle",
            "app://-",
            "app://localhost:3000",
            "chrome-extension://cjpalhdlnbpafiamejdnhcphjbkeiagm",
            "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
            "safari-web-extension://E5C4A2D0-7B3F-4E0A-9E5C-0A2F8C1D3B4A",
        ] {
            assert_eq!(parse_origin(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn what_anyone_can_have_for_an_origin_is_none() {
        for bad in [
            "null",
            "*",
            "file://",
            "file://localhost",
            "data://x",
            "data:text/html,x",
            "javascript://x",
            "blob://x",
            "JavaScript://x",
            "Capacitor://localhost",
            "capacitor://",
            "capacitor://localhost/",
            "capacitor://localhost/path",
            "capacitor://user@localhost",
            "capacitor://*",
            "capacitor://local host",
            "capacitor://localhost:99999",
            "capacitor://localhost:080",
            "capacitor:localhost",
            "app://a,app://b",
            "ws://a.example",
            "://a.example",
        ] {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_portal_is_on_the_web_or_in_an_application() {
        for (good, origin, source) in [
            ("https://a.example/x?y=z", Some("https://a.example"), "https://a.example"),
            ("acmeapp://enter/", Some("acmeapp://enter"), "acmeapp:"),
            ("acmeapp://enter?theme=dark", Some("acmeapp://enter"), "acmeapp:"),
            ("com.acme.app:/enter", None, "com.acme.app:"),
            ("tauri://localhost:1420/", Some("tauri://localhost:1420"), "tauri:"),
        ] {
            let url = parse_portal_url(good).expect(good);
            assert_eq!((origin_of(&url).as_deref(), &*policy_source(&url)), (origin, source), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "javascript://a.example/%0aalert(1)",
            "JAVASCRIPT:/x",
            "data:text/html,x",
            "data:/x",
            "file:///etc/passwd",
            "blob:https://a.example/x",
            "vbscript:/x",
            "view-source:https://a.example/",
            "intent://x/",
            "acmeapp:enter",
            "acmeapp://user@enter/",
            "acmeapp://en ter/",
            "acmeapp://enter/\\x",
            "acmeapp://enter/\r\nSet-Cookie:x",
            "://enter",
            "/enter",
            "",
        ] {
            assert!(parse_portal_url(bad).is_err(), "{bad}");
        }
    }
}
