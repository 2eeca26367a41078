//! Every limit, tested with a clock that jumps: a whole minute takes no time.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{advance, timeout};

use super::*;

const PATIENCE: Patience = Patience { head: secs(10), answer: secs(30), first: secs(75), idle: secs(80) };
const HALF: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nA";
const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A client, and the gateway's end of its connection: with little room, as for a client that does not read.
fn connection() -> (DuplexStream, Bounded<DuplexStream>) {
    let (client, socket) = duplex(128);
    (client, Bounded::new(socket, &PATIENCE))
}

/// Reads until nothing more can come, and returns after how many seconds that was.
async fn read_to_end(gateway: &mut Bounded<DuplexStream>) -> (Vec<u8>, u64) {
    let (started_at, mut bytes) = (Instant::now(), Vec::new());
    timeout(secs(1_000), gateway.read_to_end(&mut bytes)).await.expect("there is a limit").expect("it reads");
    (bytes, started_at.elapsed().as_secs())
}

/// One request, read and answered.
async fn exchange(client: &mut DuplexStream, gateway: &mut Bounded<DuplexStream>) {
    client.write_all(WHOLE).await.expect("it is taken");
    gateway.read_exact(&mut [0; WHOLE.len()]).await.expect("it arrives");
    gateway.write_all(b"answer").await.expect("it is taken");
    client.read_exact(&mut [0; 6]).await.expect("it arrives");
}

#[tokio::test(start_paused = true)]
async fn a_later_head_that_stops_halfway_is_refused() {
    let (mut client, mut gateway) = connection();
    exchange(&mut client, &mut gateway).await;
    advance(secs(60)).await;
    client.write_all(HALF).await.expect("it is taken");
    assert_eq!(read_to_end(&mut gateway).await, (HALF.to_vec(), 10));
    gateway.shutdown().await.expect("it closes");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("it is answered");
    assert_eq!(answer, TIMED_OUT);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_gains_no_time() {
    let (mut client, mut gateway) = connection();
    let dripping = tokio::spawn(async move {
        while client.write_all(b"a").await.is_ok() {
            tokio::time::sleep(secs(3)).await;
        }
    });
    assert_eq!(read_to_end(&mut gateway).await, (b"aaaa".to_vec(), 10));
    drop(gateway);
    dripping.await.expect("it ends");
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_head_must_come_to_an_answer() {
    let (mut client, mut gateway) = connection();
    client.write_all(WHOLE).await.expect("it is taken");
    let dripping = tokio::spawn(async move {
        while client.write_all(b"\r\n\r\n").await.is_ok() {
            tokio::time::sleep(secs(4)).await;
        }
        client
    });
    let (_, seconds) = read_to_end(&mut gateway).await;
    assert_eq!(seconds, 30);
    // An answer that comes after all still leaves, and nothing was said before it.
    gateway.write_all(b"late").await.expect("it is taken");
    drop(gateway);
    let mut answer = Vec::new();
    dripping.await.expect("it ends").read_to_end(&mut answer).await.expect("it is answered");
    assert_eq!(answer, b"late");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_without_a_word() {
    let (mut client, mut gateway) = connection();
    exchange(&mut client, &mut gateway).await;
    assert_eq!(read_to_end(&mut gateway).await, (Vec::new(), 80));
    drop(gateway);
    assert_eq!(client.read(&mut [0; 1]).await.expect("it is closed"), 0);
    let (mut client, mut gateway) = connection();
    assert_eq!(read_to_end(&mut gateway).await, (Vec::new(), 75));
    drop(gateway);
    assert_eq!(client.read(&mut [0; 1]).await.expect("it is closed"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_in_use_lives_on() {
    let (mut client, mut gateway) = connection();
    for _ in 0..100 {
        exchange(&mut client, &mut gateway).await;
        advance(secs(70)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_invitation_to_send_a_body_is_no_answer() {
    let (mut client, mut gateway) = connection();
    client.write_all(WHOLE).await.expect("it is taken");
    gateway.read_exact(&mut [0; WHOLE.len()]).await.expect("it arrives");
    gateway.write_all(CONTINUE).await.expect("it is taken");
    client.write_all(b"{").await.expect("it is taken");
    assert_eq!(read_to_end(&mut gateway).await, (b"{".to_vec(), 30));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_left() {
    let (mut client, mut gateway) = connection();
    client.write_all(WHOLE).await.expect("it is taken");
    gateway.read_exact(&mut [0; WHOLE.len()]).await.expect("it arrives");
    let writing = timeout(secs(1_000), gateway.write_all(&[b'x'; 200])).await.expect("there is a limit");
    assert_eq!(writing.expect_err("nobody reads").kind(), io::ErrorKind::TimedOut);
}

/// After these pieces, each a read of its own.
fn after(pieces: &[&[u8]]) -> (Bounded<DuplexStream>, bool) {
    let (_, mut gateway) = connection();
    let fits = pieces.iter().all(|piece| gateway.received(piece));
    (gateway, fits)
}

#[tokio::test]
async fn a_head_ends_at_an_empty_line() {
    let table: [(&[&str], Awaited); 7] = [
        (&["GET / HTTP/1.1\r\n\r\n"], Awaited::Answer),
        (&["GET / HTTP/1.1\r\n", "\r\n"], Awaited::Answer),
        (&["GET / HTTP/1.1\r\nA: b\r", "\n\r", "\n"], Awaited::Answer),
        (&["POST / HTTP/1.1\n\n{"], Awaited::Answer),
        (&["GET / HTTP/1.1\r\n", "A: b\r\n"], Awaited::EndOfHead),
        (&["GET / HTTP/1.1", "\r\nA: b"], Awaited::EndOfHead),
        (&[], Awaited::Request),
    ];
    for (pieces, awaited) in table {
        let bytes: Vec<_> = pieces.iter().map(|piece| piece.as_bytes()).collect();
        assert_eq!(after(&bytes).0.awaited, awaited, "{pieces:?}");
    }
}

#[tokio::test]
async fn no_line_has_64_kib_wherever_it_stands() {
    let (half, most) = ([b'a'; 32 * 1024], [b'a'; 64 * 1024 - 1]);
    assert!(after(&[&most, b"\n", &most, b"\n"]).1);
    let table: [&[&[u8]]; 4] =
        [&[&most, b"a"], &[&half, &half], &[b"A: b\r\n", &most, b"a"], &[WHOLE, b"A: b\r\n", &half, &half]];
    for pieces in table {
        assert!(!after(pieces).1);
    }
    let whole = [&most[..], b"a: b\r\n\r\n"].concat();
    assert!(!after(&[&whole]).1);
}

#[tokio::test(start_paused = true)]
async fn of_a_line_too_long_nothing_is_handed_on() {
    let (client, socket) = duplex(1 << 20);
    let (mut client, mut gateway) = (client, Bounded::new(socket, &PATIENCE));
    client.write_all(&[b'a'; 70_000]).await.expect("it is taken");
    let mut read = Vec::new();
    gateway.read_to_end(&mut read).await.expect("it reads");
    assert!(read.len() < 64 * 1024, "{}", read.len());
    drop(gateway);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.expect("it is answered");
    assert_eq!(answer, LINE_TOO_LONG);
}
