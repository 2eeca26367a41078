//! What has begun is served to its end, also when its client goes meanwhile.
//!
//! Owns: that. actix drops what it serves together with the connection. By then the store may have done what was asked, and
//! nothing would tell of it: whoever revokes with a stolen key and hangs up would leave neither an event nor a line.
//! Must not know: what is served. Every wait in it has a limit of its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::rt;

/// Serves it.
pub struct ToTheEnd<F: Future + 'static>
where
    F::Output: 'static,
{
    /// Until it has ended.
    serving: Option<Pin<Box<F>>>,
}

impl<F: Future + 'static> ToTheEnd<F>
where
    F::Output: 'static,
{
    /// To be dropped on a thread that serves.
    pub fn new(serving: F) -> Self {
        ToTheEnd { serving: Some(Box::pin(serving)) }
    }
}

impl<F: Future + 'static> Future for ToTheEnd<F>
where
    F::Output: 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Nobody asks again after the end.
        let Some(serving) = &mut self.serving else { return Poll::Pending };
        let output = ready!(serving.as_mut().poll(cx));
        self.serving = None;
        Poll::Ready(output)
    }
}

impl<F: Future + 'static> Drop for ToTheEnd<F>
where
    F::Output: 'static,
{
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            rt::spawn(serving);
        }
    }
}
