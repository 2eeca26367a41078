//! Redis restarts with the data that its persistence kept: all, some, none, or an old copy that somebody restored.
//! A spent ticket never works again, whatever came back.

use crate::stage::{LIMIT, created, exchanged, user};
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::client::{Client, Journal, Manner};
use crate::support::history::{Name, Outcome};
use crate::support::redis_server::RedisServer;

const KEY: &str = "the-key-of-one-browser";

/// What Redis still knows after its restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Everything,
    /// The state of when the ticket was not yet spent.
    AnOldCopy,
    Nothing,
}

async fn restarts(arguments: &[&str], kept: Kept) {
    let redis = RedisServer::start_with(arguments);
    let gateway = Gateway::start(&redis.url());
    let client = Client::new(Journal::new(vec![gateway.url.clone()]));
    let (before, _) = created(&client, 0, "user").await;
    let old = exchanged(&client, 0, &before, KEY).await;
    let (ticket, _) = created(&client, 0, "user").await;
    if kept == Kept::AnOldCopy {
        redis.command(&["SAVE"]);
    }
    let token = exchanged(&client, 0, &ticket, KEY).await;
    // At once: what was not yet on its way to the disk is lost.
    redis.kill();
    redis.start_again();
    eventually("the store is back", LIMIT, async || {
        !client.verify(0, &old, Manner::GetSession).await.has_failed()
    })
    .await;

    for key in [None, Some(user("the-key-of-another-browser"))] {
        let second = client.exchange(0, &ticket, key.as_ref()).await;
        assert_eq!(second, Outcome::Refused, "a spent ticket: {kept:?}");
    }
    let is_live = async |token: &Name| {
        matches!(client.verify(0, token, Manner::GetSession).await, Outcome::Live { .. })
    };
    assert_eq!(is_live(&old).await, kept != Kept::Nothing, "a session of long ago");
    assert_eq!(is_live(&token).await, kept == Kept::Everything, "the newest session");
    let (fresh, _) = created(&client, 0, "user").await;
    let fresh = exchanged(&client, 0, &fresh, KEY).await;
    assert!(is_live(&fresh).await, "life goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_every_write_on_disk() {
    restarts(&["--appendonly", "yes", "--appendfsync", "always"], Kept::Everything).await;
}

/// A killed process loses nothing of what it wrote; a machine without power would lose a second of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_last_second_in_the_kernel() {
    restarts(&["--appendonly", "yes", "--appendfsync", "no"], Kept::Everything).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_old_copy_in_which_the_ticket_is_unspent() {
    restarts(&[], Kept::AnOldCopy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nothing() {
    restarts(&[], Kept::Nothing).await;
}
