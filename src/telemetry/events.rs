//! The events of sessions that programs read in the log: audit lines.
//!
//! Owns: the list of events, the fields of each, and their version. `docs/events.schema.json` describes the same for those
//! who read them; `tests/binary/events.rs` fails if the two differ.
//! Must not know: requests, sessions or stores; it takes plain values. No field ever holds a credential.

use super::direct::info_directly;
use super::dropped::AUDIT_TARGET;

/// Every audit line carries it. It rises when a field is removed, renamed or gets another meaning. A new event, and a new
/// field that may be absent, leave it as it is.
pub const VERSION: u64 = 1;

/// An event's form.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The event's name.
    pub name: &'static str,
    /// Its own fields, besides those that all lines have.
    pub fields: &'static [Field],
}

/// A field of an event.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether every line of the event has it.
    pub is_required: bool,
    /// Its type in JSON.
    pub json_type: &'static str,
}

/// How a type is written.
trait Written {
    const IS_REQUIRED: bool;
    const JSON_TYPE: &'static str;
}

impl Written for &str {
    const IS_REQUIRED: bool = true;
    const JSON_TYPE: &'static str = "string";
}

impl Written for u64 {
    const IS_REQUIRED: bool = true;
    const JSON_TYPE: &'static str = "integer";
}

impl Written for bool {
    const IS_REQUIRED: bool = true;
    const JSON_TYPE: &'static str = "boolean";
}

impl<T: Written> Written for Option<T> {
    const IS_REQUIRED: bool = false;
    const JSON_TYPE: &'static str = T::JSON_TYPE;
}

/// The fields of all events together.
#[derive(Default)]
struct Line<'a> {
    handle: Option<&'a str>,
    portal: Option<&'a str>,
    root_key: Option<&'a str>,
    looks_like: Option<&'a str>,
    reason: Option<&'a str>,
    count: Option<u64>,
    client: Option<&'a str>,
    confirmed: Option<bool>,
}

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal { $($field:ident: $kind:ty),* $(,)? };)*) => {
        /// What happened to a session. `handle`: its public name; `portal`: a slug; `root_key`: the configured id of the
        /// backend's key; `client`: the address, as told by trusted proxies; `confirmed`: false where the caller was told of
        /// an outage, because too few replicas of the store have it in time.
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs)] // The fields are described once, above.
        pub enum SessionEvent<'a> { $($(#[$doc])* $event { $($field: $kind),* },)* }

        impl<'a> SessionEvent<'a> {
            /// Every event with its fields.
            pub const FORMS: &'static [Form] = &[$(Form {
                name: $name,
                fields: &[$(Field {
                    name: stringify!($field),
                    is_required: <$kind as Written>::IS_REQUIRED,
                    json_type: <$kind as Written>::JSON_TYPE,
                }),*],
            },)*];

            fn line(self) -> (&'static str, Line<'a>) {
                match self {
                    $(SessionEvent::$event { $($field),* } => {
                        ($name, Line { $($field: $field.into(),)* ..Line::default() })
                    })*
                }
            }
        }
    };
}

events! {
    /// A backend created one, pending or direct.
    Created = "session.created" { handle: &'a str, portal: &'a str, root_key: &'a str };
    /// The hosted landing showed the page of a ticket. Nothing was spent. `looks_like`: `browser`, `prefetch` or `scanner`.
    Opened = "session.opened" { handle: &'a str, portal: &'a str, looks_like: &'a str, client: Option<&'a str> };
    /// A ticket was spent for a browser session.
    Exchanged = "session.exchanged" { handle: &'a str, portal: &'a str, client: Option<&'a str> };
    /// A credential was refused: a session's, or a root key. `reason`: the true one.
    Refused = "session.refused" { reason: &'a str, handle: Option<&'a str>, client: Option<&'a str> };
    /// A backend revoked `count` sessions: one, or those of a user.
    Revoked = "session.revoked" {
        root_key: &'a str, count: u64, handle: Option<&'a str>, portal: Option<&'a str>, confirmed: Option<bool>,
    };
    /// Its user signed out.
    Ended = "session.ended" { handle: &'a str, portal: &'a str, confirmed: Option<bool> };
    /// It was found to be over because nobody had used it for as long as its idle time-out. Told once.
    Idle = "session.idle" { handle: &'a str };
    /// It was the oldest of as many sessions of its user as the portal allows, and made room for another one.
    Displaced = "session.displaced" { handle: &'a str, portal: &'a str };
    /// A newer session of the same browser took its place.
    Replaced = "session.replaced" { handle: &'a str, portal: &'a str, client: Option<&'a str> };
}

/// Writes one audit line, which also carries the request's id.
pub fn audit(event: SessionEvent<'_>) {
    let (name, line) = event.line();
    info_directly!(
        target: AUDIT_TARGET,
        version = VERSION,
        event = name,
        handle = line.handle,
        portal = line.portal,
        root_key = line.root_key,
        looks_like = line.looks_like,
        reason = line.reason,
        count = line.count,
        client = line.client,
        confirmed = line.confirmed,
    );
}
