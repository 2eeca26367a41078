//! Texts as JSON.
//!
//! Owns: that a text is looked at eight bytes at a time for what must be escaped, and that most need nothing more.
//! Must not know: what a text says, or where it stands.

use serde::Serialize;

/// Adds a text in its quotes.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    if must_be_escaped(text.as_bytes()) {
        return write(out, text);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Adds any value, as `serde_json` does.
pub fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // What the gateway writes so is text or a number, and neither can fail.
    let _ = serde_json::to_writer(out, value);
}

fn must_be_escaped(bytes: &[u8]) -> bool {
    // Some of the last eight are looked at twice, so that none is left over.
    let (words, last) = (bytes.as_chunks().0, bytes.last_chunk());
    match last {
        Some(last) => {
            words.iter().fold(special_among(*last), |found, word| found | special_among(*word)) != 0
        }
        None => bytes.iter().any(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\'),
    }
}

/// Has a bit if one of the eight is a control character, a quote or a backslash (Sean Eron Anderson, "Bit Twiddling Hacks":
/// `hasless` and `hasvalue`).
fn special_among(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHEST_BITS: u64 = ONES << 7;
    let word = u64::from_ne_bytes(bytes);
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, b' ') | equal(b'"') | equal(b'\\')) & HIGHEST_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte that a text can have, at every place of a word and behind it.
    #[test]
    fn a_text_is_written_as_serde_json_writes_it() {
        let characters = (0..=0xff_u32).chain([0x2028, 0x1f600]).filter_map(char::from_u32);
        for character in characters {
            for before in 0..=17 {
                for after in [0, 1, 9] {
                    let text = format!("{}{character}{}", "a".repeat(before), "é".repeat(after));
                    let mut out = b"x".to_vec();
                    write_text(&mut out, &text);
                    let expected = format!("x{}", serde_json::to_string(&text).expect("a text"));
                    assert_eq!(String::from_utf8(out).expect("a text"), expected);
                }
            }
        }
    }
}
