//! The journal: the requests and answers that the demo pages show.
//!
//! Owns: their form and number, and that no whole credential ever stands in them.
//! Must not know: what a step means.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::visitor::visitor;

/// The most entries that one browser sees.
const MAX_SHOWN: usize = 60;
/// The most entries of all browsers that are kept; older ones are dropped.
const MAX_KEPT: usize = 600;
/// The prefixes of credentials, and how many characters of the rest are shown. The last is how a JWT begins: `{"typ":`.
const CREDENTIALS: [&str; 9] = [
    "rk_live_",
    "rk_test_",
    "pst_live_",
    "pst_test_",
    "ps_live_",
    "ps_test_",
    "pt_live_",
    "pt_test_",
    "eyJ0eXAiO",
];
const SHOWN_CHARS: usize = 4;

/// One entry of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Entry {
    /// What the person did. The steps after it follow from it.
    Action {
        /// In words.
        title: String,
    },
    /// What a program did.
    Step(Step),
}

/// A request with its answer, or something else that is worth telling.
#[derive(Debug, Serialize, Deserialize)]
pub struct Step {
    /// Who did it.
    pub actor: Actor,
    /// In words.
    pub title: String,
    /// Why, in words.
    pub reason: String,
    /// What was sent, if anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What came back, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// The demo app's backend.
    App,
    /// The demo app's page with a component.
    Component,
    /// The demo portal's page.
    Portal,
    /// The browser by itself.
    Browser,
    /// Something that only a playground has.
    Playground,
}

/// What was sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Such as `POST`.
    pub method: String,
    /// The URL it was sent to.
    pub url: String,
    /// The headers that matter.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// What came back.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that matter.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// All entries, oldest first, each with the browser that it belongs to. Both demo servers share one journal, so that the
/// pages of both show a browser the same, and it sees no other's steps.
#[derive(Default)]
pub struct Journal {
    entries: Mutex<VecDeque<(String, Box<RawValue>)>>,
}

impl Journal {
    /// Adds an entry for the browser whose request is being answered.
    pub fn add(&self, entry: &Entry) {
        // Shortened in the text itself, so that it does not matter which field a credential is in or who sent it.
        let text = serde_json::to_string(entry).map(|text| shortened(&text));
        if let Ok(entry) = text.and_then(RawValue::from_string) {
            let mut entries = self.lock();
            entries.push_back((visitor(), entry));
            let surplus = entries.len().saturating_sub(MAX_KEPT);
            entries.drain(..surplus);
        }
    }

    /// Adds what the person did.
    pub fn action(&self, title: impl Into<String>) {
        self.add(&Entry::Action { title: title.into() });
    }

    /// The newest entries of the browser whose request is being answered.
    pub fn entries(&self) -> Vec<Box<RawValue>> {
        let (whose, entries) = (visitor(), self.lock());
        let own: Vec<_> = entries.iter().filter(|(visitor, _)| *visitor == whose).collect();
        let newest = &own[own.len().saturating_sub(MAX_SHOWN)..];
        newest.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// Removes them.
    pub fn clear(&self) {
        let whose = visitor();
        self.lock().retain(|(visitor, _)| *visitor != whose);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Box<RawValue>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text, with every credential in it cut short.
pub fn shortened(text: &str) -> String {
    let (mut result, mut rest) = (String::with_capacity(text.len()), text);
    let secret_in = |rest: &str| CREDENTIALS.iter().filter_map(|it| Some(rest.find(it)? + it.len())).min();
    while let Some(start) = secret_in(rest) {
        let secret = &rest[start..];
        let ends = |c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c);
        let end = secret.find(ends).unwrap_or(secret.len());
        result.push_str(&rest[..start + end.min(SHOWN_CHARS)]);
        if end > SHOWN_CHARS {
            result.push('…');
        }
        rest = &secret[end..];
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_short_wherever_they_stand() {
        for (text, expected) in [
            ("nothing here", "nothing here"),
            ("Bearer rk_live_abcdefgh", "Bearer rk_live_abcd…"),
            ("/?session=pst_test_abcdefgh&x=1#y", "/?session=pst_test_abcd…&x=1#y"),
            (
                r#"{"a":"ps_live_abcdefgh","b":"rk_test_abcdefgh"}"#,
                r#"{"a":"ps_live_abcd…","b":"rk_test_abcd…"}"#,
            ),
            ("Bearer pt_live_abcdefgh", "Bearer pt_live_abcd…"),
            (r#"{"token":"eyJ0eXAiOiJKV.eyJzd-_WI.c2ln"}"#, r#"{"token":"eyJ0eXAiOiJKV…"}"#),
            ("rk_live_abcd", "rk_live_abcd"),
            ("rk_live_", "rk_live_"),
            ("sess_abcdefgh is no credential", "sess_abcdefgh is no credential"),
            ("rk_live_é", "rk_live_é"),
        ] {
            assert_eq!(shortened(text), expected);
        }
    }

    #[test]
    fn the_oldest_entries_are_not_shown() {
        let journal = Journal::default();
        for number in 0..=MAX_SHOWN {
            journal.action(format!("action {number}"));
        }
        let entries = journal.entries();
        assert_eq!(entries.len(), MAX_SHOWN);
        assert_eq!(entries[0].get(), r#"{"kind":"action","title":"action 1"}"#);
    }
}
