//! The command line: serve, dev, check, keys, explain, healthcheck.
//!
//! Owns: arguments and exit codes (2 for a bad configuration).
//! Must not know: what a gateway is made of; `app` does.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A command line talks to its user.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use vestibule::app::check::try_store;
use vestibule::app::process::{self, End};
use vestibule::app::{Running, SystemClock};
use vestibule::config::{Settings, Source, listen_address};
#[cfg(feature = "playground")]
use vestibule::dev::{Listen, Playground, PlaygroundError};
use vestibule::domain::base62::random_text;
use vestibule::domain::credential::RootKey;
use vestibule::domain::environment::Environment;
use vestibule::domain::invalid::Fault;
use vestibule::domain::ports::Clock;
use vestibule::explain::Asked;
use vestibule::tokens::{Algorithm, SigningKey};
use vestibule::{healthcheck, telemetry};

const BAD_CONFIGURATION: u8 = 2;

/// Less work on every operation than with glibc's allocator (docs/performance.md), and the same in the static image,
/// which would have musl's. `no_thp`: huge pages would count whole for connections that use little of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway.
    Serve {
        /// The configuration file; what it leaves out has the defaults of config/default.toml.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Run a gateway to try out, with a demo app and a demo portal to click through.
    #[cfg(feature = "playground")]
    Dev(Listen),
    /// Check a configuration and report every fault.
    Check {
        /// The configuration file.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Try the store too: every operation, and what its servers say of themselves.
        #[arg(long)]
        connect: bool,
    },
    /// Make keys and secrets.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Ask a running gateway on this machine what became of a session or a link; for support.
    Explain(Asked),
    /// Ask a running gateway on this machine whether it is alive; exit 0 if so.
    Healthcheck {
        /// The configuration file that it runs with. Only server.listen is read; the rest may be bad by now.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Where it listens, if no file is to be read.
        #[arg(long, conflicts_with = "config")]
        address: Option<SocketAddr>,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Make a root key for a backend.
    New {
        /// Whether its sessions are for real users or for tests.
        #[arg(long)]
        environment: EnvironmentArgument,
    },
    /// Make a value for server.secret.
    Secret,
    /// Make a private key for signed tokens, in PEM form (PKCS#8), for a file of tokens.signing_key_files.
    Signing {
        /// How it signs.
        #[arg(long)]
        algorithm: AlgorithmArgument,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum EnvironmentArgument {
    Live,
    Test,
}

#[derive(Clone, Copy, ValueEnum)]
enum AlgorithmArgument {
    /// ECDSA on P-256: known to every JWT library.
    #[value(name = "ES256")]
    Es256,
    /// Ed25519, where rules ask for it.
    #[value(name = "EdDSA")]
    EdDsa,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve { config } => actix_web::rt::System::new().block_on(serve(config)),
        #[cfg(feature = "playground")]
        Command::Dev(listen) => actix_web::rt::System::new().block_on(develop(listen)),
        Command::Check { config, connect } => check(config, connect),
        Command::Keys { command: KeysCommand::New { environment } } => new_key(environment),
        Command::Keys { command: KeysCommand::Secret } => {
            println!("{}", random_text());
            ExitCode::SUCCESS
        }
        Command::Keys { command: KeysCommand::Signing { algorithm } } => new_signing_key(algorithm),
        Command::Openapi => print_openapi(),
        Command::Explain(asked) => explain(&asked),
        Command::Healthcheck { config, address } => healthcheck(config.as_deref(), address),
    }
}

async fn serve(config: Option<PathBuf>) -> ExitCode {
    let source = Source::File(config);
    match Settings::load(&source) {
        Ok(settings) => {
            let _logs = match telemetry::init_logs(settings.log.json, &settings.log.level) {
                Ok(logs) => logs,
                Err(error) => return fail(&format!("cannot start the thread that writes the log: {error}")),
            };
            run(settings, &source, Arc::new(SystemClock), |_| ()).await
        }
        Err(faults) => report(&faults),
    }
}

#[cfg(feature = "playground")]
async fn develop(listen: Listen) -> ExitCode {
    let playground = match Playground::prepare(listen, Arc::new(SystemClock)) {
        Ok(playground) => playground,
        Err(error) => return refuse(&error),
    };
    let source = Source::Text(playground.configuration());
    let settings = match Settings::load(&source) {
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
    let ended = run(settings, &source, playground.clock(), |_| println!("{}", playground.guide())).await;
    demos.stop().await;
    ended
}

#[cfg(feature = "playground")]
fn refuse(error: &PlaygroundError) -> ExitCode {
    eprintln!("{error}");
    match error {
        PlaygroundError::NotLoopback { .. } => ExitCode::from(BAD_CONFIGURATION),
        PlaygroundError::Listen { .. } | PlaygroundError::Client(_) | PlaygroundError::Serve(_) => {
            ExitCode::FAILURE
        }
    }
}

async fn run(
    settings: Settings,
    source: &Source,
    clock: Arc<dyn Clock>,
    started: impl FnOnce(&Running),
) -> ExitCode {
    match process::run(settings, source, clock, started).await {
        Ok(End::InGoodOrder) => ExitCode::SUCCESS,
        Ok(End::AtOnce | End::InPart) => ExitCode::FAILURE,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

fn check(config: Option<PathBuf>, connect: bool) -> ExitCode {
    match Settings::load(&Source::File(config)) {
        Ok(settings) => {
            let portals = counted(settings.catalog.portals().len(), "portal");
            let keys = counted(settings.catalog.root_key_count(), "root key");
            println!("The configuration is valid: {portals}, {keys}.");
            if connect {
                actix_web::rt::System::new().block_on(check_store(&settings))
            } else {
                ExitCode::SUCCESS
            }
        }
        Err(faults) => report(&faults),
    }
}

async fn check_store(settings: &Settings) -> ExitCode {
    let findings = match try_store(&settings.store, Arc::new(SystemClock)).await {
        Ok(findings) => findings,
        Err(error) => return fail(&error.to_string()),
    };
    for warning in &findings.warnings {
        println!("Warning: {warning}.");
    }
    match findings.failure {
        Some(failure) => fail(&format!("The store does not serve: {failure}.")),
        None => {
            println!("The store was tried: sessions can be created, exchanged, found, listed and revoked.");
            ExitCode::SUCCESS
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn report(faults: &[Fault]) -> ExitCode {
    eprintln!("The configuration has {}:", counted(faults.len(), "fault"));
    for fault in faults {
        eprintln!("  {}: {} {}", fault.location, fault.message, fault.fix);
    }
    ExitCode::from(BAD_CONFIGURATION)
}

fn new_key(environment: EnvironmentArgument) -> ExitCode {
    let environment = match environment {
        EnvironmentArgument::Live => Environment::Live,
        EnvironmentArgument::Test => Environment::Test,
    };
    let key = RootKey::mint(environment);
    println!("# For the backend; it is shown this once and stored nowhere:");
    println!("{}\n", key.expose());
    println!("# For the gateway's configuration:");
    println!("[[workspaces.root_keys]]");
    println!("id = \"my-backend\"");
    println!("sha256 = \"{}\"", key.digest().to_hex());
    println!("environment = \"{}\"", environment.name());
    println!("portals = [\"*\"]");
    println!("permissions = [\"*\"]");
    ExitCode::SUCCESS
}

fn new_signing_key(algorithm: AlgorithmArgument) -> ExitCode {
    let algorithm = match algorithm {
        AlgorithmArgument::Es256 => Algorithm::Es256,
        AlgorithmArgument::EdDsa => Algorithm::EdDsa,
    };
    match SigningKey::generate(algorithm) {
        Ok(key) => {
            print!("{}", key.expose_secret());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print_openapi() -> ExitCode {
    match vestibule::http::openapi::document().to_pretty_json() {
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
    let Some(listen) = address.or_else(|| listen_address(config)) else {
        return fail("server.listen is nowhere told");
    };
    match healthcheck::is_alive(listen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the gateway does not answer on {listen}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn explain(asked: &Asked) -> ExitCode {
    let Some(listen) = listen_address(asked.config.as_deref()) else {
        return fail("server.listen is nowhere told");
    };
    match asked.explain(listen) {
        Ok(lines) => {
            print!("{lines}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}
