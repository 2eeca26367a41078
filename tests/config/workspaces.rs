//! Faults of workspaces, portals and root keys, and the names that must be unique among them.

use std::collections::HashMap;

use super::{PORTAL, accepted, locations, refused};

#[test]
fn a_fault_of_a_portal_is_told_with_its_place() {
    for (keys, name) in [
        ("test_url = \"portal-test.example.com\"", "test_url"),
        ("return_url = \"javascript:alert(1)\"", "return_url"),
        ("return_url = \"/billing\"", "return_url"),
        ("return_urls = [\"https://a.example/\", \"//b.example/\"]", "return_urls[1]"),
        ("return_urls = [\"https://user@a.example/\"]", "return_urls[0]"),
        ("allowed_origins = [\"*\"]", "allowed_origins[0]"),
        ("allowed_origins = [\"null\"]", "allowed_origins[0]"),
        ("allowed_origins = [\"https://a.example/path\"]", "allowed_origins[0]"),
        ("allowed_origins = \"https://a.example\"", "allowed_origins"),
        ("allowed_origins = [\"file://\"]", "allowed_origins[0]"),
        ("allowed_origins = [\"https://a.example\", \"capacitor://localhost/\"]", "allowed_origins[1]"),
        ("test_url = \"javascript:alert(1)\"", "test_url"),
        ("test_url = \"data:text/html,x\"", "test_url"),
        ("return_url = \"acmeapp://enter/\"", "return_url"),
        ("session_parameter = \"\"", "session_parameter"),
        ("session_parameter = \"a&b\"", "session_parameter"),
        ("session_id_ttl_seconds = 29", "session_id_ttl_seconds"),
        ("session_id_ttl_seconds = 901", "session_id_ttl_seconds"),
        ("max_sessions_per_user = 1001", "max_sessions_per_user"),
        ("max_sessions_per_user = -1", "max_sessions_per_user"),
        ("max_sessions_per_user = \"5\"", "max_sessions_per_user"),
        ("when_full = \"newest\"", "when_full"),
        ("when_full = true", "when_full"),
        ("idle_timeout_seconds = 59", "idle_timeout_seconds"),
        ("idle_timeout_seconds = 86401", "idle_timeout_seconds"),
        ("idle_timeout_seconds = \"60\"", "idle_timeout_seconds"),
        ("idle_timeout_seconds = -1", "idle_timeout_seconds"),
        ("enabled = \"false\"", "enabled"),
        ("landing = \"elsewhere\"", "landing"),
        ("confirm = 0", "confirm"),
        ("confirm = true", "confirm"),
        ("landing = \"portal\"\nconfirm = true", "confirm"),
        ("display_name = \"\"", "display_name"),
        ("primary_color = \"red\"", "primary_color"),
        ("primary_color = \"#fff;}\"", "primary_color"),
        ("logo_url = \"http://portal.example.com/logo.png\"", "logo_url"),
        ("logo_url = \"javascript:alert(1)\"", "logo_url"),
        ("logo_url = \"data:text/html,x\"", "logo_url"),
        ("logo_url = \"/logo.png\"", "logo_url"),
        ("cookie = 1", "cookie"),
        ("cookie.same_site = \"Lax\"", "cookie.same_site"),
        ("cookie.partitioned = 1", "cookie.partitioned"),
        ("cookie.name = \"\"", "cookie.name"),
        ("cookie.name = \"has space\"", "cookie.name"),
        ("cookie.name = \"a;b=c\"", "cookie.name"),
        ("cookie.name = \"__Host-x\"", "cookie.name"),
        ("cookie.name = \"portal_hint\"", "cookie.name"),
        ("cookie.name = \"portal_landing\"", "cookie.name"),
        ("cookie.name = \"portal_bounces\"", "cookie.name"),
        // The gateway of this test is on http://localhost.
        ("cookie.same_site = \"none\"", "cookie.same_site"),
        ("cookie.partitioned = true", "cookie.partitioned"),
        ("cookie.domain = \"localhost\"", "cookie.domain"),
        ("public_url = \"https://a.example.com\"\ncookie.domain = \"b.example.com\"", "cookie.domain"),
        ("public_url = \"https://a.example.com\"\ncookie.domain = \"ample.com\"", "cookie.domain"),
        ("public_url = \"https://a.example.com\"\ncookie.domain = \"com\"", "cookie.domain"),
    ] {
        let expected = format!("workspaces[0].portals[0].{name}");
        assert_eq!(locations(&refused(&format!("{PORTAL}{keys}"))), [expected], "{keys}");
    }
    for good in [
        "allowed_origins = [\"https://a.example\", \"http://localhost:3000\"]",
        "allowed_origins = [\"capacitor://localhost\", \"chrome-extension://cjpalhdlnbpafiamejdnhcphjbkeiagm\"]",
        "test_url = \"acmeapp://enter/\"",
        "session_parameter = \"code\"",
        "session_id_ttl_seconds = 30",
        "max_sessions_per_user = 0",
        "max_sessions_per_user = 1",
        "max_sessions_per_user = 1000\nwhen_full = \"end_oldest\"",
        "max_sessions_per_user = 5\nwhen_full = \"refuse\"",
        "idle_timeout_seconds = 0",
        "idle_timeout_seconds = 60",
        "idle_timeout_seconds = 86400",
        "landing = \"hosted\"",
        "landing = \"hosted\"\nconfirm = true",
        "landing = \"portal\"\nconfirm = false",
        "display_name = \"Acme\"\nlogo_url = \"https://a.example/logo.png?v=1\"\nprimary_color = \"#0A7\"",
        "logo_url = \"data:image/png;base64,iVBORw0KGgo=\"",
        "public_url = \"https://a.example.com\"\ncookie.domain = \"example.com\"",
        "public_url = \"https://a.example.com\"\ncookie.same_site = \"none\"\ncookie.partitioned = true",
    ] {
        accepted(&format!("{PORTAL}{good}"));
    }
}

