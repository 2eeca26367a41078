//! What every error means that Redis 6.2 to 8, Valkey, their sentinels and the proxies before them answer.

use redis::{ErrorKind, RedisError, ServerErrorKind, parse_redis_value};

use super::fault::{
    crowded, explain, is_refused_command, kind_of, needs_another_connection, no_password, outage, timed_out,
    too_few_replicas,
};
use super::observer::FailureKind::{self, *};
use crate::domain::ports::StoreError;

fn error(line: &str) -> RedisError {
    let reply = parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("a reply");
    reply.extract_error().expect_err("an error")
}

/// By kind, as their sources have it.
const REPLIES: &[(FailureKind, &[&str])] = &[
    (
        Replica,
        &[
            "READONLY You can't write against a read only replica.",
            "READONLY You can't write against a read only replica. script: f00, on @user_script:3.",
            "ERR Error running script (call to f_0): @user_script:3: @user_script: 3: -READONLY You can't write",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
            "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is \
             configured to be writable (which is not the default) writes to replicas are just local and are not \
             propagated.",
            "ERR WAIT cannot be used with replica instances.",
        ],
    ),
    (
        Full,
        &[
            "OOM command not allowed when used memory > 'maxmemory'.",
            "OOM command not allowed when used memory > 'maxmemory'. script: f00, on @user_script:3.",
            "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
            "ERR Error running script (call to f_0): @user_script:3: @user_script: 3: -OOM command not allowed",
        ],
    ),
    (
        Disk,
        &[
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "MISCONF Errors writing to the AOF file: No space left on device",
        ],
    ),
    (Replicas, &["NOREPLICAS Not enough good replicas to write."]),
    (
        Busy,
        &[
            "LOADING Redis is loading the dataset in memory",
            "LOADING Valkey is loading the dataset in memory",
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "BUSY Redis is busy running a module command.",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "TRYAGAIN Slot is being trimmed",
            "CLUSTERDOWN Hash slot not served",
            "CLUSTERDOWN The cluster is down",
            "CLUSTERDOWN The cluster is down and only accepts read commands",
            "MOVED 3999 127.0.0.1:6381",
            "ASK 3999 127.0.0.1:6381",
            "IDONTKNOW I have not enough information to reply. Please ask another Sentinel.",
            "ERR max number of clients reached",
            "ERR max number of clients + cluster connections reached",
            "ERR Script killed by user with SCRIPT KILL. script: f00, on @user_script:1.",
            "ERR Error running script (call to f_0): @user_script:1: Script killed by user with SCRIPT KILL...",
            "ERR Script attempted to access a non local key in a cluster node script: f00, on @user_script:1.",
            "ERR Script attempted to access keys that do not hash to the same slot script: f00, on @user_script:1.",
            "ERR Script attempted to execute a command while the cluster is down script: f00, on @user_script:1.",
        ],
    ),
    (
        Refused,
        &[
            "NOAUTH Authentication required.",
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH",
            "WRONGPASS invalid username-password pair or user is disabled.",
            "NOPERM this user has no permissions to run the 'get' command",
            "NOPERM User vestibule has no permissions to run the 'evalsha' command",
            "NOPERM No permissions to access a key",
            "DENIED Redis is running in protected mode because protected mode is enabled and no password is set",
            "ERR unknown command 'EVALSHA', with args beginning with:",
            "ERR unknown command `EVALSHA`, with args beginning with: `f00`, ",
            "ERR command eval not support for normal user",
            "ERR operation not permitted",
            "ERR SELECT is not allowed in cluster mode",
            "ERR The user executing the script can't run this command or subcommand script: f00, on @user_script:1.",
            "ERR The user executing the script can't access at least one of the keys mentioned in the command \
             arguments script: f00, on @user_script:1.",
            "ERR Unknown Redis command called from script script: f00, on @user_script:1.",
            "ERR Unknown command called from script script: f00, on @user_script:1.",
            "ERR This Redis command is not allowed from script script: f00, on @user_script:1.",
            "ERR Error running script (call to f_0): @user_script:1: @user_script: 1: Unknown Redis command called \
             from Lua script",
        ],
    ),
    (
        Unreadable,
        &[
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "WRONGTYPE Operation against a key holding the wrong kind of value script: f00, on @user_script:9.",
            "ERR user_script:40: attempt to compare nil with number script: f00, on @user_script:40.",
            "ERR Error running script (call to f_0): @user_script:9: WRONGTYPE Operation against a key",
            "ERR Error running script (call to f_0): @user_script:9: user_script:9: attempt to index a nil value",
        ],
    ),
    (
        Other,
        &[
            "ERR upstream failure",
            "ERR No such master with that name",
            "ERR DB index is out of range",
            "ERR Protocol error: invalid bulk length",
            "CROSSSLOT Keys in request don't hash to the same slot",
            "NOPROTO unsupported protocol version",
            "EXECABORT Transaction discarded because of previous errors.",
            "SOMETHING that a later release says",
        ],
    ),
];

