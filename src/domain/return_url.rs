//! Where a browser may be sent: the one guard against open redirects (API.md sections 3 and 5).
//!
//! Owns: which return URLs are acceptable, which are under a configured prefix, and how the reason is added. It is
//! strict: what two parsers could read differently (a backslash, a control character, user info) is refused, not
//! repaired.
//! Must not know: cookies and headers, or who is redirected.

use url::{Host, Url};

use super::invalid::Invalid;

const MAX_CHARS: usize = 2_000;

/// Why a browser is sent home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It had a session, which is now over.
    SessionExpired,
    /// It never had one.
    SessionMissing,
    /// It came with a ticket that is spent or expired, and has no session.
    LinkUsed,
}

impl Reason {
    /// The value of the query parameter `reason`. A backend does the same for a spent link as for an expired
    /// session: it makes a new one.
    pub fn name(self) -> &'static str {
        match self {
            Reason::SessionExpired | Reason::LinkUsed => "session_expired",
            Reason::SessionMissing => "session_missing",
        }
    }
}

/// What happened to a browser's session, and where it gets a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// What its user is told.
    pub reason: Reason,
    /// The return URL with the reason, if one is known.
    pub url: Option<Url>,
}

/// Reads an absolute http(s) URL that every browser reads the same way.
pub fn parse_http_url(text: &str) -> Result<Url, Invalid> {
    let fix = "Use an absolute URL such as \"https://app.example.com/billing\".";
    check_text(text, fix)?;
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return Err(Invalid::new("The URL must begin with https:// or http://", fix));
    }
    let after_scheme = &text[text.find("//").map_or(0, |at| at + 2)..];
    if after_scheme.starts_with('/') {
        return Err(Invalid::new("The URL has no host.", fix));
    }
    let url = Url::parse(text).map_err(|error| Invalid::new(format!("The URL is invalid: {error}."), fix))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || after_scheme.split(['/', '?', '#']).next().unwrap_or("").contains('@')
    {
        return Err(Invalid::new("The URL must not have user info before its host.", fix));
    }
    check_host(&url)?;
    // The encoded form is stored and put into the hint cookie, so it must be readable too.
    if url.as_str().len() > MAX_CHARS {
        return Err(Invalid::new(format!("The URL, encoded, has more than {MAX_CHARS} characters."), fix));
    }
    Ok(url)
}

/// Whether its host is a name or an address, and means nothing else where it is named in a page's policy: there `;` begins a
/// directive, and `*` is every host. A name in other letters is `xn--…` by now.
pub fn check_host(url: &Url) -> Result<(), Invalid> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let foreign = match url.host() {
        Some(Host::Domain(name)) => name.chars().find(|c| !in_name(*c)),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => None,
    };
    let Some(foreign) = foreign else { return Ok(()) };
    let fix = "Write the whole name of one host, such as \"app.example.com\".";
    Err(Invalid::new(
        format!("The host has {foreign:?}, and a host's name has letters, digits, \".\", \"-\" and \"_\"."),
        fix,
    ))
}

/// Whether every parser reads the text of a URL the same way. If not, the error contains `fix`.
pub fn check_text(text: &str, fix: &str) -> Result<(), Invalid> {
    if text.chars().count() > MAX_CHARS {
        return Err(Invalid::new(format!("The URL has more than {MAX_CHARS} characters."), fix));
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(Invalid::new("The URL has a space, a control character or a backslash.", fix));
    }
    Ok(())
}

/// Whether `url` lies under `prefix`: same scheme, host and port, and the prefix's path ends at a `/` of the
/// URL's path, so that `/app` covers `/app/x` but not `/apple`.
pub fn is_under(url: &Url, prefix: &Url) -> bool {
    let same_place = url.scheme() == prefix.scheme()
        && url.host_str() == prefix.host_str()
        && url.port_or_known_default() == prefix.port_or_known_default();
    // A server that decodes %2e%2e and %2f would leave the prefix.
    let encoded_path = url.path().to_ascii_lowercase();
    let climbs =
        encoded_path.contains("%2e%2e") || encoded_path.contains("%2f") || encoded_path.contains("%5c");
    let base = prefix.path().trim_end_matches('/');
    let under = base.is_empty()
        || url.path().strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    same_place && under && (base.is_empty() || !climbs)
}

