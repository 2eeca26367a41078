//! A TCP proxy before a server that fails as networks do: replies that never come, packets that come late, a
//! peer that is gone without a word. (`swallowing_proxy` loses single requests and tells by a closed connection.)

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub struct FaultyProxy {
    pub port: u16,
    faults: Arc<Faults>,
}

struct Faults {
    /// Added to the way of every packet, in each direction.
    delay: watch::Sender<Duration>,
    /// Nothing passes, and nobody is told.
    silent: AtomicBool,
    /// Connections that knew a silence stay silent for ever: those with a lower number.
    lost_below: AtomicUsize,
    connections: AtomicUsize,
    /// So many requests with the marker arrive, and from then on their connection is silent towards the client.
    mute: AtomicUsize,
    muted: AtomicUsize,
}

/// What the two directions of one connection share.
struct Connection {
    number: usize,
    is_muted: AtomicBool,
    faults: Arc<Faults>,
    marker: &'static [u8],
}

impl FaultyProxy {
    /// Every request whose bytes contain `marker` counts for [`FaultyProxy::mute_next`].
    pub async fn start(server_port: u16, marker: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let faults = Arc::new(Faults {
            delay: watch::Sender::new(Duration::ZERO),
            silent: AtomicBool::new(false),
            lost_below: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            mute: AtomicUsize::new(0),
            muted: AtomicUsize::new(0),
        });
        let for_connections = faults.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server_port, marker, for_connections.clone()));
            }
        });
        FaultyProxy { port, faults }
    }

    /// Half-open connections: nothing passes, no connection is closed, new ones are accepted.
    pub fn fall_silent(&self) {
        self.faults.silent.store(true, Ordering::SeqCst);
    }

    /// New connections pass again. Those that knew the silence never do, as after a firewall's restart.
    pub fn speak_again(&self) {
        self.faults.lost_below.store(self.faults.connections.load(Ordering::SeqCst), Ordering::SeqCst);
        self.faults.silent.store(false, Ordering::SeqCst);
    }

    /// Each way takes so long from now on; packets on their way are not overtaken.
    pub fn delay(&self, by: Duration) {
        self.faults.delay.send_replace(by);
    }

    /// So many requests arrive, and their replies never come, though nothing is closed.
    pub fn mute_next(&self, count: usize) {
        self.faults.mute.store(count, Ordering::SeqCst);
    }

    /// How many have been.
    pub fn muted(&self) -> usize {
        self.faults.muted.load(Ordering::SeqCst)
    }
}

impl Connection {
    fn is_lost(&self) -> bool {
        self.faults.silent.load(Ordering::SeqCst)
            || self.number < self.faults.lost_below.load(Ordering::SeqCst)
    }

    fn note_request(&self, request: &[u8]) {
        let counts = request.windows(self.marker.len()).any(|window| window == self.marker);
        let take = |left: usize| left.checked_sub(1);
        if counts && self.faults.mute.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            self.is_muted.store(true, Ordering::SeqCst);
            self.faults.muted.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn serve(client: TcpStream, server_port: u16, marker: &'static [u8], faults: Arc<Faults>) {
    let number = faults.connections.fetch_add(1, Ordering::SeqCst);
    let connection = Connection { number, is_muted: AtomicBool::new(false), faults, marker };
    let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Closed on one side, closed on the other, unless the connection is lost: then nobody learns of it.
    tokio::select! {
        () = pass_on(from_client, to_server, &connection, true) => (),
        () = pass_on(from_server, to_client, &connection, false) => (),
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, connection: &Connection, is_request: bool) {
    let (sender, mut packets) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let mut delay = connection.faults.delay.subscribe();
    let reading = async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let packet = &buffer[..count];
            if is_request {
                connection.note_request(packet);
            }
            let is_swallowed = !is_request && connection.is_muted.load(Ordering::SeqCst);
            if !connection.is_lost() && !is_swallowed {
                let due_at = Instant::now() + *connection.faults.delay.borrow();
                let _ = sender.send((due_at, packet.to_vec()));
            }
        }
    };
    let writing = async {
        while let Some((due_at, packet)) = packets.recv().await {
            // The end of a delay frees what it held up.
            let is_over = delay.wait_for(|delay| *delay == Duration::ZERO);
            tokio::select! {
                () = tokio::time::sleep_until(due_at) => (),
                _ = is_over => (),
            }
            if !connection.is_lost() && to.write_all(&packet).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => (),
        () = writing => (),
    }
}
