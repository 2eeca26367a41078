//! The metrics' own listener, where scrapers come.
//!
//! Owns: that whatever else comes there ends no differently than at the public listener: no connection is held by silence, no
//! line makes the codec panic, and bytes that are no request leave one line. (`actix_web::HttpServer` has no place for
//! [`super::bounds`] and [`super::raw_errors`].)
//! Must not know: what a metric is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Service};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpResponse, web};

use super::bounds::Bounded;
use super::listener::{KEEP_ALIVE, PATIENCE, bind};
use super::raw_errors::{Answer, RawErrors};
use crate::http::answer::common_headers::add_request_id;
use crate::http::answer::lost;
use crate::http::request::kept::new_request_id;
use crate::http::request::spelling::take_as_it_came;

/// A scraper reads at once or not at all, and no stop waits for it.
pub const FINISH_SECONDS: u64 = 2;

/// Starts to listen, on one thread.
pub fn listen(
    address: SocketAddr,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<(Server, SocketAddr)> {
    let listener = bind(address)?;
    let address = listener.local_addr()?;
    let builder = Server::build().workers(1).disable_signals().shutdown_timeout(FINISH_SECONDS);
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("vestibule-metrics", listener, move || {
        let app = App::new().configure(routes.clone()).wrap_fn(|mut request, app| {
            take_as_it_came(&mut request);
            let answered = app.call(request);
            async move {
                let mut answered = answered.await?;
                mark(answered.response_mut());
                Ok(answered)
            }
        });
        let app = app.into_factory().map_err(|error: actix_web::Error| {
            let mut response = error.error_response();
            mark(&mut response);
            response
        });
        let stopping = stopping.clone();
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(Duration::ZERO)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .local_addr(address)
            .finish(map_config(app, |()| AppConfig::default()));
        let answer: Answer = Arc::new(lost::bare_answer);
        let connection = fn_service(move |socket: TcpStream| {
            let answer = answer.clone();
            async move {
                let peer = socket.peer_addr().ok();
                let socket = Bounded::new(RawErrors::new(socket, answer), &PATIENCE);
                Ok((socket, actix_http::Protocol::Http1, peer))
            }
        });
        connection.and_then(http)
    })?;
    Ok((builder.run(), address))
}

/// `RawErrors` would take an empty refusal of ours, which has no id, for one of the codec's.
fn mark(response: &mut HttpResponse) {
    add_request_id(response.headers_mut(), &new_request_id());
}
