//! Permissions: their grammar, and when one covers another (API.md sections 3 and 4).
//!
//! Owns: the form of a permission and the only matching rule. It limits what a root key may grant, and it decides in
//! `portal.authorize`.
//! Must not know: what any permission means; that is the portal's business.

use smol_str::SmolStr;

use super::invalid::Invalid;

/// The most that one session may be granted.
pub const MAX_PERMISSIONS: usize = 100;
const MAX_CHARS: usize = 256;

const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < allowed.len() {
        let character = byte as u8;
        allowed[byte] =
            character.is_ascii_alphanumeric() || matches!(character, b'_' | b'.' | b':' | b'*' | b'-');
        byte += 1;
    }
    allowed
};

/// One permission, such as `keys:read` or `api.*.read_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission(SmolStr);

impl Permission {
    /// Reads a permission to grant: 1 to 256 of `A-Z a-z 0-9 _ . : * -`, without an empty segment.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let permission = Permission::parse_loosely(text)?;
        if has_empty_segment(text.as_bytes()) {
            return Err(Invalid::new(
                "A permission must not have an empty segment: no : or . at an end, and no two of them together.",
                "Name every segment, as in \"keys:read\" or \"api.*.read_key\".",
            ));
        }
        Ok(permission)
    }

    /// Reads a permission that somebody asks about, or that was granted before empty segments were refused. Nobody
    /// holds one with an empty segment: that is an answer, not an error.
    pub fn parse_loosely(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > MAX_CHARS || !text.bytes().all(|byte| ALLOWED[usize::from(byte)]) {
            return Err(Invalid::new(
                "A permission must have 1 to 256 of the characters A-Z a-z 0-9 _ . : * -",
                "Use a name such as \"keys:read\" or \"api.*.read_key\".",
            ));
        }
        Ok(Permission(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this permission covers `asked`. A `*` alone covers everything. A segment `*` covers any one segment
    /// that is not empty. A `*` in `asked` is literal, so a wildcard is never widened.
    pub fn covers(&self, asked: &Permission) -> bool {
        if &*self.0 == "*" {
            return true;
        }
        let mut held = segments(&self.0);
        let mut asked = segments(&asked.0);
        loop {
            match (held.next(), asked.next()) {
                (None, None) => return true,
                (Some("*"), Some(asked)) if !asked.is_empty() => {}
                (Some(held), Some(asked)) if held == asked => {}
                (Some(_) | None, Some(_) | None) => return false,
            }
        }
    }
}

/// Whether any of `held` covers `asked`.
pub fn any_covers(held: &[Permission], asked: &Permission) -> bool {
    held.iter().any(|permission| permission.covers(asked))
}

/// Faster than to cut them out.
fn has_empty_segment(text: &[u8]) -> bool {
    let mut begins = true;
    for byte in text {
        let ends = matches!(byte, b':' | b'.');
        if begins && ends {
            return true;
        }
        begins = ends;
    }
    begins
}

fn segments(text: &str) -> impl Iterator<Item = &str> {
    text.split([':', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_by_segments() {
        let table = [
            ("*", "anything.at:all", true),
            ("*", "*", true),
            ("keys:read", "keys:read", true),
            ("keys:read", "keys:write", false),
            ("keys:read", "keys:read:all", false),
            ("keys:read:all", "keys:read", false),
            ("api.*.read_key", "api.prod.read_key", true),
            ("api.*.read_key", "api.*.read_key", true),
            ("api.*.read_key", "api.prod.eu.read_key", false),
            ("api.*.read_key", "api.prod.read_keys", false),
            ("api.prod.read_key", "api.*.read_key", false),
            ("*.*", "*", false),
            ("*.*", "keys:read", true),
            ("keys:*", "keys", false),
            ("pre*", "prefix", false),
            ("KEYS:read", "keys:read", false),
            ("api.*.read_key", "api..read_key", false),
            ("*.read", ".read", false),
            ("read:*", "read:", false),
            ("*", "api..read_key", true),
            ("api..read_key", "api..read_key", true),
        ];
        for (held, asked, expected) in table {
            let parse = |text| Permission::parse_loosely(text).expect("a permission");
            assert_eq!(parse(held).covers(&parse(asked)), expected, "{held} covers {asked}");
        }
    }

    #[test]
    fn grammar() {
        for good in ["a", "api.*.read_key", "keys:read", "*", "A-Z_0", &"a".repeat(256)] {
            assert!(Permission::parse(good).is_ok(), "refused {good}");
        }
        for bad in ["", "has space", "käse", "a,b", "a/b", "new\nline", &"a".repeat(257)] {
            assert!(Permission::parse(bad).is_err(), "accepted {bad:?}");
            assert!(Permission::parse_loosely(bad).is_err(), "accepted {bad:?}");
        }
        for bad in [".", ":", "api..read", "api.:read", ":a", "a.", "a:", "*..*"] {
            assert!(Permission::parse(bad).is_err(), "accepted {bad:?}");
            assert!(Permission::parse_loosely(bad).is_ok(), "refused {bad:?}, which a record may hold");
        }
    }
}
