//! At which host a browser asks.
//!
//! Owns: what counts as one of a URL's own. The gateway answers at every name that leads to it, and what an answer does to
//! the host that gave it, it may do to that of the portal only.
//! Must not know: what any answer does.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use url::{Position, Url};

/// Whether it is the one of this URL, with its port. A page cannot set `Host`. A proxy that writes another one: it is not.
pub fn is_of(url: &Url, request: &HttpRequest) -> bool {
    let mut hosts = request.headers().get_all(HOST);
    let first = hosts.next().and_then(|host| host.to_str().ok());
    first.is_some_and(|host| is_host_of(url, host)) && hosts.next().is_none()
}

fn is_host_of(url: &Url, host: &str) -> bool {
    let with_port = || Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    host.eq_ignore_ascii_case(&url[Position::BeforeHost..Position::AfterPort])
        || with_port().is_some_and(|own| host.eq_ignore_ascii_case(&own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_with_its_port() {
        for (url, host, expected) in [
            ("https://a.example", "a.example", true),
            ("https://a.example", "A.Example:443", true),
            ("https://a.example", "a.example:80", false),
            ("https://a.example", "a.example:8443", false),
            ("https://a.example", "b.a.example", false),
            ("https://a.example", "a.example.b.example", false),
            ("https://a.example", "a.example, b.example", false),
            ("https://a.example", "", false),
            ("https://a.example:8443/", "a.example:8443", true),
            ("https://a.example:8443/", "a.example", false),
            ("http://localhost", "localhost:80", true),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", true),
            ("http://127.0.0.1:8080", "localhost:8080", false),
            ("https://[2001:db8::1]", "[2001:db8::1]", true),
        ] {
            assert_eq!(is_host_of(&Url::parse(url).expect(url), host), expected, "{url} {host:?}");
        }
    }
}
