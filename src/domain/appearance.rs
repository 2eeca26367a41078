//! How the gateway's own pages look for a portal: its name, its logo, its colour.
//!
//! Owns: the form of a colour, and which text is readable on it (WCAG 2.2 section 1.4.3).
//! Must not know: HTML, or where a page is shown.

use std::fmt;

use url::Url;

use super::invalid::Invalid;

/// A portal's `display_name`, `logo_url` and `primary_color`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// The name by which people know the portal.
    pub display_name: Option<String>,
    /// An image. Nothing else on a page may be loaded from elsewhere.
    pub logo_url: Option<Url>,
    /// The button's colour.
    pub primary_color: Option<Color>,
}

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    /// The default, for portals without a colour of their own.
    pub const DEFAULT: Color = Color { red: 0x1d, green: 0x4e, blue: 0xd8 };
    const BLACK: Color = Color { red: 0, green: 0, blue: 0 };
    const WHITE: Color = Color { red: 255, green: 255, blue: 255 };

    /// Reads `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new("Expected a colour in hexadecimal digits.", "Write a colour such as \"#1d4ed8\".")
        };
        let digits = text.strip_prefix('#').ok_or_else(invalid)?;
        let digits: Option<Vec<u8>> =
            digits.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
        match *digits.ok_or_else(invalid)?.as_slice() {
            [r, g, b] => Ok(Color { red: r * 17, green: g * 17, blue: b * 17 }),
            [r, r2, g, g2, b, b2] => Ok(Color { red: r * 16 + r2, green: g * 16 + g2, blue: b * 16 + b2 }),
            _ => Err(invalid()),
        }
    }

    /// Black or white, whichever is more readable on this colour. The better of the two has a contrast of at least
    /// 4.58 to 1 on every colour.
    pub fn readable_text(self) -> Color {
        let on = |text: Color| contrast(self, text);
        if on(Color::WHITE) >= on(Color::BLACK) { Color::WHITE } else { Color::BLACK }
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// WCAG 2.2, "contrast ratio": 1 to 21.
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_colour() {
        for (text, expected) in [("#1d4ed8", "#1d4ed8"), ("#FFF", "#ffffff"), ("#0a0", "#00aa00")] {
            assert_eq!(Color::parse(text).expect("a colour").to_string(), expected);
        }
        for bad in ["", "#", "red", "1d4ed8", "#1d4ed", "#1d4ed8ff", "#ggg", "#é00", "#fff;}"] {
            assert!(Color::parse(bad).is_err(), "accepted {bad:?}");
        }
    }

    /// At least 4.5 to 1, as WCAG AA asks for text: on every grey, and on a grid of all colours.
    #[test]
    fn text_on_every_colour_can_be_read() {
        let steps = || (0..=255u8).step_by(15);
        for red in steps() {
            for green in steps() {
                for blue in steps() {
                    let color = Color { red, green, blue };
                    let ratio = contrast(color, color.readable_text());
                    assert!(ratio >= 4.5, "{ratio} on {color}");
                }
            }
        }
        assert_eq!(Color::DEFAULT.readable_text(), Color::WHITE);
        assert_eq!(Color::WHITE.readable_text(), Color::BLACK);
    }
}
