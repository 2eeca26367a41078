//! The Lua scripts, and how they are called.
//!
//! Owns: each script's text and hash. Every script is safe to repeat after a lost reply. It is called by its hash; a
//! server that does not know it yet is sent the text (`link/lanes.rs`).
//! Must not know: connections, sessions.

use std::sync::LazyLock;

use redis::{Cmd, ToRedisArgs};

use crate::domain::ports::Position;

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
    ($file:literal, [$($part:literal),*]) => {
        concat!(
            $(include_str!(concat!("scripts/parts/", $part, ".lua")), "\n",)*
            include_str!(concat!("scripts/", $file)),
        )
    };
}

macro_rules! script {
    ($name:ident, $file:literal, [$($part:literal),*]) => {
        pub static $name: LazyLock<Script> = LazyLock::new(|| Script::new(source!($file, [$($part),*])));
    };
}

macro_rules! telling_script {
    ($name:ident, $file:literal, [$($part:literal),+]) => {
        pub static $name: LazyLock<TellingScript> = LazyLock::new(|| TellingScript {
            with_history: Script::new(source!($file, ["record", "history", $($part),+])),
            without: Script::new(source!($file, ["record", "no_history", $($part),+])),
        });
    };
}

// Each has only the parts it needs, because Redis creates their functions anew in every call.
telling_script!(
    CREATE,
    "create.lua",
    ["replication", "keep", "member", "known", "oldest", "expiry", "key", "prune", "count"]
);
telling_script!(
    EXCHANGE,
    "exchange.lua",
    ["replication", "member", "keep", "touch", "fate", "idle", "expiry", "key", "room", "append"]
);
telling_script!(
    OPEN,
    "open.lua",
    [
        "keep", "member", "known", "oldest", "expiry", "key", "prune", "count", "touch", "idle", "room",
        "append"
    ]
);
telling_script!(FATE, "fate.lua", ["member", "bury", "fate", "demoted"]);
telling_script!(REMOVE, "remove.lua", ["replication", "member", "key", "index", "bury", "touch"]);
telling_script!(
    REVOKE_ALL,
    "revoke_all.lua",
    ["replication", "member", "key", "index", "bury", "touch", "oldest", "tried"]
);
script!(USE, "use.lua", ["record", "demoted"]);
script!(BY_HANDLE, "by_handle.lua", ["replication", "member", "key", "index", "touch"]);
script!(SECRET, "secret.lua", []);
script!(PORTALS, "portals.lua", []);
script!(READY, "ready.lua", []);
script!(LIST, "list.lua", ["member", "key", "index"]);
script!(NOTE, "note.lua", ["record", "history"]);
script!(EXPLAIN, "explain.lua", ["record", "history", "member", "key", "index", "fate"]);

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
    pub fn on(&'static self, keys: Vec<String>) -> ScriptCall {
        ScriptCall { script: self, keys, arguments: Vec::new() }
    }
}

/// A script with its keys and arguments.
pub struct ScriptCall {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl ScriptCall {
    /// One more argument.
    pub fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        argument.write_redis_args(&mut self.arguments);
        self
    }

    /// The same call with further keys.
    pub fn with_keys(&self, further: &[String]) -> Self {
        let keys = self.keys.iter().chain(further).cloned().collect();
        ScriptCall { script: self.script, keys, arguments: self.arguments.clone() }
    }

    /// Whether it may touch more keys than the first, which is the index.
    pub fn names_records(&self) -> bool {
        self.keys.len() > 1
    }

    pub fn first_key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    pub fn by_hash(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    pub fn with_source(&self) -> Cmd {
        self.command("EVAL", self.script.source)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}

/// A place in a user's list as the scripts take it; both empty without one.
pub fn words_of(position: Option<Position>) -> (String, String) {
    let words = |at: Position| (at.created_at_ms.to_string(), at.suffix.as_str().to_owned());
    position.map(words).unwrap_or_default()
}
