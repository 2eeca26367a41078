//! What people see, tried in a real Chromium: the flow of both kinds of portal, scanners, foreign pages, loops,
//! outages, keyboards and screen readers. Everything moves through real pages; the wire's own tests are in
//! `tests/api`.
//!
//! Each scenario is a script in `tests/browser`, which plays the people, the portal and the backend. Here are the
//! gateway, its Redis and its clock, which the script moves by lines on its standard output.

mod support;

#[cfg(feature = "playground")]
#[path = "browser/playground.rs"]
mod playground;
#[path = "browser/script.rs"]
mod script;
#[path = "browser/stage.rs"]
mod stage;

use stage::Stage;
use support::app::Kind;

/// Runs each script against a gateway of its own.
macro_rules! scenarios {
    ($($name:ident on $store:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            Stage::start(Kind::$store).await.play(stringify!($name));
        }
    )*};
}

scenarios! {
    flow on Redis,
    scanners on Memory,
    credentials on Memory,
    origins on Memory,
    after_use on Redis,
    confirm on Memory,
    loops on Memory,
    no_script on Redis,
    keyboard on Memory,
    outage on Redis,
    accessibility on Redis,
    embedding on Memory,
    direct on Memory,
    signed_tokens on Memory,
}
