//! Where a gateway listens, for those who only want to ask it something.
//!
//! Owns: finding that address in a configuration that may be bad by now: a running gateway has refused it and goes on, and
//! whoever asks must not take it for dead.
//! Must not know: any other key.

use std::net::SocketAddr;

use super::document::text_at;
use super::layers::text_in_environment;

const SECTION: &str = "server";
const KEY: &str = "listen";

/// Of the variables, the file, or the defaults, whichever tells it first.
pub fn address_in(
    variables: impl Iterator<Item = (String, String)>,
    file: Option<&str>,
    defaults: &str,
) -> Option<SocketAddr> {
    let told_in = |text: &str| text_at(text, SECTION, KEY)?.parse().ok();
    let variable = text_in_environment(variables, SECTION, KEY);
    let variable = variable.and_then(|text| text.parse().ok());
    variable.or_else(|| file.and_then(told_in)).or_else(|| told_in(defaults))
}

/// An address on the command line. The parser of the standard library does not say what one looks like.
pub fn typed_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:8080")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DEFAULT, Settings};

    const NAME: &str = "VESTIBULE__SERVER__LISTEN";

    #[test]
    fn the_address_is_found_in_whatever_the_rest_looks_like() {
        let found = |variable: Option<(&str, &str)>, file: Option<&str>| {
            let variables = variable.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter();
            address_in(variables, file, "[server]\nlisten = \"127.0.0.1:8080\"")
                .map(|address| address.to_string())
                .unwrap_or_default()
        };
        let good = "[server]\nlisten = \"0.0.0.0:9000\"\n";
        for (variable, file, expected) in [
            (None, None, "127.0.0.1:8080"),
            (None, Some(good), "0.0.0.0:9000"),
            (Some((NAME, "[::]:9001")), Some(good), "[::]:9001"),
            (Some((NAME, "\"0.0.0.0:9001\"")), Some(good), "0.0.0.0:9001"),
            (Some((NAME, "'0.0.0.0:9001'")), Some(good), "0.0.0.0:9001"),
            (Some(("VESTIBULE__server__Listen", "0.0.0.0:9001")), Some(good), "0.0.0.0:9001"),
            (Some(("vestibule__server__listen", "0.0.0.0:9001")), Some(good), "0.0.0.0:9000"),
            (Some(("VESTIBULE__SERVER__METRICS_LISTEN", "0.0.0.0:9001")), Some(good), "0.0.0.0:9000"),
            (
                None,
                Some("server.listen = \"0.0.0.0:9000\"\n[store]\nurl = \"mongodb://\"\nuri = 1"),
                "0.0.0.0:9000",
            ),
            (None, Some("[server]\nlisten = \"0.0.0.0:9000\"\nsecret = \"cut o"), "0.0.0.0:9000"),
            (None, Some("nonsense here\n[server]\nlisten = \"0.0.0.0:9000\"\n[[workspaces]"), "0.0.0.0:9000"),
            (None, Some("nonsense here\n[server]\nlisten = '0.0.0.0:9000' # all\n[[works"), "0.0.0.0:9000"),
            (None, Some("[server]\nlisten = \"nowhere\""), "127.0.0.1:8080"),
            (None, Some("this is no TOML"), "127.0.0.1:8080"),
        ] {
            assert_eq!(found(variable, file), expected, "{variable:?} {file:?}");
        }
    }

    /// `serve` reads it by way of all layers.
    #[test]
    fn it_is_the_address_that_serve_listens_on() {
        for (name, value) in [
            (NAME, "0.0.0.0:9001"),
            (NAME, "'0.0.0.0:9001'"),
            (NAME, "\"0.0.0.0:9001\""),
            ("VESTIBULE__server__listen", "0.0.0.0:9001"),
            ("VESTIBULE__Server__LISTEN", "[::1]:9001"),
        ] {
            let variables = || std::iter::once((name.to_owned(), value.to_owned()));
            let settings = Settings::from_layers("", variables()).expect(value);
            let asked = address_in(variables(), None, DEFAULT);
            assert_eq!(asked, Some(settings.server.listen), "{name}={value}");
        }
    }
}
