//! The public listener: accepts connections and serves the routes on them.
//!
//! Owns: the limits of a connection, and that even input that never becomes a request is answered with a problem.
//! (`actix_web::HttpServer` has no place between the socket and the HTTP codec, where [`super::raw_errors`] has to be.)
//! Must not know: where it listens, or what a gateway is made of.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, Service};
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};

use super::bounds::{Bounded, Patience};
use super::door::Door;
use super::raw_errors::{Answer, RawErrors};
use crate::http::answer::to_the_end::outlived;
use crate::http::answer::{finish, lost};
use crate::http::gateway::Gateway;

/// The head of a request must arrive within this time; its body too (`request::body`).
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than the idle time of common proxies, so that they close first and never meet a closing connection.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Limits where actix has none of its own. The time for an answer covers reading the body and calling the store twice.
pub(super) const PATIENCE: Patience = Patience {
    head: HEAD_TIMEOUT,
    answer: Duration::from_secs(30),
    first: KEEP_ALIVE,
    idle: KEEP_ALIVE.saturating_add(Duration::from_secs(5)),
};
/// Time for requests in flight once the listener is closed. With `server.drain_seconds` before it, it stays below the 30
/// seconds that orchestrators grant.
const FINISH_SECONDS: u64 = 20;
/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// Starts to listen. Each worker thread makes its own gateway.
pub fn listen(
    address: SocketAddr,
    workers: usize,
    make_gateway: impl Fn() -> Gateway + Send + Clone + 'static,
    routes: fn(&mut web::ServiceConfig),
) -> io::Result<(Server, SocketAddr, Door)> {
    let listener = bind(address)?;
    let (address, door) = (listener.local_addr()?, Door::of(&listener)?);
    let mut builder = Server::build().disable_signals().shutdown_timeout(FINISH_SECONDS);
    if workers > 0 {
        builder = builder.workers(workers);
    }
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("vestibule", listener, move || {
        let gateway = web::Data::new(make_gateway());
        let answer: Answer = Arc::new({
            let gateway = gateway.clone().into_inner();
            move |status| lost::raw_answer(&gateway, status)
        });
        let app = App::new().app_data(gateway.clone()).configure(routes).wrap_fn(finish::finish);
        let app = app.into_factory().map_err(|error: actix_web::Error| error.error_response());
        let stopping = stopping.clone();
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            // `Bounded` has this limit. The codec counts from the connection's first moment, and answers a 408 to those
            // that have sent nothing yet, or whose request has just arrived and is not read.
            .client_request_timeout(Duration::ZERO)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .local_addr(address)
            .finish(map_config(app, |()| AppConfig::default()));
        let connection = fn_service(move |socket: TcpStream| {
            let (answer, gateway) = (answer.clone(), gateway.clone());
            async move {
                // Answers are small and complete; waiting to fill a packet would only delay them.
                let _ = socket.set_nodelay(true);
                let peer = socket.peer_addr().ok();
                let socket = Bounded::new(RawErrors::new(socket, answer), &PATIENCE);
                let socket = socket.counted(gateway.metrics.http.connected());
                Ok((socket, actix_http::Protocol::Http1, peer))
            }
        });
        connection.and_then(apply_fn_factory(http, |socket, http| outlived(http.call(socket))))
    })?;
    Ok((builder.run(), address, door))
}

pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