#[test]
fn a_slug_has_a_strict_form() {
    let with = |slug: &str| PORTAL.replace("my-portal", slug);
    for good in ["abc", "a-b", "007", &"x".repeat(64)] {
        accepted(&with(good));
    }
    for bad in ["", "ab", &"x".repeat(65), "My-Portal", "my_portal", "-abc", "abc-", "a--b", "a b", "käse"] {
        assert_eq!(locations(&refused(&with(bad))), ["workspaces[0].portals[0].slug"], "{bad:?}");
    }
}

#[test]
fn a_fault_of_a_root_key_is_told_with_its_place() {
    let key = "id = \"k\"\nsha256 = \"{}\"\nenvironment = \"live\"".replace("{}", &"0".repeat(64));
    let with = |key: &str| format!("{PORTAL}[[workspaces.root_keys]]\n{key}");
    accepted(&with(&key));
    accepted(&with(&format!("{key}\nrights = [\"list\", \"revoke\", \"explain\"]")));
    accepted(&with(&format!("{key}\nportals = [\"my-portal\"]\npermissions = [\"api.*.read\"]")));
    let at = |name: &str| format!("workspaces[0].root_keys[0].{name}");
    for (keys, name) in [
        (key.replace("id = \"k\"", ""), "id"),
        (key.replace("sha256", "# "), "sha256"),
        (key.replace("environment", "# "), "environment"),
        (key.replace("000", "00"), "sha256"),
        (key.replace("0000", "000g"), "sha256"),
        (key.replace("live", "production"), "environment"),
        (format!("{key}\nportals = \"*\""), "portals"),
        (format!("{key}\nportals = [\"my-portal\", \"no-portal\"]"), "portals[1]"),
        (format!("{key}\npermissions = [\"*\", \"has space\"]"), "permissions[1]"),
        (format!("{key}\nrights = []"), "rights"),
        (format!("{key}\nrights = \"list\""), "rights"),
        (format!("{key}\nrights = [\"list\", \"mint\"]"), "rights[1]"),
        (format!("{key}\nrights = [\"List\"]"), "rights[0]"),
    ] {
        assert_eq!(locations(&refused(&with(&keys))), [at(name)], "{keys}");
    }
    // A portal of another workspace is not this key's to see.
    let foreign = format!(
        "{PORTAL}[[workspaces]]\nid = \"b\"\n[[workspaces.root_keys]]\n{key}\nportals = [\"my-portal\"]"
    );
    assert_eq!(locations(&refused(&foreign)), ["workspaces[1].root_keys[0].portals[0]"]);
}

#[test]
fn names_that_must_be_unique_are() {
    let digest = "00".repeat(32);
    let key = |digest: &str| {
        format!("[[workspaces.root_keys]]\nid = \"k\"\nenvironment = \"live\"\nsha256 = \"{digest}\"\n")
    };
    let portal = |slug: &str, more: &str| {
        format!("[[workspaces.portals]]\nslug = \"{slug}\"\nurl = \"https://x.example/\"\n{more}\n")
    };
    let cookie = "[workspaces.portals.cookie]\nname = \"portal_session_my-portal\"";
    let table: &[(String, &[&str])] = &[
        (format!("{PORTAL}[[workspaces]]\nid = \"acme\""), &["workspaces[1].id"]),
        (
            format!("{PORTAL}{}", portal("my-portal", "")),
            &["workspaces[0].portals[1].cookie.name", "workspaces[0].portals[1].slug"],
        ),
        (
            format!("{PORTAL}[[workspaces]]\nid = \"other\"\n{}", portal("my-portal", "")),
            &["workspaces[1].portals[0].cookie.name", "workspaces[1].portals[0].slug"],
        ),
        (format!("{PORTAL}{}", portal("second", cookie)), &["workspaces[0].portals[1].cookie.name"]),
        (format!("{PORTAL}{}{}", key(&digest), key(&digest)), &["workspaces[0].root_keys[1].sha256"]),
        (
            format!("{PORTAL}{}[[workspaces]]\nid = \"b\"\n{}", key(&"ab".repeat(32)), key(&"AB".repeat(32))),
            &["workspaces[1].root_keys[0].sha256"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(locations(&refused(text)), *expected, "{text}");
    }
    let other_names =
        format!("{PORTAL}{}", portal("second", "[workspaces.portals.cookie]\nname = \"other\""));
    let names: HashMap<_, _> = accepted(&other_names)
        .catalog
        .portals()
        .iter()
        .map(|p| (p.slug.clone(), p.cookie.name.clone()))
        .collect();
    assert_eq!(names["second"], "other");
}