/// The return URL with its reason. An older reason is replaced; everything else stays exactly as it was.
pub fn with_reason(url: &Url, reason: Reason) -> Url {
    let mut with_reason = url.clone();
    with_reason.set_query(Some(&query_with(url, "reason", reason.name())));
    with_reason
}

/// The URL's query with one parameter set, and the others as they were. `name` and `value` must need no encoding; none
/// of ours does.
pub fn query_with(url: &Url, name: &str, value: &str) -> String {
    let is_other = |pair: &&str| pair.split('=').next() != Some(name) && !pair.is_empty();
    let former = url.query().unwrap_or_default();
    let mut query = String::with_capacity(former.len() + name.len() + value.len() + 2);
    for pair in former.split('&').filter(is_other) {
        query.push_str(pair);
        query.push('&');
    }
    for part in [name, "=", value] {
        query.push_str(part);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        parse_http_url(text).expect("a valid URL")
    }

    /// `tests/testdata/open_redirects.txt`: what attackers put where a return URL is expected.
    #[test]
    fn no_open_redirect_of_the_corpus_passes() {
        let prefix = url("https://app.example.com/");
        let corpus = include_str!("../../tests/testdata/open_redirects.txt");
        let mut tried = 0;
        for line in corpus.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()) {
            let text = line
                .replace("<CR>", "\r")
                .replace("<LF>", "\n")
                .replace("<TAB>", "\t")
                .replace("<NUL>", "\0");
            let passes = parse_http_url(&text).is_ok_and(|url| is_under(&url, &prefix));
            assert!(!passes, "an open redirect passes: {line}");
            tried += 1;
        }
        assert!(tried > 50, "the corpus is missing");
    }

    #[test]
    fn under_a_prefix_by_whole_segments() {
        let table = [
            ("https://app.example.com/", "https://app.example.com", true),
            ("https://app.example.com/", "https://app.example.com/a/b?c=d#e", true),
            ("https://app.example.com/", "https://app.example.com:443/a", true),
            ("https://app.example.com/", "https://APP.example.com/a", true),
            ("https://app.example.com/", "http://app.example.com/a", false),
            ("https://app.example.com/", "https://app.example.com:8443/a", false),
            ("https://app.example.com/", "https://app.example.com.evil.example/", false),
            ("https://app.example.com/app", "https://app.example.com/app", true),
            ("https://app.example.com/app", "https://app.example.com/app/x", true),
            ("https://app.example.com/app/", "https://app.example.com/app", true),
            ("https://app.example.com/app", "https://app.example.com/apple", false),
            ("https://app.example.com/app", "https://app.example.com/app/../admin", false),
            ("https://app.example.com/app", "https://app.example.com/app/%2e%2e/admin", false),
            ("https://app.example.com/app", "https://app.example.com/app/..%2fadmin", false),
            ("https://app.example.com/app", "https://app.example.com/app/%252e", true),
        ];
        for (prefix, candidate, expected) in table {
            assert_eq!(is_under(&url(candidate), &url(prefix)), expected, "{candidate} under {prefix}");
        }
    }

    #[test]
    fn the_reason_joins_the_query_and_all_else_stays() {
        let table = [
            ("https://a.example/", "https://a.example/?reason=session_expired"),
            (
                "https://a.example/b?x=1&y=%20z+w#top",
                "https://a.example/b?x=1&y=%20z+w&reason=session_expired#top",
            ),
            (
                "https://a.example/?reason=session_missing&x=1",
                "https://a.example/?x=1&reason=session_expired",
            ),
            ("https://a.example/?reasons=1", "https://a.example/?reasons=1&reason=session_expired"),
            ("https://a.example/?", "https://a.example/?reason=session_expired"),
        ];
        for (before, after) in table {
            assert_eq!(with_reason(&url(before), Reason::SessionExpired).as_str(), after);
        }
    }

    #[test]
    fn length_is_limited() {
        let of = |chars: usize| format!("https://a.example/{}", "a".repeat(chars - 18));
        assert!(parse_http_url(&of(2_000)).is_ok());
        assert!(parse_http_url(&of(2_001)).is_err());
    }
}
