//! Reads how a portal's hosted pages look: `display_name`, `logo_url` and `primary_color`.
//!
//! Owns: their rules. A logo is the only thing that such a page may load from elsewhere.
//! Must not know: where they are shown.

use url::Url;

use crate::domain::appearance::{Appearance, Color};
use crate::domain::invalid::Invalid;
use crate::domain::return_url::check_host;
use crate::fields::{Fields, parsed, shown_text};

/// The most bytes of an embedded logo, which is sent with every page.
const MAX_LOGO_CHARS: usize = 16 * 1024;

/// All three; each may be left out.
pub fn read_appearance(fields: &mut Fields<'_, '_>) -> Appearance {
    Appearance {
        display_name: fields.optional("display_name", shown_text(1, 80)).map(str::to_owned),
        logo_url: fields.optional("logo_url", parsed(parse_logo)),
        primary_color: fields.optional("primary_color", parsed(Color::parse)),
    }
}

/// Not plain http: an https page would not show it, except from this machine.
fn parse_logo(logo: &str) -> Result<Url, Invalid> {
    let fix = "Use \"https://…\", or embed the image: \"data:image/png;base64,…\".";
    let url = Url::parse(logo).map_err(|error| Invalid::new(format!("The URL is invalid: {error}."), fix))?;
    let accepted = match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1")),
        "data" => logo.starts_with("data:image/") && logo.len() <= MAX_LOGO_CHARS,
        _ => false,
    };
    if !url.username().is_empty() || url.password().is_some() {
        let fix = "Take it out: everybody who sees the page could read it, and browsers do not send it.";
        return Err(Invalid::new("The URL must not have user info before its host.", fix));
    }
    if !accepted {
        return Err(Invalid::new("A logo is an image on https, or a small one embedded.", fix));
    }
    check_host(&url)?;
    Ok(url)
}
