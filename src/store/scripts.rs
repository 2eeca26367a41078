//! The Lua scripts.
//!
//! Owns: which there are, and of which parts each is made. Every script is safe to repeat after a lost reply.
//! Must not know: how one is called, connections, sessions.

use std::sync::LazyLock;

use super::script::Script;

/// A script that may tell a session's history what it does. A gateway that keeps none has a script without that part.
pub struct TellingScript {
    with_history: Script,
    without: Script,
}

macro_rules! source {
    ($($text:tt),+) => { concat!($(source!(@ $text)),+) };
    (@ $file:literal) => { concat!(include_str!(concat!("scripts/", $file, ".lua")), "\n") };
    (@ [$condition:literal, $($file:literal),+]) => { concat!($condition, " then\n", source!($($file),+), "end\n") };
}

macro_rules! script {
    ($name:ident, $($file:literal),+) => {
        pub static $name: LazyLock<Script> = LazyLock::new(|| Script::new(source!($($file),+)));
    };
}

macro_rules! telling_script {
    ($name:ident, $($text:tt),+) => {
        pub static $name: LazyLock<TellingScript> = LazyLock::new(|| TellingScript {
            with_history: Script::new(source!("parts/time", "parts/history", $($text),+)),
            without: Script::new(source!("parts/time", "parts/no_history", $($text),+)),
        });
    };
}

// Each has only the parts it needs, because Redis creates their functions anew in every call; and where most calls end early,
// those that the others need come after that.
telling_script!(
    CREATE,
    "parts/epoch",
    "parts/keep",
    "parts/known",
    "create",
    "parts/record",
    "parts/member",
    "parts/oldest",
    "parts/expiry",
    "parts/key",
    "parts/prune",
    "parts/count",
    "create_further"
);
telling_script!(
    EXCHANGE,
    "parts/fence",
    "parts/keep",
    "parts/idle",
    "parts/term",
    "exchange_look",
    [
        "if not is_usual",
        "parts/record",
        "parts/member",
        "parts/age",
        "parts/touch",
        "parts/fate",
        "parts/expiry",
        "parts/key",
        "parts/room",
        "parts/append",
        "exchange_or_not"
    ],
    "exchange"
);
telling_script!(
    OPEN,
    "parts/record",
    "parts/keep",
    "parts/member",
    "parts/known",
    "parts/oldest",
    "parts/expiry",
    "parts/key",
    "parts/prune",
    "parts/count",
    "parts/touch",
    "parts/idle",
    "parts/age",
    "parts/term",
    "parts/room",
    "parts/append",
    "open"
);
telling_script!(FATE, "parts/member", "parts/bury", "parts/fate", "parts/demoted", "fate");
telling_script!(
    REMOVE,
    "parts/replicas",
    "parts/member",
    "parts/key",
    "parts/index",
    "parts/bury",
    "parts/touch",
    "remove"
);
telling_script!(
    REVOKE_ALL,
    "parts/replicas",
    "parts/member",
    "parts/key",
    "parts/index",
    "parts/bury",
    "parts/touch",
    "parts/oldest",
    "parts/tried",
    "revoke_all"
);
script!(USE, "parts/time", "parts/demoted", "use");
script!(BY_HANDLE, "parts/replicas", "parts/member", "parts/key", "parts/index", "parts/touch", "by_handle");
script!(SECRET, "secret");
script!(PORTALS, "portals");
script!(READY, "ready");
script!(LIST, "parts/member", "parts/key", "parts/index", "list");
script!(NOTE, "parts/time", "parts/history", "note");
script!(
    EXPLAIN,
    "parts/time",
    "parts/history",
    "parts/member",
    "parts/key",
    "parts/index",
    "parts/fate",
    "explain"
);

impl TellingScript {
    /// The one with a history, or the one without.
    pub fn telling(&'static self, tells: bool) -> &'static Script {
        if tells { &self.with_history } else { &self.without }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_condition_begins_is_within_it() {
        let source = source!("note", ["if true", "note"]);
        let note = include_str!("scripts/note.lua");
        assert_eq!(source, format!("{note}\nif true then\n{note}\nend\n"));
    }
}
