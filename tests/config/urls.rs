//! Parts of URLs that would be ignored: each is a fault, and tells what to write.

use super::{PORTAL, SECRET, accepted, load_with, locations, refused};

fn store(url: &str) -> String {
    format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\"")
}

/// Other programs take the database, the password or TLS from there.
#[test]
fn a_part_of_the_stores_url_that_would_be_ignored_is_a_fault() {
    for (url, fix) in [
        ("redis://a?db=5", "redis://host:6379/5"),
        ("redis://a:6379/?DB=5", "redis://host:6379/5"),
        ("rediss://a/0?protocol=resp3&password=canary", "redis://user:password@host"),
        ("rediss://a?ssl_cert_reqs=none", "store.ca_file"),
        ("redis://a?timeout=5", "store.timeout_ms"),
        ("redis://a?canary=1", "Take it out"),
        ("redis://a?canary", "Take it out"),
        ("redis+sentinel://a/main?db=5", "/master/5"),
        ("redis+sentinel://a?master=main", "/master."),
        ("redis+cluster://a,b?db=1", "only the database 0"),
        ("redis+cluster://a:7000?x=1", "Take it out"),
        ("redis+unix:///run/redis.sock?database=5", "?db=5"),
        ("redis+unix:///run/redis.sock?db=5&username=canary", "user="),
        ("redis+unix:///run/redis.sock?password=canary", "pass="),
        ("redis+unix:///run/redis.sock?timeout=5", "Known are db"),
        ("redis+unix://canary:canary@localhost/run/redis.sock", "three slashes"),
        ("redis+unix://run/redis.sock", "three slashes"),
        ("redis+cluster://a,b#canary", "%23"),
        ("redis+sentinel://a/main#canary", "%23"),
        ("redis://canary@a", "store.password_file"),
        ("redis+sentinel://canary@a/main", "store.password_file"),
        ("redis+unix:///run/redis.sock?user=canary", "store.password_file"),
        ("redis://a/-1", "Write"),
    ] {
        let faults = refused(&store(url));
        assert_eq!(locations(&faults), ["store.url"], "{url}");
        assert!(faults[0].fix.contains(fix), "{url}: {}", faults[0]);
        assert!(!format!("{faults:?}").contains("canary"), "{faults:?}");
    }
    for url in [
        "redis://a",
        "redis://a?",
        "redis://a:6379/5?protocol=resp3",
        "redis://:word@a/5",
        "redis+unix:///run/redis.sock?db=5&user=name&pass=word&protocol=resp2",
    ] {
        accepted(&store(url));
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "a word\n").expect("a file is written");
    accepted(&format!("{}\npassword_file = {:?}", store("redis://name@a"), file.path()));
}

#[test]
fn a_part_of_an_address_that_would_be_ignored_is_a_fault() {
    for (text, location) in [
        ("[server]\npublic_url = \"https://a.example/?canary=1\"".to_owned(), "server.public_url"),
        ("[server]\npublic_url = \"https://a.example/#canary\"".to_owned(), "server.public_url"),
        (format!("{PORTAL}public_url = \"https://a.example?\""), "workspaces[0].portals[0].public_url"),
        ("errors.type_base = \"https://a.example/errors?canary=1\"".to_owned(), "errors.type_base"),
        (
            format!("{PORTAL}return_urls = [\"https://a.example/\", \"https://a.example/x?tenant=canary\"]"),
            "workspaces[0].portals[0].return_urls[1]",
        ),
        (
            format!("{PORTAL}logo_url = \"https://user:canary@a.example/logo.svg\""),
            "workspaces[0].portals[0].logo_url",
        ),
        (
            format!("{PORTAL}return_urls = [\"https://a.example/#canary\"]"),
            "workspaces[0].portals[0].return_urls[0]",
        ),
    ] {
        let faults = refused(&text);
        assert_eq!(locations(&faults), [location], "{text}");
        assert!(!format!("{faults:?}").contains("canary"), "{faults:?}");
    }
    // These are sent as they are.
    let whole = "return_url = \"https://a.example/?a=b#c\"\ntest_url = \"https://b.example/?a=b#/enter\"";
    accepted(&format!("{PORTAL}{whole}"));
    assert!(
        load_with("server.public_url = \"https://a.example/base/\"\nstore.allow_memory = true", &[]).is_ok()
    );
}

/// The policy of a page names hosts, and would read these otherwise: `;` begins a directive, `*` is every host.
#[test]
fn a_host_that_would_mean_something_in_a_pages_policy_is_a_fault() {
    let portal = |line: &str| {
        format!("[[workspaces]]\nid = \"w\"\n[[workspaces.portals]]\nslug = \"my-portal\"\n{line}\n")
    };
    let keys = ["url", "test_url", "public_url", "return_url", "logo_url"];
    for host in [
        "a;b.example.com",
        "a,b.example.com",
        "a'b.example.com",
        "*",
        "*.example.com",
        "a*.example.com",
        "a;",
        "a$b",
        "a(b)",
        "a~b",
        "a&b=c",
        "a!b",
        "a`b",
        "{a}",
    ] {
        let address = format!("\"https://{host}/x\"");
        for key in keys {
            let own = if key == "url" { "" } else { "url = \"https://p.example.com/\"\n" };
            let faults = refused(&portal(&format!("{own}{key} = {address}")));
            assert_eq!(locations(&faults), [format!("workspaces[0].portals[0].{key}")], "{host}");
        }
        for key in ["return_urls", "allowed_origins"] {
            let faults =
                refused(&portal(&format!("url = \"https://p.example.com/\"\n{key} = [\"https://{host}\"]")));
            assert_eq!(locations(&faults), [format!("workspaces[0].portals[0].{key}[0]")], "{host}");
        }
    }
    for host in [
        "a-b.example.com",
        "my_portal",
        "a.example.com.",
        "xn--mnchen-3ya.example",
        "m\u{fc}nchen.example",
        "192.0.2.1",
        "[2001:db8::1]:8443",
        "[::ffff:192.0.2.1]",
        "A.Example.com:443",
    ] {
        for key in keys {
            let own = if key == "url" { "" } else { "url = \"https://p.example.com/\"\n" };
            accepted(&portal(&format!("{own}{key} = \"https://{host}/x\"")));
        }
    }
}
