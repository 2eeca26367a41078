//! The same work by hand on the gateway's own libraries, actix-web and redis, with nothing of what makes it a gateway: no
//! checks, rules, epochs or index of a user's sessions, no log, no metrics. The least that these libraries allow.
//!
//! Arguments: the port, the number of workers, the port of Redis.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Json};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, Script};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// As the gateway's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const TICKET: Duration = Duration::from_secs(900);
const SESSION: Duration = Duration::from_secs(86_400);
const COOKIE: &str = "__Host-portal_session_my-portal";
const EXCHANGE: &str = "local record = redis.call('GETDEL', KEYS[1])
    if record then redis.call('SET', KEYS[2], record, 'EX', ARGV[1]) end
    return record";

type Redis = Data<MultiplexedConnection>;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: String,
    slug: String,
    environment: String,
    external_id: String,
    permissions: Vec<String>,
    preview: bool,
    created_at: u64,
    expires_at: u64,
    return_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToCreate {
    slug: String,
    external_id: String,
    permissions: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    session_id: String,
    url: String,
    expires_at: u64,
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToExchange {
    session_id: String,
}

#[derive(Serialize)]
struct Exchanged<'a> {
    session: &'a RawValue,
    token: &'a str,
}

async fn create(asked: Json<ToCreate>, redis: Redis) -> HttpResponse {
    let now = now_ms();
    let ToCreate { slug, external_id, permissions } = asked.into_inner();
    let session = Session {
        id: format!("sess_{}", random::<24>()),
        slug,
        environment: "live".into(),
        external_id,
        permissions,
        preview: false,
        created_at: now,
        expires_at: now + SESSION.as_millis() as u64,
        return_url: "https://app.example.com/billing".into(),
    };
    let ticket = format!("pst_live_{}", random::<32>());
    let record = serde_json::to_string(&session).expect("it is serialised");
    let mut redis = redis.get_ref().clone();
    let set = redis.set_ex(digest("st:", &ticket), record, TICKET.as_secs());
    let () = set.await.expect("Redis answers");
    let url = format!("https://portal.example.com/?session={ticket}");
    answer(&Created { session_id: ticket, url, expires_at: now + TICKET.as_millis() as u64, id: session.id })
}

async fn exchange(asked: Json<ToExchange>, redis: Redis, script: Data<Script>) -> HttpResponse {
    let token = format!("ps_live_{}", random::<32>());
    let mut call = script.key(digest("st:", &asked.session_id));
    call.key(digest("sb:", &token)).arg(SESSION.as_secs());
    let record: Option<String> =
        call.invoke_async(&mut redis.get_ref().clone()).await.expect("Redis answers");
    let Some(record) = record else { return HttpResponse::Unauthorized().finish() };
    let session = serde_json::from_str(&record).expect("it was written here");
    let mut response = answer(&Exchanged { session, token: &token });
    let cookie =
        format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", SESSION.as_secs());
    let cookie = HeaderValue::try_from(cookie).expect("it is visible ASCII");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

async fn record_of(request: &HttpRequest, redis: Redis) -> Option<String> {
    let cookies = request.headers().get(header::COOKIE)?.to_str().ok()?;
    let token = cookies.split("; ").find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))?;
    redis.get_ref().clone().get(digest("sb:", token)).await.expect("Redis answers")
}

async fn get_session(request: HttpRequest, redis: Redis) -> HttpResponse {
    match record_of(&request, redis).await {
        Some(record) => {
            let session: &RawValue = serde_json::from_str(&record).expect("it was written here");
            answer(&session)
        }
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn authorize(request: HttpRequest, redis: Redis) -> HttpResponse {
    let Some(record) = record_of(&request, redis).await else {
        return HttpResponse::Unauthorized().finish();
    };
    let session: Session = serde_json::from_str(&record).expect("it was written here");
    let mut response = HttpResponse::Ok();
    response
        .insert_header(("portal-session-id", session.id))
        .insert_header(("portal-slug", session.slug))
        .insert_header(("portal-external-id", session.external_id))
        .insert_header(("portal-organization-id", ""))
        .insert_header(("portal-permissions", session.permissions.join(",")))
        .insert_header(("portal-environment", session.environment))
        .insert_header(("portal-preview", if session.preview { "true" } else { "false" }))
        .insert_header(("portal-expires-at", session.expires_at.to_string()));
    with_common_headers(response.finish())
}

fn answer(data: &impl Serialize) -> HttpResponse {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        meta: Meta,
        data: &'a T,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        request_id: String,
    }
    let meta = Meta { request_id: format!("req_{}", random::<15>()) };
    with_common_headers(HttpResponse::Ok().json(Envelope { meta, data }))
}

fn with_common_headers(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn digest(prefix: &str, secret: &str) -> Vec<u8> {
    [prefix.as_bytes(), &Sha256::digest(secret)].concat()
}

fn random<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, which no test gives another time")]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

fn main() -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, workers, redis_port] = arguments.as_slice() else {
        panic!("usage: sketch PORT WORKERS REDIS_PORT");
    };
    let redis = Client::open(format!("redis://127.0.0.1:{redis_port}/")).expect("the address of Redis");
    let script = Data::new(Script::new(EXCHANGE));
    let server = HttpServer::new(move || {
        let redis = redis.clone();
        App::new()
            // One connection for each worker.
            .data_factory(move || {
                let redis = redis.clone();
                async move { redis.get_multiplexed_async_connection().await }
            })
            .app_data(script.clone())
            .route("/v2/portal.createSession", web::post().to(create))
            .route("/v2/portal.exchangeSession", web::post().to(exchange))
            .route("/v2/portal.getSession", web::get().to(get_session))
            .route("/v2/portal.authorize", web::get().to(authorize))
    });
    let workers = workers.parse().expect("a number of workers");
    server.workers(workers).bind(("127.0.0.1", port.parse().expect("a port")))?.run().await
}
