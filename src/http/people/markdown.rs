//! Markdown of the repository as HTML of the gateway.
//!
//! Owns: that headings can be linked to, by the same names as on the sites that show repositories; that links lead to where
//! a document is at the gateway; that a long identifier may end a line; that long code scrolls by itself, also by keyboard.
//! Must not know: which documents there are.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

use super::library::address_of;
use crate::http::answer::breakable::Breakable;

/// A page of it.
pub struct Page {
    /// The text of its first heading.
    pub title: String,
    /// The names and texts of its sections, for a table of contents.
    pub sections: Vec<(String, String)>,
    /// All of it.
    pub html: String,
}

/// `name`: the document's place below `docs/`, without the extension.
pub fn page(name: &str, markdown: &str) -> Page {
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let (title, sections) = name_headings(&mut events);
    let mut dropped = Vec::new();
    let events = events.into_iter().filter_map(|event| linked(event, name, &mut dropped));
    let mut content = String::new();
    html::push_html(&mut content, events);
    // A region that scrolls must take the focus, for those who have no mouse.
    let html = content.replace("<pre>", "<pre tabindex=\"0\">");
    Page { title, sections, html }
}

fn name_headings(events: &mut [Event<'_>]) -> (String, Vec<(String, String)>) {
    let (mut title, mut sections, mut names) = (String::new(), Vec::new(), HashMap::new());
    for at in 0..events.len() {
        let Event::Start(Tag::Heading { level, .. }) = &events[at] else { continue };
        let level = *level;
        let of_heading =
            events[at..].iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
        let text: String = of_heading.filter_map(text_of).collect();
        let name = numbered(anchor(&text), &mut names);
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[at] {
            *id = Some(CowStr::from(name.clone()));
        }
        if level == HeadingLevel::H1 && title.is_empty() {
            title = text;
        } else if level == HeadingLevel::H2 {
            sections.push((name, text));
        }
    }
    (title, sections)
}

/// Letters, digits, `_` and `-` in lower case, with a hyphen for each space.
fn anchor(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}

/// A name that was there already gets a number.
fn numbered(name: String, names: &mut HashMap<String, usize>) -> String {
    let earlier = names.entry(name.clone()).or_default();
    *earlier += 1;
    if *earlier == 1 { name } else { format!("{name}-{}", *earlier - 1) }
}

fn text_of<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    if let Event::Text(text) | Event::Code(text) = event { Some(text) } else { None }
}

/// A link that leads nowhere at the gateway is its text, and so is a picture. `dropped`: for each open link, whether it is one
/// of those.
fn linked<'a>(mut event: Event<'a>, name: &str, dropped: &mut Vec<bool>) -> Option<Event<'a>> {
    if let Event::Start(Tag::Link { link_type, dest_url, .. }) = &mut event {
        let is_email = *link_type == LinkType::Email;
        let address = if is_email { Some(dest_url.to_string()) } else { address_of(dest_url, name) };
        dropped.push(address.is_none());
        *dest_url = CowStr::from(address?);
    }
    if let Event::Code(code) = &event {
        let code = Breakable(code.to_string());
        return Some(Event::InlineHtml(format!("<code>{code}</code>").into()));
    }
    let is_of_picture = matches!(event, Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image));
    let is_dropped = matches!(event, Event::End(TagEnd::Link)) && dropped.pop().unwrap_or(false);
    (!is_of_picture && !is_dropped).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_names_and_links_lead_somewhere() {
        let page = page(
            "guides/one",
            "# A `code` title\n\n## What's new?\n\n## What's new?\n\n[a](../api.md#x) [b](../../src) ![c](c.png)\n\n```\nx\n```\n",
        );
        assert_eq!(page.title, "A code title");
        let sections = [("whats-new", "What's new?"), ("whats-new-1", "What's new?")];
        assert_eq!(page.sections, sections.map(|(name, text)| (name.to_owned(), text.to_owned())));
        for part in
            ["<h2 id=\"whats-new-1\">", "<p><a href=\"/docs/api#x\">a</a> b c</p>", "<pre tabindex=\"0\">"]
        {
            assert!(page.html.contains(part), "{part} in {}", page.html);
        }
    }
}
