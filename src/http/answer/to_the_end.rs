//! What has begun is served to its end, also when its client goes meanwhile.
//!
//! Owns: that. actix drops what it serves together with the connection. By then the store may have done what was asked, and
//! nothing would tell of it: whoever revokes with a stolen key and hangs up would leave neither an event nor a line.
//! Its connection's task goes on with it, so it keeps its place among a worker's connections, and a stop waits for it. (The
//! codec drops a request only with its connection, which has one at a time.)
//! Must not know: what is served. Each wait in it has a limit of its own.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

type Unfinished = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// What the connection that runs on this thread leaves behind. Between connections there is no list: what is dropped then
    /// is dropped with its worker.
    static LEFT_BEHIND: RefCell<Option<Vec<Unfinished>>> = const { RefCell::new(None) };
}

/// Serves a request. If it is dropped before its end, [`outlived`] goes on with it.
pub struct ToTheEnd<F: Future + 'static> {
    /// Until it has ended.
    serving: Option<Pin<Box<F>>>,
}

impl<F: Future + 'static> ToTheEnd<F> {
    pub fn new(serving: F) -> Self {
        ToTheEnd { serving: Some(Box::pin(serving)) }
    }
}

impl<F: Future + 'static> Future for ToTheEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out meanwhile: after a panic there is nothing to go on with. Nobody asks again after the end.
        let Some(mut serving) = self.serving.take() else { return Poll::Pending };
        let polled = serving.as_mut().poll(cx);
        if polled.is_pending() {
            self.serving = Some(serving);
        }
        polled
    }
}

impl<F: Future + 'static> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        let Some(serving) = self.serving.take() else { return };
        // (At the thread's own end the list is gone.)
        let _ = LEFT_BEHIND.try_with(|left| {
            if let Some(left) = left.borrow_mut().as_mut() {
                left.push(Box::pin(async move {
                    serving.await;
                }));
            }
        });
    }
}

pin_project! {
    /// Serves a connection, and then what it has left behind. (An `async fn` would keep room for the connection twice, of
    /// which a gateway has thousands.)
    pub struct Outlived<C: Future> {
        // Until it has ended.
        #[pin]
        connection: Option<C>,
        output: Option<C::Output>,
        left: Vec<Unfinished>,
    }
}

pub fn outlived<C: Future>(connection: C) -> Outlived<C> {
    Outlived { connection: Some(connection), output: None, left: Vec::new() }
}

impl<C: Future> Future for Outlived<C> {
    type Output = C::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let mut this = self.project();
        if let Some(connection) = this.connection.as_mut().as_pin_mut() {
            let _turn = Turn::of(this.left);
            *this.output = Some(ready!(connection.poll(cx)));
            this.connection.set(None);
        }
        while let Some(unfinished) = this.left.last_mut() {
            ready!(unfinished.as_mut().poll(cx));
            this.left.pop();
        }
        // Nobody asks again after the end.
        this.output.take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Exists while a connection runs. Restores what was there before it, even after a panic.
struct Turn<'a> {
    before: Option<Vec<Unfinished>>,
    left: &'a mut Vec<Unfinished>,
}

impl<'a> Turn<'a> {
    fn of(left: &'a mut Vec<Unfinished>) -> Self {
        let before = LEFT_BEHIND.replace(Some(std::mem::take(left)));
        Turn { before, left }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.left = LEFT_BEHIND.replace(self.before.take()).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;
    use std::rc::Rc;

    use tokio::task::yield_now;

    use super::*;

    /// Takes two turns.
    fn serving(ended: &Rc<Cell<u32>>) -> ToTheEnd<impl Future<Output = ()> + use<>> {
        let ended = ended.clone();
        ToTheEnd::new(async move {
            yield_now().await;
            yield_now().await;
            ended.set(ended.get() + 1);
        })
    }

    async fn begun(request: ToTheEnd<impl Future<Output = ()> + 'static>) {
        let mut request = pin!(Some(request));
        std::future::poll_fn(|cx| {
            let polled = request.as_mut().as_pin_mut().map(|request| request.poll(cx).is_pending());
            assert_eq!(polled, Some(true));
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test]
    async fn what_a_connection_leaves_is_served_once_and_waited_for() {
        let ended = Rc::new(Cell::new(0));
        let output = outlived(async {
            serving(&ended).await;
            assert_eq!(ended.get(), 1);
            begun(serving(&ended)).await;
            drop(serving(&ended));
            yield_now().await;
            assert_eq!(ended.get(), 1);
            7
        });
        assert_eq!((output.await, ended.get()), (7, 3));
    }

    #[tokio::test]
    async fn nothing_is_kept_where_nobody_goes_on_with_it() {
        let ended = Rc::new(Cell::new(0));
        begun(serving(&ended)).await;
        let connection = outlived(async {
            begun(serving(&ended)).await;
            yield_now().await;
        });
        // A worker that is stopped.
        {
            let mut connection = Box::pin(connection);
            std::future::poll_fn(|cx| {
                assert!(connection.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        yield_now().await;
        assert_eq!((ended.get(), Rc::strong_count(&ended)), (0, 1));
        assert!(LEFT_BEHIND.with_borrow(Option::is_none));
    }

    #[test]
    fn it_takes_hardly_more_room_than_the_connection() {
        let connection = async {
            let room = [0_u8; 4_096];
            yield_now().await;
            room.len()
        };
        let alone = size_of_val(&connection);
        assert!(size_of_val(&outlived(connection)) <= alone + 64);
    }
}