/// Everything but data that cannot be read is an outage: nothing is known then, and nobody is signed out.
#[test]
fn every_reply_is_counted_as_what_the_operator_has_to_look_at() {
    for (kind, lines) in REPLIES {
        for line in *lines {
            assert_eq!(kind_of(&error(line)), *kind, "{line}");
            let is_about_data = matches!(explain(&error(line)), StoreError::Corrupt(_));
            assert_eq!(is_about_data, *kind == Unreadable, "{line}");
        }
    }
    let of_the_library = |code: ServerErrorKind, text: &str| {
        RedisError::from((code.into(), "Redis server refused to switch database", text.to_owned()))
    };
    for (error, kind) in [
        (outage("x"), Connection),
        (timed_out(), Timeout),
        (no_password("no such file".into()), Refused),
        (of_the_library(ServerErrorKind::ResponseError, "Authentication required."), Refused),
        (
            of_the_library(
                ServerErrorKind::ResponseError,
                "User x has no permissions to run the 'select' command",
            ),
            Refused,
        ),
    ] {
        assert_eq!(kind_of(&error), kind, "{error}");
        assert!(matches!(explain(&error), StoreError::Unavailable(_)), "{error}");
    }
}

#[test]
fn a_call_that_was_never_made_is_no_outage() {
    assert_eq!(kind_of(&crowded()), Crowded);
    assert!(matches!(explain(&crowded()), StoreError::Crowded(_)));
}

/// Of a question nothing was done, so it is not told either.
#[test]
fn what_too_few_replicas_have_may_be_undone() {
    let error = too_few_replicas(0, 1);
    assert_eq!(kind_of(&error), Replicas);
    let explained = explain(&error);
    let text = explained.to_string();
    assert!(matches!(explained, StoreError::Unconfirmed(_)), "{text}");
    assert!(
        text.starts_with("a failover may undo what the store answers: ") && text.contains("0 of 1"),
        "{text}"
    );
}

/// On this connection another try would end in the same way, and on another one it may not.
#[test]
fn only_a_lost_connection_and_a_server_that_is_no_primary_are_worth_another_try() {
    for (kind, lines) in REPLIES {
        for line in *lines {
            let expected = *kind == Replica || line.starts_with("LOADING");
            assert_eq!(needs_another_connection(&error(line)), expected, "{line}");
        }
    }
    for (error, expected) in [
        (outage("x"), true),
        (timed_out(), true),
        (RedisError::from((ErrorKind::Server(ServerErrorKind::NoScript), "none")), false),
        (too_few_replicas(0, 1), false),
        (crowded(), false),
    ] {
        assert_eq!(needs_another_connection(&error), expected, "{error}");
    }
}

/// For these the gateway does without the command, for ever. A server that is a replica for a moment is none of them.
#[test]
fn what_a_server_refuses_for_good_is_told_from_what_it_refuses_for_now() {
    let for_good = ["NOPERM", "ERR unknown command", "ERR command eval", "ERR operation", "ERR SELECT"];
    for (_, lines) in REPLIES {
        for line in *lines {
            let expected = for_good.iter().any(|begin| line.starts_with(begin));
            assert_eq!(is_refused_command(&error(line)), expected, "{line}");
        }
    }
}
