//! A gateway that dies, or a reply that is lost, between the claim of a ticket and the answer to its user.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::stage::{LIMIT, created, exchanged, ms, user};
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::client::{Client, Journal, Manner};
use crate::support::history::{Name, Outcome};
use crate::support::redis_faults::FaultyRedis;

/// What an exchange has in its call of Redis, and no other call has: an argument that begins with a space.
const EXCHANGE: &[u8] = b"\r\n ";
const KEY: &str = "the-key-of-one-browser";

/// One connection, which is never given up for another: to accept that one, the gateway would need a descriptor.
struct KeptConnection(BufReader<TcpStream>);

impl KeptConnection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("it accepts");
        stream.set_read_timeout(Some(LIMIT)).expect("a socket option");
        KeptConnection(BufReader::new(stream))
    }

    /// The status of a verification.
    fn verify(&mut self, token: &str, manner: Manner) -> u16 {
        let (verb, headers) = match manner {
            Manner::GetSession => ("getSession", format!("Authorization: Bearer {token}")),
            Manner::Authorize => ("authorize", format!("Cookie: __Host-portal_session_my-portal={token}")),
            Manner::Navigation => (
                "authorize",
                format!("Cookie: __Host-portal_session_my-portal={token}\r\nSec-Fetch-Mode: navigate"),
            ),
        };
        let request = format!("GET /v2/portal.{verb} HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).expect("it reads");
        let mut next_line = || {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).expect("it answers") > 0, "it keeps the connection");
            line.trim_end().to_ascii_lowercase()
        };
        let status = next_line();
        let (mut length, mut line) = (0, next_line());
        while !line.is_empty() {
            if let Some(count) = line.strip_prefix("content-length: ") {
                length = count.parse().expect("a number");
            }
            line = next_line();
        }
        self.0.read_exact(&mut vec![0; length]).expect("a body");
        status.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
    }
}

/// The ticket's browser repeats at another replica and has its session; nobody else gets one.
async fn assert_only_its_browser_gets_in(client: &Client, gateway: usize, ticket: &Name) {
    let other = client.exchange(gateway, ticket, Some(&user("the-key-of-another-browser"))).await;
    assert_eq!(other, Outcome::Refused, "another browser");
    assert_eq!(client.exchange(gateway, ticket, None).await, Outcome::Refused, "no key");
    let token = exchanged(client, gateway, ticket, KEY).await;
    assert_eq!(exchanged(client, gateway, ticket, KEY).await, token, "a repeat");
    let live = client.verify(gateway, &token, Manner::GetSession).await;
    assert!(matches!(live, Outcome::Live { .. }), "{live:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_between_claim_and_response_locks_nobody_out() {
    let redis = FaultyRedis::start(EXCHANGE).await;
    // The proxy is before the one that dies; it waits long for its store, so that it dies waiting.
    let mut dying = Gateway::start_with(&redis.url(), "store.timeout_ms = 5000", None);
    let healthy = Gateway::start(&redis.server.url());
    let client = Client::new(Journal::new(vec![dying.url.clone(), healthy.url.clone()]));
    // From now on Redis knows the script: the reply that is lost is that of the exchange, not `NOSCRIPT`.
    let (ticket, _) = created(&client, 1, "user").await;
    exchanged(&client, 1, &ticket, KEY).await;
    for _ in 0..3 {
        let (ticket, _) = created(&client, 1, "user").await;
        let (claimed, muted) = (redis.writes(), redis.proxy.muted());
        redis.proxy.mute_next(1);
        let asking = tokio::spawn({
            let (client, ticket) = (client.clone(), ticket.clone());
            async move { client.exchange(0, &ticket, Some(&user(KEY))).await }
        });
        eventually("the ticket is claimed", LIMIT, async || {
            redis.proxy.muted() > muted && redis.writes() > claimed
        })
        .await;
        dying.kill();
        assert_eq!(asking.await.expect("no panic"), Outcome::Unanswered);
        assert_only_its_browser_gets_in(&client, 1, &ticket).await;
        dying.start_again();
    }
}

/// The gateway's own repeat finds its first success; with both replies lost, it is the client's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_replies_lock_nobody_out() {
    let redis = FaultyRedis::start(EXCHANGE).await;
    let gateway = Gateway::start(&redis.url());
    let client = Client::new(Journal::new(vec![gateway.url.clone()]));
    for lost in 1..=2 {
        let (ticket, _) = created(&client, 0, "user").await;
        redis.proxy.mute_next(lost);
        let outcome = client.exchange(0, &ticket, Some(&user(KEY))).await;
        if lost == 1 {
            assert!(matches!(outcome, Outcome::Exchanged { .. }), "{outcome:?}");
        } else {
            assert_eq!(outcome, Outcome::Outage, "{lost} replies are lost");
        }
        assert_only_its_browser_gets_in(&client, 0, &ticket).await;
    }
    assert_eq!(redis.proxy.muted(), 3, "the faults were caused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_without_file_descriptors_serves_its_users_and_recovers() {
    let redis = FaultyRedis::start(EXCHANGE).await;
    let gateway = Gateway::start_with(&redis.url(), "", Some(256));
    let client = Client::new(Journal::new(vec![gateway.url.clone()]));
    let (ticket, _) = created(&client, 0, "user").await;
    let token = exchanged(&client, 0, &ticket, KEY).await;
    let address = gateway.url.trim_start_matches("http://").to_owned();
    let mut kept = KeptConnection::open(&address);
    assert_eq!(kept.verify(&token, Manner::Navigation), 200);
    let greedy: Vec<_> =
        (0..400).map(|_| std::net::TcpStream::connect(&address).expect("the kernel accepts")).collect();
    let newcomer = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(300)).build();
    let newcomer = newcomer.expect("a client");
    let live = format!("{}/health/live", gateway.url);
    eventually("no descriptor is left", LIMIT, async || newcomer.get(&live).send().await.is_err()).await;
    // Its connection was there before.
    assert_eq!(kept.verify(&token, Manner::Navigation), 200);
    // Without its Redis connection it needs a descriptor: an outage, or what the closed one has left.
    redis.run("CLIENT KILL TYPE normal");
    for manner in [Manner::GetSession, Manner::Authorize, Manner::Navigation] {
        let status = kept.verify(&token, manner);
        assert!([200, 503].contains(&status), "{status}");
    }
    drop(greedy);
    let recovery = eventually("it accepts again", Duration::from_secs(2), async || {
        newcomer.get(&live).send().await.is_ok()
    })
    .await;
    crate::stage::tell(&format!("no file descriptors (256) | recovery {}", ms(recovery)));
    let served = client.verify(0, &token, Manner::Authorize).await;
    assert!(matches!(served, Outcome::Live { .. }), "{served:?}");
}
