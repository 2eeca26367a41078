//! The Lua scripts, and how they are called.
//!
//! Owns: each script's text and hash. Every script is safe to repeat after a lost reply. It is called by its hash; a
//! server that does not know it yet is sent the text (`link/lanes.rs`).
//! Must not know: connections, sessions.

use std::sync::LazyLock;

use redis::{Arg, Cmd, ToRedisArgs};

use crate::domain::ports::Position;

/// The command, the script's hash, and how many keys there are.
const BEFORE_KEYS: usize = 3;

/// Most calls have no more, and so are written without taking more memory on the way.
const MANY_WORDS: usize = 16;
const MANY_BYTES: usize = 1024;

/// One script.
pub struct Script {
    source: &'static str,
    hash: String,
}

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

impl Script {
    fn new(source: &'static str) -> Self {
        Script { source, hash: redis::Script::new(source).get_hash().to_owned() }
    }

    /// Every key that the script touches. The first one determines the node of a cluster.
    pub fn on<K: ToRedisArgs>(&'static self, keys: &[K]) -> ScriptCall {
        let mut by_hash = Cmd::with_capacity(MANY_WORDS, MANY_BYTES);
        by_hash.arg("EVALSHA").arg(&self.hash).arg(keys.len());
        for key in keys {
            by_hash.arg(key);
        }
        ScriptCall { script: self, keys: keys.len(), by_hash }
    }
}

/// A script with its keys and arguments.
pub struct ScriptCall {
    script: &'static Script,
    /// How many.
    keys: usize,
    by_hash: Cmd,
}

impl ScriptCall {
    /// One more argument.
    pub fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.by_hash.arg(argument);
        self
    }

    /// The same call with further keys.
    pub fn with_keys(&self, further: &[String]) -> Self {
        let further = further.iter().map(String::as_bytes);
        let mut call = self.script.on(&self.words().take(self.keys).chain(further).collect::<Vec<_>>());
        for argument in self.words().skip(self.keys) {
            call.by_hash.arg(argument);
        }
        call
    }

    /// Whether it may touch more keys than the first, which is the index.
    pub fn names_records(&self) -> bool {
        self.keys > 1
    }

    pub fn first_key(&self) -> &[u8] {
        self.words().take(self.keys).next().unwrap_or_default()
    }

    pub fn by_hash(&self) -> &Cmd {
        &self.by_hash
    }

    pub fn with_source(&self) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.script.source).arg(self.keys);
        for word in self.words() {
            command.arg(word);
        }
        command
    }

    /// The keys, and then the arguments.
    fn words(&self) -> impl Iterator<Item = &[u8]> {
        words_in(&self.by_hash).skip(BEFORE_KEYS)
    }
}

/// The words of a command that has no cursor.
pub fn words_in(command: &Cmd) -> impl Iterator<Item = &[u8]> {
    command.args_iter().filter_map(|word| if let Arg::Simple(word) = word { Some(word) } else { None })
}

/// A place in a user's list as the scripts take it; both empty without one.
pub fn words_of(position: Option<Position>) -> (String, String) {
    let words = |at: Position| (at.created_at_ms.to_string(), at.suffix.as_str().to_owned());
    position.map(words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_after_script(command: &Cmd) -> Vec<&[u8]> {
        words_in(command).skip(2).collect()
    }

    #[test]
    fn a_call_has_the_same_keys_and_arguments_by_hash_and_with_the_source() {
        let call = LIST.on(&["index"]).arg(200).arg("").arg(vec!["a", "b"]);
        let expected: [&[u8]; 6] = [b"1", b"index", b"200", b"", b"a", b"b"];
        assert_eq!(words_after_script(call.by_hash()), expected);
        assert_eq!(words_after_script(&call.with_source()), expected);
        let further = call.with_keys(&["t".into(), "b".into()]);
        let expected: [&[u8]; 8] = [b"3", b"index", b"t", b"b", b"200", b"", b"a", b"b"];
        assert_eq!(words_after_script(further.by_hash()), expected);
        assert_eq!(words_after_script(&further.with_source()), expected);
    }

    #[test]
    fn what_a_condition_begins_is_within_it() {
        let source = source!("note", ["if true", "note"]);
        let note = include_str!("scripts/note.lua");
        assert_eq!(source, format!("{note}\nif true then\n{note}\nend\n"));
    }
}
