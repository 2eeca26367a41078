//! What an error of the library or of a server means for us.
//!
//! Owns: which failures call for a new connection, and which mean that data cannot be read.
//! Must not know: what was asked.

use redis::{ConnectionInfo, ErrorKind, RedisError};

use super::observer::FailureKind;
use crate::domain::ports::StoreError;

/// Worth another try, like a time-out.
pub fn outage(what: &'static str) -> RedisError {
    outage_of(what.to_owned())
}

pub fn outage_of(what: String) -> RedisError {
    RedisError::from(std::io::Error::other(what))
}

/// It was done, and does not count. To try it again at once would end in the same way.
pub fn too_few_replicas(acknowledged: u64, wanted: u64) -> RedisError {
    (ErrorKind::Client, TOO_FEW, format!("{acknowledged} of {wanted}")).into()
}

const TOO_FEW: &str = "too few replicas acknowledged it in time";

/// It was not asked, and others are: no reason to try again.
pub fn crowded() -> RedisError {
    RedisError::from((ErrorKind::Client, CROWDED))
}

const CROWDED: &str = "too many calls wait for its replicas";

/// Nobody can sign in at the server; as if it had refused the password.
pub fn no_password(why: String) -> RedisError {
    RedisError::from((ErrorKind::AuthenticationFailed, "the file with the password cannot be read", why))
}

/// Of a server that does not let anybody in: as whom it was asked. The library keeps nothing of what the server has said.
pub fn with_user(error: RedisError, info: &ConnectionInfo) -> RedisError {
    if error.kind() != ErrorKind::AuthenticationFailed {
        return error;
    }
    let settings = info.redis_settings();
    // Without a password, its place may have been mistaken for the user's.
    let has_password = settings.password().is_some_and(|password| !password.is_empty());
    let user = match settings.username() {
        Some(user) if has_password => format!("the user {user:?}"),
        Some(_) => "a user without a password".to_owned(),
        None => "the default user".to_owned(),
    };
    (ErrorKind::AuthenticationFailed, "the server refuses the user or the password", user).into()
}

pub fn timed_out() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// The connection is broken or silent, or the server has become a replica or is about to.
pub fn needs_another_connection(error: &RedisError) -> bool {
    error.is_io_error() || is_no_primary(error)
}

/// The connection is gone. What was asked on it may have been done, or have never arrived, and the server may be well.
pub fn is_broken(error: &RedisError) -> bool {
    error.is_connection_dropped() && !error.is_connection_refusal()
}

/// The connection is fine, but the server is not the right one, or not yet.
fn is_no_primary(error: &RedisError) -> bool {
    let by_code = matches!(error.code(), Some("READONLY" | "MASTERDOWN" | "LOADING" | "UNBLOCKED"));
    // Redis 6.2 reports what happened inside a script in the text of an ERR.
    by_code
        || error
            .detail()
            .is_some_and(|detail| detail.contains("-READONLY ") || detail.contains(WAIT_AT_REPLICA))
}

/// The end of an `ERR`, by which a replica refuses `WAIT` alone.
const WAIT_AT_REPLICA: &str = "cannot be used with replica instances";

/// The server's certificate is good, but is for another name. The library hides what kind of error it was.
pub fn is_wrong_name(error: &RedisError) -> bool {
    error.is_io_error() && error.to_string().contains("not valid for name")
}

/// How servers and the proxies before them say it, each in its own words.
const REFUSALS: [&str; 6] =
    ["unknown command", "unsupported command", "not support", "not allowed", "is disabled", "not permitted"];

/// The same at `AUTH` and `SELECT`, where the library drops the code.
const STRANGERS: [&str; 2] = ["authentication required", "no permissions"];

/// The server has no such command, or lets this user not call it. It will say the same the next time.
pub fn is_refused_command(error: &RedisError) -> bool {
    match error.code() {
        Some("NOPERM") => true,
        // What a script met is no answer to the call of the script.
        Some("ERR") => error.detail().is_some_and(|detail| {
            let detail = detail.to_ascii_lowercase();
            !detail.contains("user_script") && REFUSALS.iter().any(|words| detail.contains(words))
        }),
        Some(_) | None => false,
    }
}

