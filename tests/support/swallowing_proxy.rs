//! A TCP proxy before Redis that can swallow replies: the request arrives, its answer never does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub struct SwallowingProxy {
    pub port: u16,
    /// Replies to requests that contain this text are swallowed, and their connection broken, so many times.
    swallow: Arc<AtomicUsize>,
    pub swallowed: Arc<AtomicUsize>,
}

impl SwallowingProxy {
    /// Every request whose bytes contain `marker` counts.
    pub async fn start(redis_port: u16, marker: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (swallow, swallowed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (swallow.clone(), swallowed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, redis_port, marker, counters.clone()));
            }
        });
        SwallowingProxy { port, swallow, swallowed }
    }

    pub fn swallow_next(&self, count: usize) {
        self.swallow.store(count, Ordering::SeqCst);
    }

    pub fn swallowed(&self) -> usize {
        self.swallowed.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut client: TcpStream,
    redis_port: u16,
    marker: &'static [u8],
    (swallow, swallowed): (Arc<AtomicUsize>, Arc<AtomicUsize>),
) {
    let Ok(mut redis) = TcpStream::connect(("127.0.0.1", redis_port)).await else {
        return;
    };
    let (mut from_client, mut from_redis) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut doomed = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(count @ 1..) = read else { return };
                let request = &from_client[..count];
                if request.windows(marker.len()).any(|window| window == marker)
                    && swallow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
                {
                    doomed = true;
                }
                if redis.write_all(request).await.is_err() { return }
            }
            read = redis.read(&mut from_redis) => {
                let Ok(count @ 1..) = read else { return };
                if doomed {
                    // Redis has carried the request out; its client will never know.
                    swallowed.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if client.write_all(&from_redis[..count]).await.is_err() { return }
            }
        }
    }
}
