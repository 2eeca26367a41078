//! Which address counts, header by header.

use actix_web::http::header::HeaderValue;

use super::*;

/// The configured header, a request's headers, and the client's address. 10.0.0.0/8 is trusted.
type Row = (&'static str, &'static [(&'static str, &'static [u8])], &'static str);

fn check(peer: &str, rows: &[Row]) {
    let trusted = ["10.0.0.0/8".parse().expect("a network")];
    for (configured, pairs, expected) in rows {
        let mut headers = HeaderMap::new();
        for (name, value) in *pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a value"));
        }
        let peer = canonical(peer.parse().expect("an address"));
        let found = behind_proxies(peer, &headers, &HeaderName::from_static(configured), &trusted);
        let shown: Vec<_> =
            pairs.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii())).collect();
        assert_eq!(found.to_string(), *expected, "{configured} of {peer} {shown:?}");
        assert_eq!(text(found), *expected);
    }
}

const XFF: &str = "x-forwarded-for";

#[test]
fn a_peer_that_is_no_proxy_is_the_client() {
    check(
        "203.0.113.9",
        &[
            (XFF, &[], "203.0.113.9"),
            (XFF, &[(XFF, b"198.51.100.1")], "203.0.113.9"),
            ("forwarded", &[("forwarded", b"for=198.51.100.1")], "203.0.113.9"),
        ],
    );
}

#[test]
fn the_last_untrusted_address_counts() {
    check(
        "10.0.0.1",
        &[
            (XFF, &[(XFF, b"198.51.100.1")], "198.51.100.1"),
            (XFF, &[(XFF, b"6.6.6.6, 198.51.100.1")], "198.51.100.1"),
            (XFF, &[(XFF, b"6.6.6.6,\t198.51.100.1\t, 10.0.0.2")], "198.51.100.1"),
            (XFF, &[(XFF, b"6.6.6.6"), (XFF, b"198.51.100.1")], "198.51.100.1"),
            (XFF, &[(XFF, b"198.51.100.1, 10.0.0.3"), (XFF, b"10.0.0.2")], "198.51.100.1"),
            (XFF, &[(XFF, b"10.0.0.2, 10.0.0.3")], "10.0.0.2"),
            (XFF, &[(XFF, b"198.51.100.1:4711")], "198.51.100.1"),
            (XFF, &[(XFF, b"[2001:db8::1]:443")], "2001:db8::1"),
            (XFF, &[(XFF, b"[2001:db8::1]")], "2001:db8::1"),
            (XFF, &[(XFF, b"2001:db8::1")], "2001:db8::1"),
            (XFF, &[(XFF, b"\"198.51.100.1")], "10.0.0.1"),
        ],
    );
    check("::ffff:10.0.0.1", &[(XFF, &[(XFF, b"::ffff:198.51.100.1")], "198.51.100.1")]);
}

#[test]
fn what_cannot_be_read_is_a_hop_that_cannot_be_read() {
    check(
        "10.0.0.1",
        &[
            (XFF, &[(XFF, b"\xff")], "10.0.0.1"),
            (XFF, &[(XFF, b"6.6.6.6, \xff")], "10.0.0.1"),
            (XFF, &[(XFF, b"\xff, 198.51.100.1")], "198.51.100.1"),
            (XFF, &[(XFF, b"6.6.6.6"), (XFF, b"\xff, 10.0.0.2")], "10.0.0.2"),
            (XFF, &[(XFF, b"6.6.6.6, garbage")], "10.0.0.1"),
            (XFF, &[(XFF, b"6.6.6.6,")], "10.0.0.1"),
            (XFF, &[(XFF, b"")], "10.0.0.1"),
            (XFF, &[(XFF, b"\xe3\x80\x80198.51.100.1")], "10.0.0.1"),
            (XFF, &[(XFF, b"198.51.100.1:port")], "10.0.0.1"),
            (XFF, &[(XFF, b"[2001:db8::1]x")], "10.0.0.1"),
            (XFF, &[(XFF, b"[198.51.100.1]")], "10.0.0.1"),
            (XFF, &[(XFF, b"198.51.100.1 6.6.6.6")], "10.0.0.1"),
        ],
    );
}

#[test]
fn no_other_header_counts() {
    check(
        "10.0.0.1",
        &[
            (XFF, &[("forwarded", b"for=6.6.6.6")], "10.0.0.1"),
            (XFF, &[(XFF, b"\xff"), ("forwarded", b"for=6.6.6.6")], "10.0.0.1"),
            ("forwarded", &[(XFF, b"6.6.6.6")], "10.0.0.1"),
            ("cf-connecting-ip", &[(XFF, b"6.6.6.6"), ("cf-connecting-ip", b"198.51.100.1")], "198.51.100.1"),
            ("cf-connecting-ip", &[(XFF, b"6.6.6.6")], "10.0.0.1"),
            ("x-real-ip", &[("x-real-ip", b"6.6.6.6, 198.51.100.1")], "198.51.100.1"),
        ],
    );
}

#[test]
fn forwarded_is_read_as_rfc_7239_says() {
    check(
        "10.0.0.1",
        &[
            ("forwarded", &[("forwarded", b"for=192.0.2.60;proto=http;by=203.0.113.43")], "192.0.2.60"),
            ("forwarded", &[("forwarded", b"proto=http; For = \"x\", for=192.0.2.60")], "192.0.2.60"),
            (
                "forwarded",
                &[("forwarded", b"for=6.6.6.6, FOR=\"[2001:db8:cafe::17]:4711\"")],
                "2001:db8:cafe::17",
            ),
            ("forwarded", &[("forwarded", b"for=192.0.2.60;host=\"a,b;for=6.6.6.6\"")], "192.0.2.60"),
            ("forwarded", &[("forwarded", b"for=\"6.6.6.6, for=192.0.2.60")], "192.0.2.60"),
            ("forwarded", &[("forwarded", b"for=192.0.2.60, for=10.0.0.3;by=\"10.0.0.2\"")], "192.0.2.60"),
            ("forwarded", &[("forwarded", b"for=unknown")], "10.0.0.1"),
            ("forwarded", &[("forwarded", b"for=_hidden")], "10.0.0.1"),
            ("forwarded", &[("forwarded", b"by=6.6.6.6")], "10.0.0.1"),
            ("forwarded", &[("forwarded", b"for=6.6.6.6;for=6.6.6.7")], "10.0.0.1"),
            ("forwarded", &[("forwarded", b"for=\"192.0.2.60")], "10.0.0.1"),
            ("forwarded", &[("forwarded", b"192.0.2.60")], "10.0.0.1"),
        ],
    );
}
