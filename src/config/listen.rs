//! Where a gateway listens, for those who only want to ask it something.
//!
//! Owns: finding that address in a configuration that may be bad by now: a running gateway has refused it and goes on, and
//! whoever asks must not take it for dead.
//! Must not know: any other key.

use std::net::SocketAddr;

use super::document::text_at;

const SECTION: &str = "server";
const KEY: &str = "listen";
/// The variable that tells it too.
pub const VARIABLE: &str = "VESTIBULE__SERVER__LISTEN";

/// Of the variable, the file, or the defaults, whichever tells it first.
pub fn address_in(variable: Option<&str>, file: Option<&str>, defaults: &str) -> Option<SocketAddr> {
    let told_in = |text: &str| text_at(text, SECTION, KEY)?.parse().ok();
    let variable = variable.and_then(|text| text.trim_matches('"').parse().ok());
    variable.or_else(|| file.and_then(told_in)).or_else(|| told_in(defaults))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_whatever_the_rest_looks_like() {
        let found = |variable: Option<&str>, file: Option<&str>| {
            address_in(variable, file, "[server]\nlisten = \"127.0.0.1:8080\"")
                .map(|address| address.to_string())
                .unwrap_or_default()
        };
        let good = "[server]\nlisten = \"0.0.0.0:9000\"\n";
        for (variable, file, expected) in [
            (None, None, "127.0.0.1:8080"),
            (None, Some(good), "0.0.0.0:9000"),
            (Some("[::]:9001"), Some(good), "[::]:9001"),
            (
                None,
                Some("server.listen = \"0.0.0.0:9000\"\n[store]\nurl = \"mongodb://\"\nuri = 1"),
                "0.0.0.0:9000",
            ),
            (None, Some("[server]\nlisten = \"0.0.0.0:9000\"\nsecret = \"cut o"), "0.0.0.0:9000"),
            (None, Some("nonsense here\n[server]\nlisten = \"0.0.0.0:9000\"\n[[workspaces]"), "0.0.0.0:9000"),
            (None, Some("[server]\nlisten = \"nowhere\""), "127.0.0.1:8080"),
            (None, Some("this is no TOML"), "127.0.0.1:8080"),
        ] {
            assert_eq!(found(variable, file), expected, "{variable:?} {file:?}");
        }
    }
}
