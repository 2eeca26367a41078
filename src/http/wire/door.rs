//! The last moment of a listener, before it closes.
//!
//! Owns: that nobody is cut off who has a connection already. The kernel makes connections ahead of `accept`. If the listener
//! closes, it resets those that wait, and a proxy that has sent a POST there may not send it again. So for a moment no
//! new connection begins: whoever tries it is refused at the next try, a second later, and a proxy goes to the next replica.
//! Must not know: how requests are finished.

use std::net::TcpListener;
use std::time::Duration;

/// For handshakes that have begun, and for whoever waits to be accepted to send a request.
const SETTLE: Duration = Duration::from_millis(100);

/// A second handle of the listener's socket. The socket is open until both are gone.
pub struct Door(TcpListener);

impl Door {
    /// Beside the one that accepts.
    pub fn of(listener: &TcpListener) -> std::io::Result<Self> {
        listener.try_clone().map(Door)
    }

    /// Lets nobody begin a connection any more. Returns when those who had begun are in; the listener is to be closed then.
    pub async fn close(self) {
        match drop_newcomers(&self.0) {
            Ok(()) => tokio::time::sleep(SETTLE).await,
            Err(error) => tracing::debug!(%error, "the listener closes without having turned newcomers away"),
        }
    }
}

/// By a filter in the kernel: of what comes to the listener, it drops what has SYN in the flags of TCP (RFC 9293 section
/// 3.1, the 14th byte), and keeps the rest.
#[cfg(target_os = "linux")]
fn drop_newcomers(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};

    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_ANY_BIT: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_ANY_BIT, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn drop_newcomers(_listener: &TcpListener) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
