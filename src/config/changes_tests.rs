//! The changes between two configurations, and what is told of them.

use super::*;

const OLD: &str = r#"
[server]
public_url = "https://old.example.com"
secret = "the former secret, which nobody may read"
[[workspaces]]
id = "acme"
[[workspaces.root_keys]]
id = "backend"
sha256 = "aa"
[[workspaces.root_keys]]
sha256 = "0123456789abcdef"
[[workspaces.portals]]
slug = "billing"
url = "https://billing.example.com/"
direct = true
landing = "hosted"
[workspaces.portals.cookie]
name = "billing"
"#;

fn changes(old: &str, new: &str) -> Vec<String> {
    let document = |text: &str| -> Map<String, Value> { toml::from_str(text).expect("a document") };
    between(&document(old), &document(new)).iter().map(Change::to_string).collect()
}

fn edited(from: &str, to: &str) -> String {
    assert!(OLD.contains(from), "{from}");
    OLD.replace(from, to)
}

#[test]
fn each_change_says_when_it_holds_and_who_notices() {
    let portal = "The portal billing of acme changes at a reload: ";
    for (from, to, told) in [
        (
            "https://old",
            "https://new",
            "The gateway needs a restart for: server.public_url. Browsers hold the former cookie",
        ),
        (
            "the former secret",
            "another secret",
            "The gateway needs a restart for: server.secret. Every replica must know",
        ),
        (
            "slug = \"billing\"\n",
            "slug = \"billing\"\nenabled = false\n",
            &format!("{portal}enabled. Nobody gets in"),
        ),
        ("direct = true\n", "", &format!("{portal}direct. Its direct tokens are refused")),
        ("landing = \"hosted\"\n", "", &format!("{portal}landing. Links to its hosted page")),
        (
            "name = \"billing\"",
            "name = \"bill\"",
            &format!("{portal}cookie.name. Browsers hold the former cookie"),
        ),
        ("https://billing.", "https://pay.", &format!("{portal}url.")),
        (
            "sha256 = \"aa\"",
            "sha256 = \"bb\"",
            "The root key backend of acme changes at a reload: sha256. The former key gets a 401",
        ),
        (
            "id = \"acme\"\n",
            "id = \"acme\"\ninclude = \"teams\"\n",
            "The workspace acme changes at a reload: include.",
        ),
    ] {
        let changes = changes(OLD, &edited(from, to));
        assert_eq!(changes.len(), 1, "{from}: {changes:?}");
        assert!(changes[0].starts_with(told), "{from}: {changes:?}");
    }
}

#[test]
fn whatever_comes_or_goes_is_told_with_who_notices() {
    let without_portal = &OLD[..OLD.find("[[workspaces.portals]]").expect("a portal")];
    let goes = [
        "The portal billing of acme goes. Its sessions and links are refused from then on: whoever is signed in there is signed out.",
    ];
    assert_eq!(changes(OLD, without_portal), goes);
    assert_eq!(changes(without_portal, OLD), ["The portal billing of acme is new."]);
    let other_key = edited("0123456789abcdef", "fedcba9876543210");
    let told = changes(OLD, &other_key);
    assert!(
        told[0].starts_with("The root key 01234567… of acme goes. A backend that uses it gets a 401."),
        "{told:?}"
    );
    assert_eq!(told[1], "The root key fedcba98… of acme is new.");
    // The sessions of a portal are those of its workspace.
    let moved = changes(OLD, &edited("id = \"acme\"", "id = \"other\""));
    assert!(moved.iter().any(|line| line.starts_with("The portal billing of acme goes. ")), "{moved:?}");
}

#[test]
fn the_order_of_what_is_listed_changes_nothing_and_no_value_is_told() {
    let second = "[[workspaces]]\nid = \"zoo\"\n";
    assert_eq!(changes(&format!("{OLD}{second}"), &format!("{second}{OLD}")), [""; 0]);
    let told = changes(OLD, "").join("\n") + &changes("", OLD).join("\n");
    for secret in ["the former secret", "0123456789abcdef", "https://"] {
        assert!(!told.contains(secret), "{told}");
    }
}
