//! Characters in a secret that nobody sees, and that make another secret of it.
//!
//! Owns: which these are. Windows' editors put a byte order mark at the beginning of a file, `printf '%s\0'` and some APIs leave
//! a NUL at the end, and what is copied from a page may hold a space without width.
//! Must not know: what a secret is for. White space is judged where it is known whether it may be meant.

use crate::domain::shown_text::is_unfit;

/// Such as `U+FEFF (a byte order mark)`; nothing of the secret.
pub fn in_secret(text: &str) -> Option<String> {
    let is_nowhere = |character: &char| is_unfit(*character) && !character.is_whitespace();
    // Within a text they join letters and signs, of some scripts and of emoji.
    let is_joiner = |character: &char| matches!(character, '\u{ad}' | '\u{200c}'..='\u{200f}');
    let at_end = [text.chars().next(), text.chars().next_back()].into_iter().flatten().find(is_joiner);
    text.chars().find(is_nowhere).or(at_end).map(named)
}

fn named(character: char) -> String {
    let what = match character {
        '\0' => " (NUL)",
        '\u{200b}' => " (a space without width)",
        '\u{feff}' => " (a byte order mark)",
        _ => "",
    };
    format!("U+{:04X}{what}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_found_and_what_is_written_is_not() {
        for good in ["", "p4ss word", " p\t", "Zoë", "👩‍👩‍👧", "❤\u{fe0f}", "می‌خواهم"]
        {
            assert_eq!(in_secret(good), None, "{good:?}");
        }
        for (bad, name) in [
            ("\u{feff}x", "U+FEFF (a byte order mark)"),
            ("x\0", "U+0000 (NUL)"),
            ("x\u{200b}y", "U+200B (a space without width)"),
            ("x\u{200d}", "U+200D"),
            ("\u{200e}x", "U+200E"),
            ("x\u{2060}", "U+2060"),
            ("x\u{1b}y", "U+001B"),
        ] {
            assert_eq!(in_secret(bad).as_deref(), Some(name), "{bad:?}");
        }
    }
}
