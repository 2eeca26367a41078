//! The queue of log lines before a reader that is slow, stops or fails.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// Takes nothing until it is allowed to, and shows what it takes.
struct Gate {
    allowed: Receiver<io::Result<()>>,
    shown: Sender<Vec<u8>>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.allowed.recv().unwrap_or(Ok(()))?;
        let _ = self.shown.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Stage {
    queue: Arc<Queue>,
    allow: Sender<io::Result<()>>,
    shown: Receiver<Vec<u8>>,
    told: Receiver<Counts>,
    dropped: &'static Dropped,
}

fn stage() -> Stage {
    let ((allow, allowed), (show, shown), (tell, told)) = (channel(), channel(), channel());
    let dropped: &'static Dropped = Box::leak(Box::new(Dropped::new()));
    let queue = Queue::start(Gate { allowed, shown: show }, dropped, move |lines| {
        let _ = tell.send(lines);
    });
    Stage { queue: queue.expect("a thread"), allow, shown, told, dropped }
}

impl Stage {
    fn add(&self, kind: Kind, line: &[u8]) -> bool {
        let has_room = self.queue.has_room(kind, line.len());
        if has_room {
            let mut batch = Batch::default();
            batch.push(line, kind);
            self.queue.take_over(&mut batch);
        }
        has_room
    }

    fn fill(&self, kind: Kind) -> usize {
        let line = vec![b'x'; 1 << 16];
        (0..).take_while(|_| self.add(kind, &line)).count()
    }
}

#[test]
fn what_matters_less_is_dropped_first() {
    let stage = stage();
    assert_eq!(stage.fill(Kind::Other), 64, "4 MiB");
    assert_eq!(stage.fill(Kind::Warning), 32, "2 MiB more");
    assert_eq!(stage.fill(Kind::Audit), 32, "2 MiB more");
    assert!(!stage.add(Kind::Other, b"x\n"));
    let dropped = stage.dropped.counts();
    let kinds = [Kind::Audit, Kind::Warning, Kind::Other];
    assert_eq!(kinds.map(|kind| dropped.of(kind)), [1, 1, 2]);
}

#[test]
fn each_piece_that_is_written_makes_room() {
    let stage = stage();
    stage.fill(Kind::Other);
    stage.allow.send(Ok(())).expect("it waits");
    stage.shown.recv_timeout(LIMIT).expect("a piece");
    stage.allow.send(Ok(())).expect("it waits");
    stage.shown.recv_timeout(LIMIT).expect("the piece after it");
    assert!(stage.add(Kind::Other, b"x\n"));
}

#[test]
fn what_cannot_be_written_counts_as_dropped() {
    let stage = stage();
    stage.add(Kind::Audit, b"lost\n");
    stage.allow.send(Err(io::Error::other("the disk is full"))).expect("it waits");
    while stage.dropped.counts().of(Kind::Audit) == 0 {
        std::thread::yield_now();
    }
    stage.add(Kind::Other, b"kept\n");
    stage.allow.send(Ok(())).expect("it waits");
    assert_eq!(stage.shown.recv_timeout(LIMIT).expect("a line"), b"kept\n");
    assert_eq!(stage.dropped.counts().of(Kind::Other), 0);
}

#[test]
fn closing_writes_what_is_left_but_does_not_wait_for_ever() {
    let stage = stage();
    stage.add(Kind::Other, b"first\n");
    stage.queue.close(Duration::from_millis(20));
    assert!(stage.shown.try_recv().is_err(), "nothing could be written");
    drop(stage.allow);
    stage.queue.close(LIMIT);
    assert_eq!(stage.shown.try_recv().expect("it was written"), b"first\n");
}

/// The line that tells of it is a warning. In a queue that is full of audit lines there is no room for it.
#[test]
fn the_numbers_of_what_was_dropped_wait_until_there_is_room_to_tell_them() {
    let stage = stage();
    stage.add(Kind::Audit, b"first\n");
    stage.allow.send(Ok(())).expect("it waits");
    stage.shown.recv_timeout(LIMIT).expect("the first line");
    // The thread holds one batch, and the queue is filled behind it.
    stage.add(Kind::Audit, b"held\n");
    while stage.queue.lock().waiting.lines != Counts::default() {
        std::thread::yield_now();
    }
    assert!(stage.fill(Kind::Audit) > 100);
    assert!(!stage.add(Kind::Other, b"x\n"));
    stage.allow.send(Ok(())).expect("it waits");
    assert_eq!(stage.shown.recv_timeout(LIMIT).expect("the line that was held"), b"held\n");
    stage.allow.send(Ok(())).expect("it waits");
    stage.shown.recv_timeout(LIMIT).expect("the first piece of the others");
    assert!(stage.told.try_recv().is_err(), "there was no room to tell it");
    drop(stage.allow);
    let told = stage.told.recv_timeout(LIMIT).expect("there is room now");
    assert_eq!((told.of(Kind::Audit), told.of(Kind::Other)), (1, 1));
    stage.queue.close(LIMIT);
    assert!(stage.told.try_recv().is_err(), "it is told once");
}

/// Where other lines keep coming, the queue never gets below what is reserved for more important ones.
#[test]
fn dropped_lines_are_told_while_others_fill_the_queue() {
    let limits = [Kind::Other, Kind::Warning].map(Kind::most_queued_bytes);
    assert!((limits[0] + 10 * PIECE_BYTES..limits[1] - 10 * PIECE_BYTES).contains(&MOST_QUEUED_TO_TELL));
    let stage = stage();
    stage.add(Kind::Other, b"held\n");
    while stage.queue.lock().waiting.lines != Counts::default() {
        std::thread::yield_now();
    }
    stage.fill(Kind::Other);
    stage.allow.send(Ok(())).expect("it waits");
    let told = stage.told.recv_timeout(LIMIT).expect("there is room for it");
    assert_eq!(told.of(Kind::Other), 1);
}
