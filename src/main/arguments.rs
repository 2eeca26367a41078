//! What can be typed: the commands and their options. The comments are what `--help` shows.
//!
//! Must not know: what a command does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use vestibule::config::typed_address;
#[cfg(feature = "playground")]
use vestibule::dev::Listen;
use vestibule::explain::Asked;

#[derive(Parser)]
#[command(version, about)]
pub struct Arguments {
    /// What is asked for.
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
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
        /// Also tell what this change would do to a gateway that runs with OLD_FILE: what a reload takes in, what needs a
        /// restart, and whom it cuts off. Exit code 3 if it needs a restart or cuts anybody off. The environment of this
        /// command counts for both files.
        #[arg(long, value_name = "OLD_FILE")]
        against: Option<PathBuf>,
    },
    /// Make keys and secrets.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Print the JSON Schema of the configuration file, for editors.
    Schema {
        /// That of a file in a folder which a workspace includes.
        #[arg(long)]
        included: bool,
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
        #[arg(long, conflicts_with = "config", value_parser = typed_address)]
        address: Option<SocketAddr>,
    },
}

#[derive(Subcommand)]
pub enum KeysCommand {
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
pub enum EnvironmentArgument {
    Live,
    Test,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum AlgorithmArgument {
    /// ECDSA on P-256: known to every JWT library.
    #[value(name = "ES256")]
    Es256,
    /// Ed25519, where rules ask for it.
    #[value(name = "EdDSA")]
    EdDsa,
}
