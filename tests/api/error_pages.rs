//! `/errors/<category>/<code>`: every code has its page in `docs/errors/` and there is no other, in three forms,
//! and no link leads nowhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use vestibule::domain::error::Code;

use crate::support::app::{ACME_LIVE, Kind, TestApp, text};

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors")
}

fn page_of(code: &str) -> String {
    let path = pages().join(format!("{code}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between `before` and `after`, each time.
fn between<'a>(text: &'a str, before: &str, after: char) -> Vec<&'a str> {
    let starts = text.split(before).skip(1);
    starts.filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut found = BTreeSet::new();
    for category in std::fs::read_dir(pages()).expect("docs/errors") {
        let category = category.expect("an entry").path();
        for page in std::fs::read_dir(&category).expect("a category is a directory") {
            let page = page.expect("an entry").path();
            let name = page.strip_prefix(pages()).expect("under docs/errors");
            found.insert(name.to_str().expect("a name of text").to_owned());
        }
    }
    let codes = Code::ALL.iter().map(|code| format!("{}.md", code.wire_name()));
    assert_eq!(found, codes.collect());
}

#[test]
fn every_page_names_its_code_and_status_and_says_what_helps() {
    for code in Code::ALL.iter().map(|code| code.wire_name()) {
        let page = page_of(code);
        let first = page.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.contains(&format!("`{code}`")), "{code}: {first}");
        for heading in ["What happened", "How to fix it", "Common mistakes", "Related errors"] {
            assert!(page.contains(&format!("\n## {heading}\n")), "{code} has no {heading:?}");
        }
    }
}

#[test]
fn every_relative_link_of_a_page_leads_to_another() {
    let mut followed = 0;
    for code in Code::ALL.iter().map(|code| code.wire_name()) {
        let directory = pages().join(code);
        let directory = directory.parent().expect("a category");
        for link in between(&page_of(code), "](", ')') {
            if link.starts_with("https://") {
                continue;
            }
            let file = link.split('#').next().unwrap_or_default();
            assert!(directory.join(file).is_file(), "{code}: {link} leads nowhere");
            assert!(!link.ends_with(&format!("{code}.md")), "{code} relates to itself");
            followed += 1;
        }
    }
    assert!(followed >= Code::ALL.len(), "the pages are linked: {followed}");
}

#[tokio::test]
async fn the_type_of_an_error_is_the_address_of_its_page() {
    let app = TestApp::start(Kind::Memory).await;
    let replies = [
        app.get("/nowhere").send().await,
        app.get("/v2/portal.getSession").send().await,
        app.exchange("x").await,
        app.backend(ACME_LIVE, "createSession", json!({})).await,
    ];
    for reply in replies {
        let error = reply.error();
        let address = text(&error["type"]);
        let path = address.strip_prefix("https://sessions.example.com").expect("the default base");
        let page = app.get(path).send().await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, "text/markdown; charset=utf-8"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_page_comes_in_the_form_that_is_asked_for() {
    let app = TestApp::start(Kind::Memory).await;
    for code in Code::ALL.iter().map(|code| code.wire_name()) {
        let get = |accept: &str| app.get(&format!("/errors/{code}")).header("accept", accept).send();
        let page = page_of(code);
        for accept in ["*/*", "", "text/markdown", "text/plain", "application/problem+json", "text/html;q=0"]
        {
            let reply = get(accept).await;
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (200, "text/markdown; charset=utf-8"),
                "{accept}"
            );
            assert_eq!(reply.text, page, "{code} as Markdown");
        }
        let reply = get("application/json").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
        assert_eq!(reply.data()["code"], code);
        assert_eq!(reply.json()["meta"]["requestId"], reply.header("x-request-id"));
        for accept in [HTML, "text/html"] {
            let reply = get(accept).await;
            assert_eq!((reply.status, reply.header("content-type")), (200, "text/html; charset=utf-8"));
            assert!(
                reply.text.starts_with("<!doctype html>")
                    && reply.text.replace("<wbr>", "").contains(&format!("<code>{code}</code></h1>")),
                "{code}"
            );
            assert!(reply.header("vary").contains("Accept"), "a cache keeps the forms apart");
        }
    }
}

#[tokio::test]
async fn a_page_for_people_obeys_a_strict_policy() {
    let app = TestApp::start(Kind::Memory).await;
    for code in Code::ALL.iter().map(|code| code.wire_name()) {
        let page = app.get(&format!("/errors/{code}")).header("accept", HTML).send().await;
        let policy = page.header("content-security-policy");
        let directives: Vec<_> = policy.split(';').map(str::trim).collect();
        for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(directives.contains(&directive), "{code}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{code}: {policy}");
        // What the policy would block is not there to begin with.
        assert_eq!(page.text.matches("<script").count(), 1, "{code}: only the one whose hash the policy has");
        assert!(directives.iter().any(|directive| directive.starts_with("script-src 'sha256-")), "{policy}");
        for blocked in ["<script ", " style=", " onclick=", "<img", "<link", "javascript:"] {
            assert!(!page.text.contains(blocked), "{code}: {blocked}");
        }
    }
}

#[tokio::test]
async fn every_link_of_a_page_for_people_is_served() {
    let app = TestApp::start(Kind::Memory).await;
    for code in Code::ALL.iter().map(|code| code.wire_name()) {
        let address = url::Url::parse(&app.base).and_then(|base| base.join(&format!("/errors/{code}")));
        let address = address.expect("an address");
        let page = app.get(address.path()).header("accept", HTML).send().await;
        for link in between(&page.text, "href=\"", '"') {
            let target = address.join(link).expect("a link");
            if target.origin() == address.origin() {
                let reply = app.get(target.path()).header("accept", HTML).send().await;
                assert_eq!(reply.status, 200, "{code}: {link}");
            }
        }
    }
}

#[tokio::test]
async fn there_is_no_other_page() {
    let app = TestApp::start(Kind::Memory).await;
    for path in [
        "/errors/authentication/nothing",
        "/errors/authentication/missing.md",
        "/errors/authentication/missing/",
        "/errors/data/missing",
        "/errors/AUTHENTICATION/MISSING",
        "/errors/..%2f..%2fconfig/default.toml",
        "/errors//missing",
    ] {
        for accept in [HTML, "*/*"] {
            let reply = app.get(path).header("accept", accept).send().await;
            match accept {
                HTML => reply.expect_page(404, "There is nothing at this address"),
                _ => reply.expect(404, "bad_request/route_not_found"),
            }
        }
    }
}
