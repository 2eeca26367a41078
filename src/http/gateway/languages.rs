//! The languages of the pages. Each is a file in `languages/`.
//!
//! Owns: reading the files, and the choice for a browser (`Accept-Language`, RFC 4647 section 3.4). To add a
//! language, add a file and `touch` this one: the compiler does not watch the folder.
//! Must not know: what a page looks like.

use std::cmp::Reverse;

use actix_web::HttpRequest;
use actix_web::http::header::{AcceptLanguage, Header, LanguageTag, Quality};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/http/gateway/languages");
/// The language for browsers that ask for none of ours.
const DEFAULT: &str = "en";

/// Every text that a person may read. `{user}` stands for the person whose session it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// For HTML's `lang` (BCP 47).
    pub tag: String,
    /// Before the request's id.
    pub reference: String,
    /// The landing page.
    pub landing: LandingTexts,
    /// The same page when it asks.
    pub confirm: ConfirmTexts,
    /// A further line of it.
    pub replaces: ReplacesTexts,
    /// An end of a session.
    pub session_expired: HomeTexts,
    /// No session.
    pub session_missing: HomeTexts,
    /// A ticket that opens nothing.
    pub link_used: HomeTexts,
    /// The portal is switched off.
    pub portal_disabled: Texts,
    /// A permission is missing.
    pub no_access: Texts,
    /// The person is signed in in too many places.
    pub too_many_sessions: Texts,
    /// An outage.
    pub service_unavailable: Texts,
    /// An address that leads nowhere.
    pub not_found: Texts,
    /// Everything else.
    pub something_wrong: Texts,
}

/// A message, with one action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// What happened.
    pub title: String,
    /// What to do.
    pub text: String,
    /// Of the button.
    pub action: String,
}

/// [`Texts`] of a page that leads home.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeTexts {
    /// What happened.
    pub title: String,
    /// What to do.
    pub text: String,
    /// Of the button.
    pub action: String,
    /// What to do if no home is known.
    pub alone: String,
}

/// Of the landing page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandingTexts {
    /// What this page is.
    pub title: String,
    /// While it continues by itself.
    pub text: String,
    /// While it waits for the button.
    pub text_button: String,
    /// Of the button.
    pub action: String,
}

/// Of the landing page when it asks whether the person is who the session is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTexts {
    /// The question.
    pub title: String,
    /// What the answer does.
    pub text: String,
    /// Yes.
    pub action: String,
    /// No.
    pub way_out: String,
}

/// Where somebody else's session would be replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplacesTexts {
    /// Who is signed in.
    pub text: String,
}

/// All languages there are.
pub struct Languages {
    /// By the primary subtag that browsers ask for.
    by_name: Vec<(String, Language)>,
    default: usize,
}

impl Languages {
    /// Reads the embedded files; an error names the one that cannot be read.
    pub fn load() -> Result<Self, String> {
        let mut by_name = Vec::new();
        for file in FILES.files() {
            let path = file.path().display();
            let name = file.path().file_stem().and_then(|name| name.to_str());
            let (Some(name), Some(text)) = (name, file.contents_utf8()) else {
                return Err(format!("{path} is no text"));
            };
            let language = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
            by_name.push((name.to_owned(), language));
        }
        let default = by_name.iter().position(|(name, _)| name == DEFAULT);
        Ok(Languages { default: default.ok_or("there is no default language")?, by_name })
    }

    /// The language that this browser's user prefers.
    pub fn of(&self, request: &HttpRequest) -> &Language {
        let asked = AcceptLanguage::parse(request).map(|header| header.0).unwrap_or_default();
        let mut wanted: Vec<_> = asked.iter().filter(|asked| asked.quality > Quality::ZERO).collect();
        // The sort is stable: of two with the same weight, the first counts.
        wanted.sort_by_key(|asked| Reverse(asked.quality));
        let named = wanted.iter().filter_map(|asked| asked.item.item());
        let mut found =
            named.filter_map(|tag| self.by_name.iter().find(|(name, own)| fits(tag, name, &own.tag)));
        let (_, language) = found.next().unwrap_or(&self.by_name[self.default]);
        language
    }
}

/// Whether a browser that asks for `asked` can be given the language `name`, whose script is `own`.
fn fits(asked: &LanguageTag, name: &str, own: &str) -> bool {
    let own_script = own.split('-').find(|part| part.len() == 4);
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    same(asked.primary_language(), name)
        && own_script.is_none_or(|own| script_of(asked).is_none_or(|asked| same(asked, own)))
}

/// The script that is named or that follows from the region. Chinese is written in two, and few people like to read the
/// other.
fn script_of(tag: &LanguageTag) -> Option<&str> {
    let is_traditional = |region: &str| ["TW", "HK", "MO"].iter().any(|own| own.eq_ignore_ascii_case(region));
    tag.script().or_else(|| tag.region().filter(|region| is_traditional(region)).map(|_| "Hant"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn every_file_has_every_text_and_its_places() {
        let languages = Languages::load().expect("the languages load");
        let names: Vec<&str> = languages.by_name.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["en", "de", "fr", "es", "pt", "ja", "zh"] {
            assert!(names.contains(&name), "{name} is missing");
        }
        for (name, language) in &languages.by_name {
            assert!(language.tag == *name || language.tag.starts_with(&format!("{name}-")), "{name}");
            for text in [&language.confirm.title, &language.confirm.text, &language.replaces.text] {
                assert_eq!(text.matches("{user}").count(), 1, "{name}: {text}");
            }
            let debug = format!("{language:?}");
            assert!(!debug.contains("\"\""), "{name} has an empty text");
        }
    }

    #[test]
    fn the_browser_decides() {
        let languages = Languages::load().expect("the languages load");
        for (accepted, expected) in [
            ("de", "de"),
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("pt-BR", "pt"),
            ("ZH-CN", "zh-Hans"),
            ("zh", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-Hans-TW", "zh-Hans"),
            ("zh-TW", "en"),
            ("zh-hant", "en"),
            ("zh-Hant-CN", "en"),
            ("zh-HK,zh;q=0.8", "zh-Hans"),
            ("zh-TW,ja;q=0.5,en;q=0.2", "ja"),
            ("zh-mo, de;q=0.1", "de"),
            ("de;q=0", "en"),
            ("de;q=0, fr;q=0.1", "fr"),
            ("de;q=0.000,*;q=0.5", "en"),
            ("de-Latn-DE", "de"),
            ("fr;q=0.5,de;q=0.5", "fr"),
            ("nl,ja;q=0.5,fr;q=0.7", "fr"),
            ("nl", "en"),
            ("*", "en"),
            ("", "en"),
            ("\"; drop table", "en"),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, accepted)).to_http_request();
            assert_eq!(languages.of(&request).tag, expected, "{accepted}");
        }
        assert_eq!(languages.of(&TestRequest::default().to_http_request()).tag, "en");
    }
}
