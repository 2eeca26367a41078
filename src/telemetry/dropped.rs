//! Which log lines are dropped first when nobody reads the log, and how many were dropped.
//!
//! Owns: the kinds of lines, the room that each may take in the queue, the counts and their metric.
//! Must not know: how lines are queued or written.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, Opts};
use tracing::Level;

/// The target of audit lines; see [`super::audit`].
pub const AUDIT_TARGET: &str = "audit";

const MIB: usize = 1 << 20;

/// Kinds of lines. The first is the last to be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What happened to a session.
    Audit,
    /// Warnings and errors.
    Warning,
    /// All others, mostly one for each request.
    Other,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Audit, Kind::Warning, Kind::Other];

    /// The kind of a line of this level and target.
    pub fn of(level: Level, target: &str) -> Self {
        if target == AUDIT_TARGET {
            Kind::Audit
        } else if level <= Level::WARN {
            Kind::Warning
        } else {
            Kind::Other
        }
    }

    /// How full the queue may get with lines of this kind. What lies above is reserved for more important ones.
    pub fn most_queued_bytes(self) -> usize {
        match self {
            Kind::Audit => 8 * MIB,
            Kind::Warning => 6 * MIB,
            Kind::Other => 4 * MIB,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Audit => "audit",
            Kind::Warning => "warning",
            Kind::Other => "other",
        }
    }
}

/// Numbers of lines by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u64; Kind::ALL.len()]);

impl Counts {
    /// The number for one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    /// Adds to the number for one kind.
    pub fn add(&mut self, kind: Kind, lines: u64) {
        self.0[kind as usize] += lines;
    }

    /// Those that are not among the earlier ones.
    pub fn since(self, earlier: Counts) -> Counts {
        Counts(Kind::ALL.map(|kind| self.of(kind) - earlier.of(kind)))
    }

    /// Adds all of these.
    pub fn add_all(&mut self, counts: Counts) {
        Kind::ALL.into_iter().for_each(|kind| self.add(kind, counts.of(kind)));
    }
}

/// How many lines were dropped since the process began.
#[derive(Debug)]
pub struct Dropped([AtomicU64; Kind::ALL.len()]);

/// The numbers of this process. It has one standard output and so one log; every gateway in it shows the same numbers.
pub static DROPPED: Dropped = Dropped::new();

impl Dropped {
    /// None yet.
    pub const fn new() -> Self {
        Dropped([const { AtomicU64::new(0) }; Kind::ALL.len()])
    }

    /// Counts dropped lines of one kind.
    pub fn add(&self, kind: Kind, lines: u64) {
        self.0[kind as usize].fetch_add(lines, Ordering::Relaxed);
    }

    /// Counts dropped lines of all kinds.
    pub fn add_all(&self, counts: Counts) {
        Kind::ALL.into_iter().for_each(|kind| self.add(kind, counts.of(kind)));
    }

    /// The numbers up to now.
    pub fn counts(&self) -> Counts {
        Counts(Kind::ALL.map(|kind| self.0[kind as usize].load(Ordering::Relaxed)))
    }
}

/// The counts as a metric.
pub struct DroppedLines {
    dropped: &'static Dropped,
    metric: IntCounterVec,
}

impl DroppedLines {
    /// Shows these counts.
    pub fn new(dropped: &'static Dropped) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "vestibule_log_lines_dropped_total",
            "Log lines dropped because standard output was not read or could not be written.",
        );
        Ok(DroppedLines { dropped, metric: IntCounterVec::new(options, &["kind"])? })
    }
}

impl Collector for DroppedLines {
    fn desc(&self) -> Vec<&Desc> {
        self.metric.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let counts = self.dropped.counts();
        self.metric.reset();
        for kind in Kind::ALL {
            self.metric.with_label_values(&[kind.name()]).inc_by(counts.of(kind));
        }
        self.metric.collect()
    }
}
