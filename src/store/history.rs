//! The stored form of a session's history, which `scripts/parts/history.lua` writes line by line.
//!
//! Owns: the mapping between lines and the domain's events. A line that cannot be read, such as a later release's, is
//! passed over: nobody is refused because of a history.
//! Must not know: keys, Redis commands.

use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::history::{Happening, HistoryEvent, LooksLike, Origin};
use crate::domain::session::Grant;

/// The letter of an event, and its detail.
pub fn encode(what: &Happening) -> (&'static str, String) {
    match what {
        Happening::Created(origin) => ("c", encode_origin(origin)),
        Happening::Opened(looks_like) => ("o", looks_like.name().to_owned()),
        Happening::Exchanged { browser } => ("x", browser.clone().unwrap_or_default()),
        Happening::Refused(refusal) => ("f", refusal.name().to_owned()),
        Happening::Revoked => ("r", String::new()),
        Happening::Ended => ("e", String::new()),
        Happening::Replaced => ("p", String::new()),
        Happening::Idle => ("i", String::new()),
        Happening::Displaced => ("d", String::new()),
    }
}

/// The detail of a session's first event.
pub fn origin(grant: &Grant, root_key: &str) -> String {
    encode(&Happening::created(grant, root_key)).1
}

/// The detail of an exchange.
pub fn browser(user_agent: Option<&str>) -> String {
    encode(&Happening::exchanged(user_agent)).1
}

/// None of these texts has a control character.
fn encode_origin(origin: &Origin) -> String {
    let Origin { environment, workspace, slug, root_key } = origin;
    [environment.name(), workspace, slug, root_key].join("\t")
}

/// Reads a whole history.
pub fn decode(text: &str) -> Vec<HistoryEvent> {
    text.split('\n').filter_map(decode_line).collect()
}

fn decode_line(line: &str) -> Option<HistoryEvent> {
    let (head, detail) = line.split_once('\t').unwrap_or((line, ""));
    let (letter, time) = head.split_at_checked(1)?;
    let what = match letter {
        "c" => Happening::Created(decode_origin(detail)?),
        "o" => Happening::Opened(LooksLike::ALL.into_iter().find(|it| it.name() == detail)?),
        "x" => Happening::Exchanged { browser: Some(detail.to_owned()).filter(|name| !name.is_empty()) },
        "f" => Happening::Refused(Refusal::from_name(detail)?),
        "r" => Happening::Revoked,
        "e" => Happening::Ended,
        "p" => Happening::Replaced,
        "i" => Happening::Idle,
        "d" => Happening::Displaced,
        _ => return None,
    };
    Some(HistoryEvent { at_ms: time.parse().ok()?, what })
}

fn decode_origin(detail: &str) -> Option<Origin> {
    let mut parts = detail.split('\t');
    Some(Origin {
        environment: Environment::from_name(parts.next()?)?,
        workspace: parts.next()?.into(),
        slug: parts.next()?.into(),
        root_key: parts.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Happening> {
        let origin = Origin {
            environment: Environment::Live,
            workspace: "Acme & Söhne".into(),
            slug: "my-portal".into(),
            root_key: "acme backend".into(),
        };
        let mut all = vec![
            Happening::Created(origin),
            Happening::Exchanged { browser: Some("Chrome on Windows".into()) },
            Happening::Exchanged { browser: None },
            Happening::Revoked,
            Happening::Ended,
            Happening::Replaced,
            Happening::Idle,
            Happening::Displaced,
        ];
        all.extend(LooksLike::ALL.map(Happening::Opened));
        all.extend(Refusal::ALL.iter().copied().map(Happening::Refused));
        all
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let line = |at_ms: u64, what: &Happening| match encode(what) {
            (letter, detail) if detail.is_empty() => format!("{letter}{at_ms}"),
            (letter, detail) => format!("{letter}{at_ms}\t{detail}"),
        };
        let events: Vec<HistoryEvent> =
            (1_742_000_000_000..).zip(all()).map(|(at_ms, what)| HistoryEvent { at_ms, what }).collect();
        let lines: Vec<String> = events.iter().map(|event| line(event.at_ms, &event.what)).collect();
        assert_eq!(decode(&lines.join("\n")), events);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let text = "\nq1742000000000\tlater\nx\nxx\né1\nf1742000000001\tno_such_reason\nc1\tlive\tacme\nr1742000000002\tlater\n";
        let read = decode(text);
        assert_eq!(read, [HistoryEvent { at_ms: 1_742_000_000_002, what: Happening::Revoked }]);
    }
}
