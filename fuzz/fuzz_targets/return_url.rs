//! The guard against open redirects: what passes leads under its prefix for any other reader of URLs too, for
//! one that is far more forgiving than the standard, and stays there with its reason added.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use url::Url;
use vestibule::domain::return_url::{Reason, is_under, parse_http_url, with_reason};

static PREFIXES: LazyLock<Vec<Url>> = LazyLock::new(|| {
    let prefixes = [
        "https://app.example.com/",
        "https://app.example.com/app",
        "https://app.example.com/a/b/",
        "https://app.example.com:8443/",
        "http://localhost:3000/x",
    ];
    prefixes.iter().map(|text| parse_http_url(text).expect("a valid prefix")).collect()
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check(text);
    // Mutation spends most of its time before the host; this starts behind it.
    for prefix in PREFIXES.iter() {
        check(&format!("{prefix}{text}"));
    }
});

fn check(text: &str) {
    let Ok(url) = parse_http_url(text) else { return };
    let again = parse_http_url(url.as_str()).expect("what is stored reads back");
    assert_eq!(again, url);
    for prefix in PREFIXES.iter().filter(|prefix| is_under(&url, prefix)) {
        stays(&url, prefix);
        for reason in [Reason::SessionExpired, Reason::SessionMissing] {
            let home = with_reason(&url, reason);
            stays(&home, prefix);
            assert_eq!(home.fragment(), url.fragment());
            let named =
                home.query().unwrap_or_default().split('&').filter(|pair| pair.starts_with("reason="));
            assert_eq!(named.collect::<Vec<_>>(), [format!("reason={}", reason.name())]);
        }
        // What the client wrote leads to the same place, as far as this reader knows its letters.
        let (scheme, authority, _) = forgiving(text);
        if authority.is_ascii() && !authority.contains('%') {
            assert_eq!((scheme, authority), place(prefix), "{text:?}");
        }
    }
}

fn stays(url: &Url, prefix: &Url) {
    let second = Url::parse(url.as_str()).expect("it reads back");
    assert_eq!(second.origin(), prefix.origin());
    assert_eq!((second.username(), second.password()), ("", None));
    let (scheme, authority, path) = forgiving(url.as_str());
    assert_eq!((scheme, authority), place(prefix), "{url}");
    // A server that decodes once and then resolves dots does not leave the prefix's path either.
    let decoded = percent_decode_str(&path).decode_utf8_lossy().replace('\\', "/");
    let mut resolved: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(resolved.pop()),
            other => resolved.push(other),
        }
    }
    let base: Vec<_> = prefix.path().split('/').filter(|segment| !segment.is_empty()).collect();
    assert!(resolved.starts_with(&base), "{url} leaves {prefix}");
}

fn place(prefix: &Url) -> (String, String) {
    let port = prefix.port().map_or_else(String::new, |port| format!(":{port}"));
    (prefix.scheme().to_owned(), format!("{}{port}", prefix.host_str().unwrap_or_default()))
}

/// Scheme, host with a port that is not the scheme's own, and path, as the most forgiving browser reads them:
/// controls and blanks around it fall away, tabs and line ends within too, `\` is `/`, any number of slashes
/// begins a host, and all before the last `@` is user info.
fn forgiving(text: &str) -> (String, String, String) {
    let text = text.trim_matches(|c: char| c <= ' ').replace(['\t', '\r', '\n'], "").replace('\\', "/");
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.trim_start_matches('/');
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let own_port = if scheme == "https" { "443" } else { "80" };
    let authority = match authority.rsplit_once(':') {
        Some((host, port)) if port.trim_start_matches('0') == own_port || port.is_empty() => host.to_owned(),
        Some((host, port)) => format!("{host}:{}", port.trim_start_matches('0')),
        None => authority,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    (scheme, authority, path.to_owned())
}
