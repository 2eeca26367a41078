//! Bare actix-web, answering from memory the very bytes that the gateway answered once: what remains when all
//! of the gateway's work is taken away.
//!
//! Arguments: the port, the number of workers, a file of answers: `{path: {"headers": [[name, value]], "body": …}}`.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    headers: Vec<(String, String)>,
    body: String,
}

struct Ready {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: web::Bytes,
}

fn ready(answer: Answer) -> Ready {
    let header = |(name, value): (String, String)| {
        let name = HeaderName::try_from(name).expect("a header's name");
        (name, HeaderValue::try_from(value).expect("a header's value"))
    };
    Ready { headers: answer.headers.into_iter().map(header).collect(), body: answer.body.into() }
}

fn respond(answer: &Ready) -> HttpResponse {
    let mut response = HttpResponse::Ok().body(answer.body.clone());
    for (name, value) in &answer.headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

fn main() -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, workers, file] = arguments.as_slice() else {
        panic!("usage: bare PORT WORKERS FILE");
    };
    let answers: HashMap<String, Answer> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let answers: HashMap<String, Arc<Ready>> =
        answers.into_iter().map(|(path, answer)| (path, Arc::new(ready(answer)))).collect();
    let server = HttpServer::new(move || {
        let mut app = App::new();
        for (path, answer) in &answers {
            let (for_get, for_post) = (answer.clone(), answer.clone());
            app = app.service(
                web::resource(path)
                    .route(web::get().to(move || std::future::ready(respond(&for_get))))
                    .route(web::post().to(move |_body: web::Bytes| std::future::ready(respond(&for_post)))),
            );
        }
        app
    });
    let workers = workers.parse().expect("a number of workers");
    server.workers(workers).bind(("127.0.0.1", port.parse().expect("a port")))?.run().await
}
