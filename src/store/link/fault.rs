//! What an error of the library or of a server means for us.
//!
//! Owns: which failures call for a new connection, and which mean that data cannot be read.
//! Must not know: what was asked.

use redis::{ErrorKind, RedisError};

use super::observer::FailureKind;
use crate::domain::ports::StoreError;

/// As for a broken connection: worth another try.
pub fn outage(what: &'static str) -> RedisError {
    RedisError::from(std::io::Error::new(std::io::ErrorKind::NotConnected, what))
}

/// Nobody can sign in at the server; as if it had refused the password.
pub fn no_password(why: String) -> RedisError {
    RedisError::from((ErrorKind::AuthenticationFailed, "the file with the password cannot be read", why))
}

pub fn timed_out() -> RedisError {
    RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// The connection is broken or silent, or the server has become a replica or is about to.
pub fn needs_another_connection(error: &RedisError) -> bool {
    error.is_io_error() || is_no_primary(error)
}

/// The connection is fine, but the server is not the right one, or not yet.
fn is_no_primary(error: &RedisError) -> bool {
    let by_code = matches!(error.code(), Some("READONLY" | "MASTERDOWN" | "LOADING" | "UNBLOCKED"));
    // Redis 6.2 reports what happened inside a script in the text of an ERR.
    by_code || error.detail().is_some_and(|detail| detail.contains("-READONLY "))
}

/// The server's certificate is good, but is for another name. The library hides what kind of error it was.
pub fn is_wrong_name(error: &RedisError) -> bool {
    error.is_io_error() && error.to_string().contains("not valid for name")
}

/// How servers and the proxies before them say it, each in its own words.
const REFUSALS: [&str; 6] =
    ["unknown command", "unsupported command", "not support", "not allowed", "is disabled", "not permitted"];

/// The server has no such command, or lets this user not call it. It will say the same the next time.
pub fn is_refused_command(error: &RedisError) -> bool {
    match error.code() {
        Some("NOPERM") => true,
        Some("ERR") => error.detail().is_some_and(|detail| {
            let detail = detail.to_ascii_lowercase();
            REFUSALS.iter().any(|words| detail.contains(words))
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
        "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" | "MOVED" | "ASK" => FailureKind::Busy,
        "NOPERM" | "NOAUTH" | "WRONGPASS" => FailureKind::Refused,
        _ if is_refused_command(error) || was_refused_to_a_script(detail) => FailureKind::Refused,
        _ if detail.contains("max number of clients") || was_stopped(detail) => FailureKind::Busy,
        _ => FailureKind::Other,
    }
}

/// Only a wrong type under our keys, or a script that fails on the data, is a fault of data. All else is an outage.
pub fn explain(error: &RedisError) -> StoreError {
    if is_about_data(error) {
        StoreError::Corrupt(error.to_string())
    } else {
        StoreError::Unavailable(error.to_string())
    }
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
    ["can't run this command", "can't access", "nknown Redis command", "nknown command"]
        .iter()
        .any(|words| detail.contains(words))
}

/// By `SCRIPT KILL`. It says nothing about what the script read.
fn was_stopped(detail: &str) -> bool {
    detail.contains("Script killed by user")
}

fn tells_a_code(met: &str) -> bool {
    codes_in(met).next().is_some()
}

/// Such as `-OOM command not allowed`.
fn codes_in(met: &str) -> impl Iterator<Item = &str> {
    let words = met.split_ascii_whitespace().filter_map(|word| word.strip_prefix('-'));
    words.filter(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use redis::{ErrorKind, ServerErrorKind, parse_redis_value};

    use super::*;

    fn error(line: &str) -> RedisError {
        let reply = parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("a reply");
        reply.extract_error().expect_err("an error")
    }

    #[test]
    fn what_a_server_says_of_itself_is_an_outage_and_what_it_says_of_our_data_is_not() {
        let outages = [
            "ERR max number of clients reached",
            "ERR max number of clients + cluster connections reached",
            "ERR unknown command 'EVALSHA', with args beginning with:",
            "ERR DB index is out of range",
            "ERR Protocol error: invalid bulk length",
            "ERR upstream failure",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "NOREPLICAS Not enough good replicas to write.",
            "MISCONF Redis is configured to save RDB snapshots",
            "BUSY Redis is busy running a script.",
            "NOAUTH Authentication required.",
            "NOPERM this user has no permissions to run the 'get' command",
            "ERR Error running script (call to f_0): @user_script:3: @user_script: 3: -OOM command not allowed",
            "ERR Error running script (call to f_0): @user_script:3: @user_script: 3: -READONLY You can't write",
            "ERR The user executing the script can't run this command or subcommand script: f00, on @user_script:1.",
            "ERR The user executing the script can't access at least one of the keys mentioned in the command \
             arguments script: f00, on @user_script:1.",
            "ERR Unknown Redis command called from script script: f00, on @user_script:1.",
            "ERR Script killed by user with SCRIPT KILL. script: f00, on @user_script:1.",
            "ERR Error running script (call to f_0): @user_script:1: Script killed by user with SCRIPT KILL...",
            "ERR Error running script (call to f_0): @user_script:1: @user_script: 1: Unknown Redis command called \
             from Lua script",
        ];
        for line in outages {
            let told = explain(&error(line));
            assert!(matches!(told, StoreError::Unavailable(_)), "{line}: {told:?}");
        }
        let data = [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "WRONGTYPE Operation against a key holding the wrong kind of value script: f00, on @user_script:9.",
            "ERR user_script:40: attempt to compare nil with number script: f00, on @user_script:40.",
            "ERR Error running script (call to f_0): @user_script:9: WRONGTYPE Operation against a key",
            "ERR Error running script (call to f_0): @user_script:9: user_script:9: attempt to index a nil value",
        ];
        for line in data {
            let told = explain(&error(line));
            assert!(matches!(told, StoreError::Corrupt(_)), "{line}: {told:?}");
        }
    }

    #[test]
    fn an_error_is_counted_as_what_the_operator_has_to_look_at() {
        for (error, kind) in [
            (outage("x"), FailureKind::Connection),
            (timed_out(), FailureKind::Timeout),
            (error("READONLY You can't write against a read only replica."), FailureKind::Replica),
            (error("OOM command not allowed when used memory > 'maxmemory'."), FailureKind::Full),
            (
                error(
                    "ERR Error running script (call to f_0): @user_script:3: @user_script: 3: -OOM command not",
                ),
                FailureKind::Full,
            ),
            (error("MISCONF Redis is configured to save RDB snapshots"), FailureKind::Disk),
            (error("NOREPLICAS Not enough good replicas to write."), FailureKind::Replicas),
            (
                RedisError::from((ErrorKind::Client, "too few replicas acknowledged it in time")),
                FailureKind::Replicas,
            ),
            (error("LOADING Redis is loading the dataset in memory"), FailureKind::Busy),
            (error("CLUSTERDOWN The cluster is down"), FailureKind::Busy),
            (error("ERR max number of clients reached"), FailureKind::Busy),
            (error("NOAUTH Authentication required."), FailureKind::Refused),
            (no_password("no such file".into()), FailureKind::Refused),
            (error("ERR command eval not support for normal user"), FailureKind::Refused),
            (
                error("ERR Script killed by user with SCRIPT KILL. script: f00, on @user_script:1."),
                FailureKind::Busy,
            ),
            (error("NOPERM this user has no permissions to run the 'get' command"), FailureKind::Refused),
            (error("ERR unknown command 'EVALSHA', with args beginning with:"), FailureKind::Refused),
            (
                error("ERR The user executing the script can't run this command or subcommand script: f00"),
                FailureKind::Refused,
            ),
            (
                error("WRONGTYPE Operation against a key holding the wrong kind of value"),
                FailureKind::Unreadable,
            ),
            (error("ERR upstream failure"), FailureKind::Other),
        ] {
            assert_eq!(kind_of(&error), kind, "{error}");
        }
    }

    #[test]
    fn only_a_lost_connection_and_a_server_that_is_no_primary_are_worth_another_try() {
        for (error, expected) in [
            (outage("x"), true),
            (timed_out(), true),
            (error("READONLY You can't write against a read only replica."), true),
            (error("LOADING Redis is loading the dataset in memory"), true),
            (error("ERR max number of clients reached"), false),
            (RedisError::from((ErrorKind::Server(ServerErrorKind::NoScript), "none")), false),
            (RedisError::from((ErrorKind::Client, "too few replicas acknowledged it in time")), false),
        ] {
            assert_eq!(needs_another_connection(&error), expected, "{error}");
        }
    }
}
