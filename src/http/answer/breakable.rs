//! Text in which a long address or identifier may end a line.
//!
//! Owns: where such a word may be broken: after the characters that part it. On a phone it would break between any two letters
//! otherwise, and nobody could read whose session it is.
//! Must not know: what the text says.

use std::fmt;

use askama::filters::{Html, HtmlSafe, escape};

/// Shorter words fit on any line, also of a heading on a phone.
const LONG_WORD_CHARS: usize = 12;
const PARTING: [char; 8] = ['@', '.', ',', '-', '_', '+', '/', ':'];

/// Text as HTML.
pub struct Breakable(pub String);

impl HtmlSafe for Breakable {}

impl fmt::Display for Breakable {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = escape(&self.0, Html).map_err(|_| fmt::Error)?;
        form.write_str(&with_breaks(&escaped.to_string()))
    }
}

/// The same of text that is HTML already, without elements. (No reference such as `&amp;` has a character that parts.)
pub fn with_breaks(escaped: &str) -> String {
    let mut html = String::with_capacity(escaped.len());
    for word in escaped.split_inclusive([' ', '\n']) {
        if word.chars().count() <= LONG_WORD_CHARS {
            html.push_str(word);
            continue;
        }
        for (index, part) in word.split_inclusive(PARTING).enumerate() {
            html.push_str(if index == 0 { "" } else { "<wbr>" });
            html.push_str(part);
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_word_may_be_broken_and_only_where_it_parts() {
        for (text, html) in [
            ("Continue as jane@a.com?", "Continue as jane@a.com?"),
            (
                "Continue as jane.with.a.long.name@example.com?",
                "Continue as jane.<wbr>with.<wbr>a.<wbr>long.<wbr>name@<wbr>example.<wbr>com?",
            ),
            ("<b>&\"</b>", "&#60;b&#62;&#38;&#34;&#60;/<wbr>b&#62;"),
            ("<script>alert(1)</script>.x", "&#60;script&#62;alert(1)&#60;/<wbr>script&#62;.<wbr>x"),
        ] {
            assert_eq!(Breakable(text.to_owned()).to_string(), html);
        }
    }
}
