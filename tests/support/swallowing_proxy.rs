//! A TCP proxy before a server that can lose what passes: a request on its way there, or the reply to one on
//! its way back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct SwallowingProxy {
    pub port: u16,
    faults: Arc<Faults>,
}

/// What is still to be lost, and what has been. Each loss breaks its connection.
#[derive(Default)]
struct Faults {
    cut: AtomicUsize,
    swallow: AtomicUsize,
    swallowed: AtomicUsize,
    connections: AtomicUsize,
}

impl SwallowingProxy {
    /// Every request whose bytes contain `marker` counts.
    pub async fn start(server_port: u16, marker: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let faults = Arc::<Faults>::default();
        let for_connections = faults.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                for_connections.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(client, server_port, marker, for_connections.clone()));
            }
        });
        SwallowingProxy { port, faults }
    }

    /// So many requests never arrive.
    pub fn cut_next(&self, count: usize) {
        self.faults.cut.store(count, Ordering::SeqCst);
    }

    /// So many requests arrive, and their replies do not.
    pub fn swallow_next(&self, count: usize) {
        self.faults.swallow.store(count, Ordering::SeqCst);
    }

    /// How many were made.
    pub fn connections(&self) -> usize {
        self.faults.connections.load(Ordering::SeqCst)
    }

    pub fn swallowed(&self) -> usize {
        self.faults.swallowed.load(Ordering::SeqCst)
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

async fn serve(mut client: TcpStream, server_port: u16, marker: &'static [u8], faults: Arc<Faults>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server_port)).await else {
        return;
    };
    let (mut from_client, mut from_server) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut doomed = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(count @ 1..) = read else { return };
                let request = &from_client[..count];
                if request.windows(marker.len()).any(|window| window == marker) {
                    if take_one(&faults.cut) { return }
                    doomed |= take_one(&faults.swallow);
                }
                if server.write_all(request).await.is_err() { return }
            }
            read = server.read(&mut from_server) => {
                let Ok(count @ 1..) = read else { return };
                if doomed {
                    // The server has carried the request out; its client will never know.
                    faults.swallowed.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if client.write_all(&from_server[..count]).await.is_err() { return }
            }
        }
    }
}
