//! How long a round of asking takes, who has a voice in it, and what a connection that broke makes of it.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn named(&(host, epoch): &(&str, u64)) -> Named {
    Named { epoch, address: (host.to_owned(), 6379) }
}

fn said(one: &(&str, u64)) -> Said {
    Said { sentinel: String::new(), named: named(one), is_alone: false }
}

fn asking(addresses: &[&str]) -> Asking {
    let limits = Limits::of(Duration::from_secs(10));
    let clients = addresses.iter().map(|address| Client::open(format!("redis://{address}")).expect("a URL"));
    Asking::new(clients.collect(), Passwords::of(None), "main".to_owned(), limits)
}

#[test]
fn those_that_are_late_are_waited_for_until_the_others_suffice() {
    let wait = |listed, told: &[(&str, u64)], known: Option<(&str, u64)>, is_patient| {
        let told: Vec<Said> = told.iter().map(said).collect();
        wait(listed, &told, known.map(|known| named(&known)).as_ref(), is_patient)
    };
    let known = Some(("a", 7));
    for is_patient in [true, false] {
        assert_eq!(wait(1, &[], known, is_patient), Wait::Long);
        assert_eq!(wait(2, &[("a", 7)], known, is_patient), Wait::Long);
        assert_eq!(wait(3, &[("b", 8)], known, is_patient), Wait::Long);
        assert_eq!(wait(3, &[("a", 7), ("a", 7)], known, is_patient), Wait::Short);
        for known in [known, None] {
            assert_eq!(wait(3, &[("b", 8), ("b", 8)], known, is_patient), Wait::Over);
        }
    }
    // In a failover one may be dead: its silence must not make the round longer.
    assert_eq!(wait(3, &[("a", 7), ("b", 8)], known, false), Wait::Short);
    assert_eq!(wait(3, &[("a", 7), ("b", 8)], None, true), Wait::Long, "it may decide");
}

#[test]
fn one_that_is_listed_twice_has_one_voice() {
    for (listed, voices) in [
        (&["a:1", "b:1", "a:1"][..], 2),
        (&["a:1", "a:2"], 2),
        (&["a:1", "A:1", "a.:1"], 1),
        (&["127.0.0.1:1", "127.1:1", "0x7f.0.0.1:1", "2130706433:1", "[::ffff:127.0.0.1]:1", "[::1]:1"], 2),
        (&["[::1]:1", "[0:0:0:0:0:0:0:1]:1", "[::1]:2"], 2),
    ] {
        assert_eq!(asking(listed).listed(), voices, "{listed:?}");
    }
}

/// Names a primary, and closes the connection.
async fn answer_once(client: TcpStream) {
    let (from_client, mut to_client) = client.into_split();
    let mut lines = BufReader::new(from_client).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let reply = match line.as_str() {
            "CLIENT" => "+OK\r\n",
            "GET-MASTER-ADDR-BY-NAME" => "*2\r\n$1\r\na\r\n$4\r\n6379\r\n",
            "MASTER" => "*2\r\n$12\r\nconfig-epoch\r\n$1\r\n7\r\n",
            _ => continue,
        };
        to_client.write_all(reply.as_bytes()).await.expect("it is read");
        if line == "MASTER" {
            return;
        }
    }
}

#[tokio::test]
async fn one_whose_connection_has_broken_since_is_asked_on_a_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let asking = asking(&[&address]);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(answer_once(client));
        }
    });
    for _ in 0..4 {
        let round = asking.round(None, true).await;
        assert_eq!(round.told.len(), 1, "{:?}", round.silent);
    }
}
