//! A Lua script, and how it is called.
//!
//! Owns: its text and hash, and its keys and arguments, written where they go. It is called by its hash; a server that does not
//! know it yet is sent the text (`link/lanes.rs`).
//! Must not know: which scripts there are, connections, sessions.

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

impl Script {
    pub fn new(source: &'static str) -> Self {
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
    use std::sync::LazyLock;

    use super::*;

    static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new("return 1"));

    fn words_after_script(command: &Cmd) -> Vec<&[u8]> {
        words_in(command).skip(2).collect()
    }

    #[test]
    fn a_call_has_the_same_keys_and_arguments_by_hash_and_with_the_source() {
        let call = SCRIPT.on(&["index"]).arg(200).arg("").arg(vec!["a", "b"]);
        let expected: [&[u8]; 6] = [b"1", b"index", b"200", b"", b"a", b"b"];
        assert_eq!(words_after_script(call.by_hash()), expected);
        assert_eq!(words_after_script(&call.with_source()), expected);
        let further = call.with_keys(&["t".into(), "b".into()]);
        let expected: [&[u8]; 8] = [b"3", b"index", b"t", b"b", b"200", b"", b"a", b"b"];
        assert_eq!(words_after_script(further.by_hash()), expected);
        assert_eq!(words_after_script(&further.with_source()), expected);
    }
}
