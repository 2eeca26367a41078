//! The Lua scripts, and how they are called.
//!
//! Owns: each script's text and hash. Every script is safe to repeat after a lost reply. It is called by its hash; a
//! server that does not know it yet is sent the text (`link/lanes.rs`).
//! Must not know: connections, sessions.

use std::sync::LazyLock;

use redis::{Cmd, ToRedisArgs};

/// One script.
pub struct Script {
    source: &'static str,
    hash: String,
}

macro_rules! script {
    ($name:ident, $file:literal, [$($part:literal),*]) => {
        pub static $name: LazyLock<Script> = LazyLock::new(|| {
            let source = concat!(
                $(include_str!(concat!("scripts/parts/", $part, ".lua")), "\n",)*
                include_str!(concat!("scripts/", $file)),
            );
            Script { source, hash: redis::Script::new(source).get_hash().to_owned() }
        });
    };
}

// Each has only the parts it needs, because Redis creates their functions anew in every call.
script!(CREATE, "create.lua", ["record", "replication", "keep", "member", "prune", "count"]);
script!(EXCHANGE, "exchange.lua", ["record", "replication", "member", "keep", "touch", "fate", "idle"]);
script!(OPEN, "open.lua", ["record", "keep", "member", "prune", "count", "touch", "idle"]);
script!(USE, "use.lua", ["record"]);
script!(FATE, "fate.lua", ["record", "member", "bury", "fate"]);
script!(BY_HANDLE, "by_handle.lua", ["replication", "member", "index", "touch"]);
script!(REMOVE, "remove.lua", ["replication", "member", "index", "bury", "touch"]);
script!(REVOKE_ALL, "revoke_all.lua", ["replication", "member", "index", "bury", "touch"]);
script!(SECRET, "secret.lua", []);
script!(READY, "ready.lua", []);
script!(LIST, "list.lua", ["member", "index"]);

impl Script {
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
