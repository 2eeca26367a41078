//! Lines that nearly every request has, written past `tracing`: its dispatch and its visitors take twice as long as the line.
//!
//! Owns: that such a line is the one that `tracing` would make, also as text for people, and that `log.level` decides of it as of
//! all others.
//! Must not know: what a line says.

use tracing::{Level, dispatcher};

use super::json_lines::JsonLines;
use super::members::Members;

/// `tracing::info!` with a target, with fields that are texts, whole numbers, truth values or options of these, and perhaps a
/// message behind a semicolon.
macro_rules! info_directly {
    (target: $target:expr, $($name:ident = $value:expr),+ $(,)? $(; $message:literal)?) => {{
        $(let $name = $value;)+
        let is_enabled = tracing::event_enabled!(target: $target, tracing::Level::INFO, $($name),+);
        if is_enabled && !$crate::telemetry::direct::is_written($target, |members| {
            $(members.text(concat!(",\"message\":\"", $message, "\""));)?
            $(members.member(concat!(",\"", stringify!($name), "\":"), $name);)+
        }) {
            tracing::info!(target: $target, $($name),+ $(, $message)?);
        }
    }};
}
pub(super) use info_directly;

/// Writes a line of JSON, if this thread's lines are JSON.
pub(super) fn is_written(target: &str, write: impl Fn(&mut Members<'_>)) -> bool {
    dispatcher::get_default(|dispatch| match dispatch.downcast_ref::<JsonLines>() {
        Some(lines) => {
            lines.line(Level::INFO, target, &write);
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{EnvFilter, prelude::*};

    use super::*;
    use crate::telemetry::dropped::DROPPED;
    use crate::telemetry::lines::{Lines, LogGuard};
    use crate::telemetry::queue::Queue;
    use crate::telemetry::{KeptLog, in_request_now, text_lines};

    const TARGET: &str = "direct::tests";

    fn log_both() {
        let (special, none) = ("a \"quoted\"\n\u{1}text é", None::<&str>);
        info_directly!(
            target: TARGET, text = special, absent = none, number = u64::MAX, present = Some("there"), yes = Some(false);
            "done"
        );
        tracing::info!(
            target: TARGET, text = special, absent = none, number = u64::MAX, present = Some("there"), yes = Some(false),
            "done"
        );
        info_directly!(target: TARGET, number = 7_u64);
        tracing::info!(target: TARGET, number = 7_u64);
    }

    /// The lines of [`log_both`], without their times.
    fn lines(filter: &str, is_json: bool) -> Vec<String> {
        let log = KeptLog::default();
        let lines = Lines::start(Queue::start(log.clone(), &DROPPED, drop).expect("a thread"));
        let registry = tracing_subscriber::registry().with(EnvFilter::try_new(filter).expect("a filter"));
        let subscriber = if is_json {
            registry.with(JsonLines::new(lines.clone())).set_default()
        } else {
            registry.with(text_lines::layer(lines.clone(), false)).set_default()
        };
        in_request_now("req_1".into(), log_both);
        drop((subscriber, LogGuard(lines)));
        log.text().lines().map(|line| line.split_once("Z").expect("a time").1.to_owned()).collect()
    }

    #[test]
    fn a_line_is_the_one_that_tracing_would_make() {
        for is_json in [true, false] {
            let told = lines("info", is_json);
            let [first, as_first, second, as_second] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((first, second), (as_first, as_second));
            assert!(first.contains("req_1") && first.contains("done"), "{first}");
        }
    }

    #[test]
    fn the_level_decides_of_it_as_of_all_lines() {
        for (filter, count) in [
            ("info", 4),
            ("warn", 0),
            ("info,direct=off", 0),
            ("off,direct::tests=info", 4),
            ("warn,direct::tests=warn", 0),
            ("off,[{present}]=info", 2),
        ] {
            for is_json in [true, false] {
                assert_eq!(lines(filter, is_json).len(), count, "{filter} {is_json}");
            }
        }
    }
}
