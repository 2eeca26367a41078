//! The command line: serve, dev, check, keys, schema, explain, healthcheck.
//!
//! Owns: what each command does, and its exit code (2 for a bad configuration).
//! Must not know: what a gateway is made of; `app` does.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A command line talks to its user.

#[path = "main/arguments.rs"]
mod arguments;
#[path = "main/check.rs"]
mod check;
#[path = "main/endings.rs"]
mod endings;
#[path = "main/keys.rs"]
mod keys;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use vestibule::app::process::{self, End};
use vestibule::app::{Running, SystemClock};
use vestibule::config::{
    Files, Listening, Loaded, SCHEMA, Settings, Source, listen_address, schema_of_included,
};
#[cfg(feature = "playground")]
use vestibule::dev::{Listen, Playground, PlaygroundError};
use vestibule::domain::ports::Clock;
use vestibule::explain::Asked;
use vestibule::{healthcheck, telemetry};

use self::arguments::{Arguments, Command};
#[cfg(feature = "playground")]
use self::endings::BAD_CONFIGURATION;
use self::endings::{fail, report};

/// Less work on every operation than with glibc's allocator (docs/internals/performance.md), and the same in the static image,
/// which would have musl's. `no_thp`: huge pages would count whole for connections that use little of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve { config } => to_the_end(serve(config)),
        #[cfg(feature = "playground")]
        Command::Dev(listen) => to_the_end(develop(listen)),
        Command::Check { config, connect, against } => check::check(config, connect, against),
        Command::Keys { command } => keys::make(command),
        Command::Schema { included } => print_schema(included),
        Command::Openapi => print_openapi(),
        Command::Explain(asked) => explain(&asked),
        Command::Healthcheck { config, address } => healthcheck(config.as_deref(), address),
    }
}

/// Whoever reads a file that does not answer, on a network disk, would hold up the end of its runtime for ever. So the
/// runtime is not taken down: the process ends with it.
fn to_the_end(serving: impl Future<Output = ExitCode>) -> ExitCode {
    let system = actix_web::rt::System::new();
    let code = system.block_on(serving);
    std::mem::forget(system);
    code
}

async fn serve(config: Option<PathBuf>) -> ExitCode {
    let source = Source::File(config);
    let Loaded { settings, files } = source.read();
    match settings {
        Ok(settings) => {
            let _logs = match telemetry::init_logs(settings.log.json, &settings.log.level) {
                Ok(logs) => logs,
                Err(error) => return fail(&format!("cannot start the thread that writes the log: {error}")),
            };
            run(settings, files, &source, Arc::new(SystemClock), |_| ()).await
        }
        Err(faults) => {
            let bad = report(&faults);
            // Another try may find it, and what else is wrong may come of that. What is wrong in a file stays so.
            if files.is_any_missing() { ExitCode::FAILURE } else { bad }
        }
    }
}

#[cfg(feature = "playground")]
async fn develop(listen: Listen) -> ExitCode {
    let playground = match Playground::prepare(listen, Arc::new(SystemClock)) {
        Ok(playground) => playground,
        Err(error) => return refuse(&error),
    };
    let source = Source::Text(playground.configuration());
    let Loaded { settings, files } = source.read();
    let settings = match settings {
        Ok(settings) => settings,
        Err(faults) => return report(&faults),
    };
    let _logs = match telemetry::init_logs(settings.log.json, &settings.log.level) {
        Ok(logs) => logs,
        Err(error) => return fail(&format!("cannot start the thread that writes the log: {error}")),
    };
    let demos = match playground.serve() {
        Ok(demos) => demos,
        Err(error) => return refuse(&error),
    };
    let ended =
        run(settings, files, &source, playground.clock(), |_| println!("{}", playground.guide())).await;
    demos.stop().await;
    ended
}

#[cfg(feature = "playground")]
fn refuse(error: &PlaygroundError) -> ExitCode {
    eprintln!("{error}");
    match error {
        PlaygroundError::NotLoopback { .. } | PlaygroundError::NotLocalhost { .. } => {
            ExitCode::from(BAD_CONFIGURATION)
        }
        PlaygroundError::Listen(_) | PlaygroundError::Client(_) | PlaygroundError::Serve(_) => {
            ExitCode::FAILURE
        }
    }
}

async fn run(
    settings: Settings,
    files: Files,
    source: &Source,
    clock: Arc<dyn Clock>,
    started: impl FnOnce(&Running),
) -> ExitCode {
    match process::run(settings, files, source, clock, started).await {
        Ok(End::InGoodOrder) => ExitCode::SUCCESS,
        Ok(End::AtOnce | End::InPart) => ExitCode::FAILURE,
        Err(error) => fail(&error.to_string()),
    }
}

fn print_schema(of_included: bool) -> ExitCode {
    if !of_included {
        print!("{SCHEMA}");
        return ExitCode::SUCCESS;
    }
    print_document(schema_of_included().and_then(|schema| serde_json::to_string_pretty(&schema)))
}

fn print_openapi() -> ExitCode {
    print_document(vestibule::http::openapi::document().to_pretty_json())
}

fn print_document(written: serde_json::Result<String>) -> ExitCode {
    match written {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the document cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn healthcheck(config: Option<&Path>, address: Option<SocketAddr>) -> ExitCode {
    let Some(listen) = address.or_else(|| asked_address(config)) else {
        return fail("server.listen is nowhere told");
    };
    match healthcheck::is_alive(listen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// A file that cannot be read is told and nothing more: a gateway that runs goes on without it.
fn asked_address(config: Option<&Path>) -> Option<SocketAddr> {
    let Listening { address, unread } = listen_address(config)?;
    if let Some(unread) = unread {
        eprintln!("{unread}; {address} is asked, as without a file");
    }
    Some(address)
}

fn explain(asked: &Asked) -> ExitCode {
    let Some(root_key) = asked.root_key() else {
        let why =
            "a root key with the right explain is missing: set VESTIBULE_ROOT_KEY to it, or give --root-key";
        Arguments::command().error(ErrorKind::MissingRequiredArgument, why).exit()
    };
    let Some(listen) = asked_address(asked.config.as_deref()) else {
        return fail("server.listen is nowhere told");
    };
    match asked.explain(listen, root_key) {
        Ok(lines) => {
            print!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}