/// What the operator has to look at.
pub fn kind_of(error: &RedisError) -> FailureKind {
    if is_about_data(error) {
        return FailureKind::Unreadable;
    }
    if error.is_timeout() {
        return FailureKind::Timeout;
    }
    if error.is_io_error() {
        return FailureKind::Connection;
    }
    if error.kind() == ErrorKind::AuthenticationFailed {
        return FailureKind::Refused;
    }
    if is_crowded(error) {
        return FailureKind::Crowded;
    }
    // Said by the link itself, of replicas that do not acknowledge.
    if error.kind() == ErrorKind::Client {
        return FailureKind::Replicas;
    }
    let detail = error.detail().unwrap_or_default();
    // A command that failed within a script of Redis 6.2 has its code in the text.
    let code = error.code().filter(|code| *code != "ERR");
    let code = code.or_else(|| codes_in(detail).next());
    match code.unwrap_or_default() {
        "READONLY" | "MASTERDOWN" | "UNBLOCKED" => FailureKind::Replica,
        "OOM" => FailureKind::Full,
        "MISCONF" => FailureKind::Disk,
        "NOREPLICAS" => FailureKind::Replicas,
        // The last one is a sentinel's, which does not know the primary yet.
        "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MOVED" | "ASK" | "IDONTKNOW" => FailureKind::Busy,
        // The last one is said in protected mode, to whoever comes from another machine.
        "NOPERM" | "NOAUTH" | "WRONGPASS" | "DENIED" => FailureKind::Refused,
        _ if is_no_primary(error) => FailureKind::Replica,
        _ if is_refused_command(error) || was_refused_to_a_script(detail) || is_strange(detail) => {
            FailureKind::Refused
        }
        _ if detail.contains("max number of clients") || was_stopped(detail) => FailureKind::Busy,
        _ => FailureKind::Other,
    }
}

/// Nothing but its words can tell the operator what to do.
pub fn is_unknown(error: &RedisError) -> bool {
    kind_of(error) == FailureKind::Other
}

fn is_strange(detail: &str) -> bool {
    let detail = detail.to_ascii_lowercase();
    STRANGERS.iter().any(|words| detail.contains(words))
}

/// Only a wrong type under our keys, or a script that fails on the data, is a fault of data. All else is an outage.
pub fn explain(error: &RedisError) -> StoreError {
    if is_about_data(error) {
        StoreError::Corrupt(error.to_string())
    } else if error.kind() == ErrorKind::Client && error.to_string().starts_with(TOO_FEW) {
        StoreError::Unconfirmed(error.to_string())
    } else if is_crowded(error) {
        StoreError::Crowded(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
}

fn is_crowded(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Client && error.to_string().starts_with(CROWDED)
}

fn is_about_data(error: &RedisError) -> bool {
    match error.code() {
        Some("WRONGTYPE") => true,
        // `ERR` is said of anything, such as too many clients. Where a script stumbled, it names the script; in
        // Redis 6.2 also where a command in it was refused, and then that command's own code follows.
        Some("ERR") => {
            let script = error.detail().and_then(|detail| detail.split_once("user_script"));
            let is_refused = error.detail().is_some_and(was_refused_to_a_script);
            let is_stopped = error.detail().is_some_and(was_stopped);
            !is_refused && !is_stopped && script.is_some_and(|(_, met)| !tells_a_code(met))
        }
        Some(_) | None => false,
    }
}

/// A command that the user may not call, or that the server does not have. Redis names the script then too.
fn was_refused_to_a_script(detail: &str) -> bool {
    ["can't run this command", "can't access", "nknown Redis command", "nknown command", "not allowed from"]
        .iter()
        .any(|words| detail.contains(words))
}

/// By `SCRIPT KILL`, or because a cluster has changed meanwhile. It says nothing about what the script read.
fn was_stopped(detail: &str) -> bool {
    ["Script killed by user", "Script attempted to access", "while the cluster is down"]
        .iter()
        .any(|words| detail.contains(words))
}

fn tells_a_code(met: &str) -> bool {
    codes_in(met).next().is_some()
}

/// Such as `-OOM command not allowed`.
fn codes_in(met: &str) -> impl Iterator<Item = &str> {
    let words = met.split_ascii_whitespace().filter_map(|word| word.strip_prefix('-'));
    words.filter(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}
