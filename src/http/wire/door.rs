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
            Err(error) => tracing::warn!(
                %error,
                "this kernel takes no filter of sockets, so connections that wait to be accepted are reset as the listener closes"
            ),
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::telemetry::{KeptLog, log_of_this_thread};

    async fn told_at_the_close_of(listener: &TcpListener) -> String {
        let log = KeptLog::default();
        let guards = log_of_this_thread(log.clone());
        Door::of(listener).expect("a handle").close().await;
        drop(guards);
        log.text()
    }

    /// Nobody would know that the promise of a good end does not hold there.
    #[tokio::test]
    async fn a_kernel_that_takes_no_filter_is_told() {
        // What is no socket takes none either.
        let nothing = OwnedFd::from(File::open("/dev/null").expect("it is there"));
        let told = told_at_the_close_of(&TcpListener::from(nothing)).await;
        assert_eq!(told.matches("\"level\":\"WARN\"").count(), 1, "{told}");
        assert!(told.contains("takes no filter of sockets"), "{told}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn one_that_takes_it_has_nothing_to_tell() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("it listens");
        assert_eq!(told_at_the_close_of(&listener).await, "");
    }
}
