//! What people call a browser, from its `User-Agent`: "Chrome on Windows".
//!
//! Owns: the few names that support needs. A whole user agent is long and personal, and nobody reads it.
//! Must not know: any request. The text is the client's own and proves nothing.

/// Browsers by the token that tells them from those before which they stand: most name others too.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "headless Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The most characters of a program's own name.
const MAX_CHARS: usize = 24;

/// A short name; nothing where the text names none.
pub fn browser_name(user_agent: &str) -> Option<String> {
    let of = |table: &[(&str, &'static str)]| {
        table.iter().find(|(token, _)| user_agent.contains(token)).map(|(_, name)| *name)
    };
    if let Some(browser) = of(&BROWSERS) {
        return Some(of(&SYSTEMS).map_or(browser.to_owned(), |system| format!("{browser} on {system}")));
    }
    // Such as "curl/8.5.0" or "python-requests/2.32".
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let program: String = user_agent.chars().take_while(|c| is_part(*c)).take(MAX_CHARS).collect();
    Some(program).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_people_use() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1";
        let edge = format!("{windows} Edg/143.0.0.0");
        let table = [
            (windows, Some("Chrome on Windows")),
            (mac, Some("Safari on macOS")),
            (iphone, Some("Safari on iPhone")),
            (&edge, Some("Edge on Windows")),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Some("Firefox on Linux"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/143.0.0.0 Mobile Safari/537.36",
                Some("Chrome on Android"),
            ),
            ("curl/8.5.0", Some("curl")),
            ("python-requests/2.32", Some("python-requests")),
            ("Mozilla/5.0 (compatible; scanner)", Some("Mozilla")),
            ("", None),
            ("\u{202e}evil", None),
            (&"x".repeat(300), Some(&"x".repeat(24))),
        ];
        for (user_agent, expected) in table {
            assert_eq!(browser_name(user_agent).as_deref(), expected.map(|name: &str| name), "{user_agent}");
        }
    }
}
