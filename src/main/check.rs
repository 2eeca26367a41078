//! `vestibule check`: what is wrong with a configuration, what a change of it would do, whether its store serves.
//!
//! Owns: what is printed, and the exit codes.
//! Must not know: any key.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use vestibule::app::SystemClock;
use vestibule::app::check::try_store;
use vestibule::config::{Change, Settings, Source};
use vestibule::domain::catalog::Catalog;
use vestibule::domain::ports::Clock;

use super::endings::{counted, fail, report};

/// The new configuration is good, and not all of the change is harmless.
const NOT_HARMLESS: u8 = 3;
/// Of portals in one line.
const MOST_NAMED: usize = 10;

pub fn check(config: Option<PathBuf>, connect: bool, against: Option<PathBuf>) -> ExitCode {
    let source = Source::File(config);
    let settings = match Settings::load(&source) {
        Ok(settings) => settings,
        Err(faults) => return report(&faults),
    };
    let portals = counted(settings.catalog.portals().len(), "portal");
    let keys = counted(settings.catalog.root_key_count(), "root key");
    println!("The configuration is valid: {portals}, {keys}.");
    tell_of_dead_ends(&settings.catalog);
    for warning in settings.warnings(SystemClock.now_ms()) {
        println!("Warning: {warning}.");
    }
    let compared = against.map_or(ExitCode::SUCCESS, |old| compare(old, &settings, &source));
    if compared != ExitCode::SUCCESS && compared != ExitCode::from(NOT_HARMLESS) {
        return compared;
    }
    if connect {
        let connected = actix_web::rt::System::new().block_on(check_store(&settings));
        return if connected == ExitCode::SUCCESS { compared } else { connected };
    }
    compared
}

/// A portal whose people find no way on by themselves. (A direct session is renewed by the page or app that uses it.)
fn tell_of_dead_ends(catalog: &Catalog) {
    let portals = catalog.portals().iter().filter(|portal| portal.return_url.is_none() && !portal.direct);
    let slugs: Vec<&str> = portals.map(|portal| portal.slug.as_str()).collect();
    if slugs.is_empty() {
        return;
    }
    let named: Vec<&str> = slugs.iter().copied().take(MOST_NAMED).collect();
    println!(
        "Note: without return_url, people whose session is over read a page that tells them to open the portal anew, and \
         are not sent there. {}: {}{}.",
        counted(slugs.len(), "portal"),
        named.join(", "),
        if slugs.len() > named.len() { ", …" } else { "" },
    );
}

fn compare(old: PathBuf, new: &Settings, source: &Source) -> ExitCode {
    let name = old.display().to_string();
    let old = match Settings::load(&Source::File(Some(old))) {
        Ok(old) => old,
        Err(faults) => {
            eprintln!("{name} cannot be compared with:");
            return report(&faults);
        }
    };
    let change = Change::between(&old, new, source.read_again(&old.server.public_url).settings);
    if change.is_empty() {
        println!("Nothing changes against {name}.");
    }
    let faults: Vec<String> = change.refused_by_reload.iter().map(ToString::to_string).collect();
    for (title, lines) in [
        ("A reload takes in:", &change.by_reload),
        ("A reload refuses it, because server.public_url is another one at a restart only:", &faults),
        ("A restart is needed for:", &change.by_restart),
        ("It cuts off:", &change.losses),
    ] {
        if !lines.is_empty() {
            println!("{title}");
            lines.iter().for_each(|line| println!("  {line}"));
        }
    }
    if change.is_harmless() { ExitCode::SUCCESS } else { ExitCode::from(NOT_HARMLESS) }
}

async fn check_store(settings: &Settings) -> ExitCode {
    let findings = match try_store(settings, Arc::new(SystemClock)).await {
        Ok(findings) => findings,
        Err(error) => return fail(&error.to_string()),
    };
    for warning in &findings.warnings {
        println!("Warning: {}.", unended(warning));
    }
    match findings.failure {
        Some(failure) => fail(&format!("The store does not serve: {}.", unended(&failure))),
        None => {
            println!(
                "The store was tried: sessions can be created, exchanged, found, listed, revoked and explained."
            );
            ExitCode::SUCCESS
        }
    }
}

/// Some servers end with a full stop what they say, and others do not.
fn unended(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}
