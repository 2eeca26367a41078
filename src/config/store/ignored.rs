//! Parts of a `store.url` that would be ignored.
//!
//! Owns: that each of them is a fault, which says what to write instead: other programs take the database, the password or
//! TLS from a query. Messages repeat nothing of the URL, which may hold a password.
//! Must not know: what becomes of the parts that count.

use crate::domain::invalid::Invalid;

/// Of a URL `scheme://rest`, as far as it is one of Redis.
pub fn ignored_part(scheme: &str, rest: &str) -> Option<Invalid> {
    let (kind, is_unix) = match scheme {
        "redis" | "rediss" => ("redis", false),
        "redis+sentinel" | "rediss+sentinel" => ("sentinel", false),
        "redis+cluster" | "rediss+cluster" => ("cluster", false),
        "redis+unix" => ("unix", true),
        _ => return None,
    };
    // `#insecure` would leave the check of the certificate out; this build cannot, and every call would fail.
    if rest.contains('#') {
        let fix = "Take it out; in a password, write %23.";
        return Some(Invalid::new("A Redis URL has no part after `#`.", fix));
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if is_unix && place.split('/').next().is_some_and(|authority| !authority.is_empty()) {
        let fix = "Write redis+unix:///path?db=0&user=…&pass=…, with three slashes.";
        return Some(Invalid::new("A socket of this machine has no host and no user before its path.", fix));
    }
    let names = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split('=').next());
    names.flatten().find_map(|name| fix_of(kind, name)).map(|fix| {
        let message = "The URL has a query parameter that would be ignored.";
        Invalid::new(message, fix)
    })
}

/// What to write in place of a parameter; None if it counts.
fn fix_of(kind: &str, name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    Some(match (kind, name.as_str()) {
        ("redis" | "unix", "protocol") | ("unix", "db" | "user" | "pass") => return None,
        ("unix", "database") => "Write db in place of database: redis+unix:///path?db=5.",
        ("unix", "username") => "Write user in place of username: redis+unix:///path?user=…&pass=….",
        ("unix", "password") => "Write pass in place of password: redis+unix:///path?pass=….",
        ("unix", _) => "Take it out. Known are db, user, pass and protocol.",
        ("cluster", "db" | "database") => "Take it out: a cluster has only the database 0.",
        ("sentinel", "db" | "database") => {
            "Write the number of the database after the master's name: redis+sentinel://host:26379/master/5."
        }
        (_, "db" | "database") => "Write the number of the database as the path: redis://host:6379/5.",
        (_, "user" | "username" | "pass" | "password") => {
            "Write user and password before the host: redis://user:password@host."
        }
        (_, "ssl" | "tls" | "ssl_cert_reqs" | "ssl_ca_certs" | "insecure") => {
            "Take it out. With TLS, the URL begins with rediss; an authority of your own is in store.ca_file."
        }
        (_, "timeout" | "socket_timeout" | "connect_timeout") => "Take it out, and set store.timeout_ms.",
        ("sentinel", "master" | "mastername" | "service_name" | "sentinelmasterid") => {
            "Write the master's name as the path: redis+sentinel://host:26379/master."
        }
        _ => "Take it out, and see whether a key of [store] does what it is for.",
    })
}
