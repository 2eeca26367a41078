//! Which scripts a gateway calls: those that tell a session's history what they do, or those without that part.
//!
//! Owns: the key and the arguments that only the telling ones have.
//! Must not know: what a script does, or what is told.

use std::time::Duration;

use super::keys::Key;
use super::script::ScriptCall;
use super::scripts::TellingScript;

/// How long a session's history outlives it; zero: none is kept.
#[derive(Clone, Copy)]
pub struct Telling(pub Duration);

impl Telling {
    /// Whether histories are kept.
    pub fn is_on(self) -> bool {
        !self.0.is_zero()
    }

    /// How long, in milliseconds.
    pub fn ms(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// A script on these keys.
    pub fn script(self, script: &'static TellingScript, keys: &[Key<'_>]) -> ScriptCall {
        script.telling(self.is_on()).on(keys)
    }

    /// The same, and on the history of the session that begins, or began, there.
    pub fn script_with<'a>(
        self,
        script: &'static TellingScript,
        keys: &[Key<'a>],
        history: impl FnOnce() -> Key<'a>,
    ) -> ScriptCall {
        if self.is_on() {
            self.script(script, &[keys, &[history()]].concat())
        } else {
            self.script(script, keys)
        }
    }

    /// What it tells, and how long that is kept: the last arguments of a telling script.
    pub fn told(self, script: ScriptCall, what: impl FnOnce() -> String) -> ScriptCall {
        if self.is_on() { script.arg(what()).arg(self.ms()) } else { script }
    }
}
