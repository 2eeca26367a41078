//! Texts that people, lists and headers show: names, identifiers, addresses.
//!
//! Owns: which characters they may hold: none that is invisible, and none that changes how the text around it reads.
//! Letters that look alike are allowed, because a text is its writer's own.
//! Must not know: any particular text.

use email_address::{EmailAddress, Options};

use super::invalid::Invalid;

/// Whether a character must not stand in a shown text. Joiners and direction marks may: Persian, Hindi, Hebrew and
/// emoji are written with them.
pub fn is_unfit(character: char) -> bool {
    let ends_line = matches!(character, '\u{2028}' | '\u{2029}');
    let turns_direction = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let has_no_width = matches!(character, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    // Tags spell out a second text that nobody sees.
    let is_tag = matches!(character, '\u{e0000}'..='\u{e007f}');
    character.is_control() || ends_line || turns_direction || has_no_width || is_tag
}

/// A text that may be shown and is not blank.
pub fn check(text: &str) -> Result<(), Invalid> {
    // As nearly all identifiers are.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    if let Some(unfit) = text.chars().find(|character| is_unfit(*character)) {
        let message =
            format!("The text has the character U+{:04X}, which cannot be shown.", u32::from(unfit));
        let fix = "Leave out control characters, line breaks, and what changes the direction of the text.";
        return Err(Invalid::new(message, fix));
    }
    let is_seen = |character: char| !character.is_whitespace() && !leaves_no_ink(character);
    if text.chars().any(is_seen) {
        return Ok(());
    }
    Err(Invalid::new("The text is blank.", "Write something that can be seen."))
}

/// Soft hyphens, joiners, direction marks, fillers, the blank of braille, and what only chooses the form of a letter.
fn leaves_no_ink(character: char) -> bool {
    let joins = matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200c}'..='\u{200f}');
    let fills = matches!(character, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}');
    joins || fills || matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// An address for mail (RFC 5321, with the letters of all languages); without a name beside it.
pub fn check_email(text: &str) -> Result<(), Invalid> {
    check(text)?;
    let options = Options::default().without_display_text().without_domain_literal();
    // The crate takes white space of other scripts for letters.
    if !text.contains(char::is_whitespace) && EmailAddress::parse_with_options(text, options).is_ok() {
        return Ok(());
    }
    let fix = "Use an address such as \"jane@example.com\", or leave the field out.";
    Err(Invalid::new("This is no email address.", fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_shown() {
        for good in
            ["user_123", " a ", "Zoë", "李", "می‌خواهم", "👩‍👩‍👧", "a\u{200f}b", "|", "<script>", "\u{ac00}"]
        {
            assert!(check(good).is_ok(), "{good:?}");
        }
        let unfit = "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9f}\u{200b}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}";
        for bad in unfit.chars().map(|character| format!("a{character}b")) {
            assert!(check(&bad).is_err(), "{bad:?}");
        }
        for blank in
            ["", " ", "\u{a0}", "\u{3000}", "\u{200d}", " \u{200e}\u{ad}", "\u{3164}", "\u{2800}\u{fe0f}"]
        {
            assert!(check(blank).is_err(), "{blank:?}");
        }
    }

    #[test]
    fn addresses() {
        for good in [
            "jane@example.com",
            "j.doe+x@mail.example.co.uk",
            "o'brien@example.com",
            "jörg@bücher.example",
            "用户@例子.广告",
            "root@localhost",
        ] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            " ",
            "jane",
            "jane@",
            "@example.com",
            "a@b@example.com",
            "jane@example..com",
            "a b@example.com",
            "\"a b\"@example.com",
            "Jane <jane@example.com>",
            "jane@[127.0.0.1]",
            "jane@example.com\n",
            "jane@exam\u{202e}ple.com",
            "jane\u{3000}@example.com",
            ".jane@example.com",
            "jane@-example.com",
            "jane@example.com.",
            &long,
        ] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }
}
