//! A gateway as a process: signals, and how it ends.
//!
//! Owns: what each signal does. A second request to stop means that the operator does not want to wait.
//! Must not know: arguments and exit codes; those are `main`'s.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Running, StartError};
use crate::config::{Settings, Source};
use crate::domain::invalid::Fault;
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
pub async fn run(
    settings: Settings,
    source: &Source,
    clock: Arc<dyn Clock>,
    started: impl FnOnce(&Running),
) -> Result<End, StartError> {
    // First of all: a signal that arrives during the start must not kill the process.
    let mut stop = StopSignals::receive().map_err(StartError::Signals)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(StartError::Signals)?;
    let mut running = super::start(settings, clock)?;
    tracing::info!(address = %running.address, metrics = ?running.metrics_address, "listening");
    started(&running);
    let ended = loop {
        tokio::select! {
            () = stop.next() => break None,
            ended = running.part_ended() => break Some(ended),
            _ = hangup.recv() => reload(&running, source),
        }
    };
    match &ended {
        None => tracing::info!("stopping: requests in flight are finished first; a second signal ends them"),
        Some(error) => tracing::error!(%error, "stopping, because a part of the gateway has ended"),
    }
    tokio::select! {
        () = running.stop() => tracing::info!("stopped"),
        () = stop.next() => {
            tracing::warn!("stopped at once by a second signal: requests in flight have no answer");
            return Ok(End::AtOnce);
        }
    }
    Ok(if ended.is_some() { End::InPart } else { End::InGoodOrder })
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

fn reload(running: &Running, source: &Source) {
    match Settings::load(source) {
        Ok(settings) => {
            running.reload(settings);
            tracing::info!(
                "reloaded workspaces, root keys, portals and signing keys; other sections need a restart"
            );
        }
        Err(faults) => {
            for fault in faults {
                let Fault { location, message, fix } = fault;
                tracing::error!(
                    location,
                    message,
                    fix,
                    "the new configuration is refused; the old one stays"
                );
            }
        }
    }
}
