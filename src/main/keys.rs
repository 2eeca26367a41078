//! `vestibule keys`: root keys, the secret, keys that sign.
//!
//! Owns: how each is printed. Nothing of it is stored anywhere.

use std::process::ExitCode;

use secrecy::ExposeSecret;
use vestibule::domain::base62::random_text;
use vestibule::domain::credential::RootKey;
use vestibule::domain::environment::Environment;
use vestibule::tokens::{Algorithm, SigningKey};

use super::arguments::{AlgorithmArgument, EnvironmentArgument, KeysCommand};

/// Makes one and prints it.
pub fn make(command: KeysCommand) -> ExitCode {
    match command {
        KeysCommand::New { environment } => new_key(environment),
        KeysCommand::Secret => {
            println!("{}", random_text());
            ExitCode::SUCCESS
        }
        KeysCommand::Signing { algorithm } => new_signing_key(algorithm),
    }
}

fn new_key(environment: EnvironmentArgument) -> ExitCode {
    let environment = match environment {
        EnvironmentArgument::Live => Environment::Live,
        EnvironmentArgument::Test => Environment::Test,
    };
    let key = RootKey::mint(environment);
    let digest = key.digest().to_hex();
    println!("# For the backend; it is shown this once and stored nowhere:");
    println!("{}\n", key.expose());
    println!("# For the gateway's configuration:");
    println!("[[workspaces.root_keys]]");
    // Of its own: an audit line names the key by it, also while another takes its place.
    println!("id = \"backend-{}\"", &digest[..8]);
    println!("sha256 = \"{digest}\"");
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
