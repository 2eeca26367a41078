//! A gateway as a process: signals, and how it ends.
//!
//! Owns: what each signal does. A second request to stop means that the operator does not want to wait.
//! Must not know: arguments and exit codes; those are `main`'s.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::cut_off;
use super::patience::Patience;
use super::supervisor::{Progress, Supervisor};
use super::watching::Watch;
use super::{PartEnded, Running, StartError};
use crate::config::{Fault, Files, Loaded, Settings, Source, StoreLocation};
use crate::domain::invalid;
use crate::domain::ports::Clock;

/// How a gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After a signal, and after every request was answered.
    InGoodOrder,
    /// After a second signal, without waiting for requests.
    AtOnce,
    /// After a listener or a task had ended by itself; the others were stopped.
    InPart,
}

/// Serves until a signal ends it. SIGHUP reloads workspaces, root keys, portals and signing keys.
/// So does a change of the files that they are read from.
pub async fn run(
    settings: Settings,
    files: Files,
    source: &Source,
    clock: Arc<dyn Clock>,
    started: impl FnOnce(&Running),
) -> Result<End, StartError> {
    // First of all: a signal that arrives during the start must not kill the process.
    let mut stop = StopSignals::receive().map_err(StartError::Signals)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(StartError::Signals)?;
    let missing = missing(&settings);
    let warnings = settings.warnings(clock.now_ms());
    let every = settings.server.reload;
    let mut running = super::start(settings, clock)?;
    let patience = Arc::new(Patience::new(running.metrics()));
    let mut watch = Watch::new(every, files, patience.clone());
    tracing::info!(address = %running.address, metrics = running.metrics_address.map(display), "listening");
    missing.into_iter().for_each(|missing| tracing::warn!("{missing}"));
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    started(&running);
    let supervisor = Supervisor::of_this_process();
    let tell = |progress| supervisor.iter().for_each(|supervisor| supervisor.tell(progress));
    tell(Progress::Ready);
    let looking = (&mut watch, &*patience);
    let mut ended = serve(&mut running, source, looking, &mut stop, &mut hangup, tell).await;
    tell(Progress::Stopping);
    if ended.is_none() {
        let drain = running.announce_stop();
        let seconds = drain.as_secs();
        tracing::info!(
            seconds,
            "stopping: no longer ready, the listener closes after these seconds; a second signal ends all"
        );
        ended = tokio::select! {
            () = tokio::time::sleep(drain) => None,
            ended = running.part_ended() => Some(ended),
            () = stop.next() => return Ok(at_once()),
        };
        running.close_door().await;
    }
    match &ended {
        None => tracing::info!("stopping: requests in flight are finished first; a second signal ends them"),
        Some(error) => tracing::error!(%error, "stopping, because a part of the gateway has ended"),
    }
    tokio::select! {
        () = running.stop() => tracing::info!("stopped"),
        () = stop.next() => return Ok(at_once()),
    }
    if let Some(supervisor) = supervisor {
        supervisor.end().await;
    }
    Ok(if ended.is_some() { End::InPart } else { End::InGoodOrder })
}

/// Until it is told to stop, or a part of it ends by itself.
async fn serve(
    running: &mut Running,
    source: &Source,
    (watch, patience): (&mut Watch, &Patience),
    stop: &mut StopSignals,
    hangup: &mut Signal,
    tell: impl Fn(Progress),
) -> Option<PartEnded> {
    loop {
        let asked = tokio::select! {
            () = stop.next() => break None,
            ended = running.part_ended() => break Some(ended),
            _ = hangup.recv() => Asked::BySignal,
            () = watch.changed() => Asked::ByChange,
        };
        tell(Progress::Reloading);
        let (again, public_url) = (source.clone(), running.public_url().clone());
        // A network file system may not answer, and must not hold up the end.
        let reading = tokio::task::spawn_blocking(move || again.read_again(&public_url));
        let loaded = tokio::select! {
            () = stop.next() => break None,
            ended = running.part_ended() => break Some(ended),
            loaded = patience.wait_for(reading) => loaded,
        };
        match loaded {
            Ok(loaded) if asked == Asked::ByChange && !watch.has_seen(&loaded.files) => (),
            Ok(loaded) => watch.was_read(reload(running, loaded, asked)),
            Err(error) => tracing::error!(%error, "the configuration could not be read; the old one stays"),
        }
        tell(Progress::Ready);
    }
}

fn at_once() -> End {
    tracing::warn!("stopped at once by a second signal: requests in flight have no answer");
    End::AtOnce
}

/// The signals that ask for a stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn receive() -> io::Result<Self> {
        Ok(StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}

/// What a gateway lacks that nobody can use, with the next command to type.
fn missing(settings: &Settings) -> Vec<&'static str> {
    let Settings { catalog, store, .. } = settings;
    let all = [
        (
            catalog.portals().is_empty(),
            "no portal is configured, so nobody can be signed in. To look around: `vestibule dev`. To go on: put a portal into \
             a file (the README has one), then `vestibule serve --config FILE`",
        ),
        (
            catalog.root_key_count() == 0,
            "no root key is configured, so no backend can create a session. `vestibule keys new --environment live` makes one, \
             and prints what belongs into the file",
        ),
        (
            store.allow_memory && matches!(store.location, StoreLocation::Memory),
            "sessions are kept in this process only (store.url is \"memory:\"): its end signs everybody out",
        ),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect()
}

/// What asked for a reload.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    BySignal,
    ByChange,
}

impl Asked {
    fn name(self) -> &'static str {
        match self {
            Asked::BySignal => "SIGHUP",
            Asked::ByChange => "a file has changed",
        }
    }
}

/// Takes what was read, unless it has a fault. Returns the files that it was read from.
fn reload(running: &Running, loaded: Loaded, asked: Asked) -> Files {
    let Loaded { settings, files } = loaded;
    let old = running.catalog();
    let by_signal = asked == Asked::BySignal;
    let settings = settings.and_then(|settings| match cut_off::refusal(&old, &settings.catalog, by_signal) {
        Some(fault) => Err(vec![fault.into()]),
        None => Ok(settings),
    });
    match settings {
        Ok(settings) => take(running, settings, asked),
        Err(faults) => {
            running.reload_refused();
            for fault in faults {
                let Fault { place, location, message, fix } = fault;
                tracing::error!(
                    place = place.map(display),
                    location,
                    fault = message,
                    fix,
                    because = asked.name(),
                    "the new configuration is refused; the old one stays"
                );
            }
        }
    }
    files
}

fn take(running: &Running, settings: Settings, asked: Asked) {
    let missing = missing(&settings);
    for invalid::Fault { location, message, fix } in &settings.refused_at_restart {
        tracing::warn!(location, fault = message, fix, "a restart would be refused");
    }
    let closed = cut_off::closed(&running.catalog(), &settings.catalog);
    let differences = running.reload(settings);
    tracing::info!(because = asked.name(), "reloaded workspaces, root keys, portals and signing keys");
    if !differences.is_empty() {
        let keys = differences.join(", ");
        tracing::warn!(keys, "these have changed too, and take effect at a restart only");
    }
    if let Some(portals) = closed {
        tracing::warn!(
            portals,
            "no root key sees these portals any more, so no backend can create a session for them"
        );
    }
    missing.into_iter().for_each(|missing| tracing::warn!("{missing}"));
}
