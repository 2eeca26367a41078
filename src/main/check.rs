//! `vestibule check`: what is wrong with a configuration, what it would change, and whether its store serves.
//!
//! Owns: what is printed, in which order, and the exit codes: 2 for a bad configuration, 1 for a store that does not serve.
//! Must not know: what makes a configuration or a store bad.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use vestibule::app::SystemClock;
use vestibule::app::check::try_store;
use vestibule::config::{Settings, Source};

use super::endings::{counted, fail, report};

/// `against`: the configuration that is in force.
pub fn check(source: Source, against: Option<PathBuf>, connect: bool) -> ExitCode {
    let settings = match Settings::load(&source) {
        Ok(settings) => settings,
        Err(faults) => return report(&faults),
    };
    let portals = counted(settings.catalog.portals().len(), "portal");
    let keys = counted(settings.catalog.root_key_count(), "root key");
    println!("The configuration is valid: {portals}, {keys}.");
    if let Some(old) = against {
        match source.changes_against(&Source::File(Some(old))) {
            Ok(changes) if changes.is_empty() => println!("It changes nothing."),
            Ok(changes) => changes.iter().for_each(|change| println!("{change}")),
            Err(faults) => return report(&faults),
        }
    }
    if !connect {
        return ExitCode::SUCCESS;
    }
    actix_web::rt::System::new().block_on(check_store(&settings))
}

async fn check_store(settings: &Settings) -> ExitCode {
    let findings = match try_store(settings, Arc::new(SystemClock)).await {
        Ok(findings) => findings,
        Err(error) => return fail(&error.to_string()),
    };
    for warning in &findings.warnings {
        println!("Warning: {warning}.");
    }
    match findings.failure {
        Some(failure) => fail(&format!("The store does not serve: {failure}.")),
        None => {
            println!(
                "The store was tried: sessions can be created, exchanged, found, listed, revoked and explained."
            );
            ExitCode::SUCCESS
        }
    }
}
