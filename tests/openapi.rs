//! The OpenAPI document and the gateway are the same: routes, methods and bounds, each tried on a live gateway;
//! and the document is valid for those who read it.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use support::app::{ACME_LIVE, Kind, TestApp, text};
use support::process::run;

fn document() -> Value {
    serde_json::to_value(vestibule::http::openapi::document()).expect("JSON")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program that `tests/run` installs.
fn tool(name: &str) -> PathBuf {
    let path = root().join("target/tools/venv/bin").join(name);
    assert!(path.exists(), "{name} is not installed: run ./tests/run, which installs it");
    path
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str();
    reference
        .map_or(schema, |reference| document.pointer(reference.trim_start_matches('#')).expect("a reference"))
}

#[test]
fn the_command_prints_the_document_that_is_served() {
    let printed: Value = serde_json::from_slice(&run(&["openapi"]).stdout).expect("JSON");
    assert_eq!(printed, document());
    assert_eq!(text(&printed["openapi"]), "3.1.0");
}

#[tokio::test]
async fn the_gateway_serves_the_document_and_its_page() {
    let app = TestApp::start(Kind::Memory).await;
    assert_eq!(app.get("/openapi.json").send().await.json(), document());
    let page = app.get("/docs/reference").send().await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let words = page.text.replace("<wbr>", "");
    for path in document()["paths"].as_object().expect("paths").keys() {
        assert!(words.contains(path.as_str()), "the page does not show {path}");
    }
    let links: Vec<&str> =
        page.text.split("<li><a href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(links.len() > 5, "the contents lead to each operation: {links:?}");
    for id in links {
        assert!(page.text.contains(&format!("<h2 id=\"{id}\">")), "the contents lead nowhere: {id}");
    }
    assert!(
        !page.text.contains("<td></td>") && !page.text.contains("<td>, required"),
        "a field without its type"
    );
    assert_eq!(page.text.matches("<script>").count(), 1, "only the one whose hash the policy has");
    for outside in ["src=", "<script ", "http-equiv", "@import", "url("] {
        assert!(!page.text.contains(outside), "the page loads or runs something: {outside}");
    }
}

/// Every parameter beside the body that a handler reads, by where it is read.
#[test]
fn parameters_that_are_read_are_documented() {
    let document = document();
    let named = |path: &str, method: &str| -> BTreeSet<String> {
        let parameters = document["paths"][path][method]["parameters"].as_array();
        parameters.into_iter().flatten().map(|one| text(&one["name"]).to_owned()).collect()
    };
    let asked = std::fs::read_to_string(root().join("src/http/portal/authorize/asked.rs")).expect("a source");
    let words = asked.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    let mut read: BTreeSet<String> = words.map(|(word, _)| word.to_owned()).collect();
    assert!(read.len() > 3, "{read:?}");
    read.insert("slug".to_owned());
    assert_eq!(named("/v2/portal.authorize", "get"), read);
    for path in ["createSessionToken", "exchangeSession", "exchangeCode"] {
        assert!(named(&format!("/v2/portal.{path}"), "post").contains("Idempotency-Key"), "{path}");
    }
}

/// The route table in `src/http.rs` and the document name the same paths. (A slash at the end is another spelling.)
#[test]
fn every_route_is_in_the_document_and_every_path_is_a_route() {
    let table = include_str!("../src/http.rs");
    let routes: BTreeSet<&str> =
        table.split('"').filter(|part| part.starts_with('/') && !part.contains('\n')).collect();
    let routes: BTreeSet<&str> = routes.into_iter().filter(|path| !path.ends_with('/')).collect();
    let document = document();
    let paths: BTreeSet<&str> =
        document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    assert_eq!(routes, paths);
}

/// A schema beside the type that it describes would say what somebody once thought that the type has.
#[test]
fn answers_are_described_by_their_own_types() {
    let described = |directory: &Path| -> Vec<PathBuf> {
        let (mut found, mut directories) = (Vec::new(), vec![directory.to_owned()]);
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory).expect("a directory of src") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    directories.push(path);
                } else if std::fs::read_to_string(&path).is_ok_and(|text| text.contains(", ToSchema)]")) {
                    found.push(path);
                }
            }
        }
        found
    };
    let http = root().join("src/http");
    // Requests have no types: they are read field by field.
    assert_eq!(described(&http.join("openapi")), [http.join("openapi/requests.rs")]);
    assert!(described(&http).len() > 8, "the others are where answers are made");
}

#[tokio::test]
async fn every_path_answers_the_documented_methods_and_no_other() {
    let app = TestApp::start(Kind::Memory).await;
    for (path, item) in document()["paths"].as_object().expect("paths") {
        // A parameter's name is a value like any other. (Braces would come encoded, and lead nowhere.)
        let path = path.replace(['{', '}'], "");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let documented = item.get(method.to_ascii_lowercase()).is_some();
            let reply =
                app.call(Method::from_bytes(method.as_bytes()).expect("a method"), &path).send().await;
            assert_eq!(reply.status != 405, documented, "{method} {path} answers {}", reply.status);
            let allowed: Vec<&str> = reply.header("allow").split(", ").collect();
            assert!(documented || (!allowed.contains(&method) && !allowed[0].is_empty()), "{method} {path}");
        }
    }
}

/// Values just inside and just outside of every documented bound of one field.
fn around_the_bounds(schema: &Value) -> Vec<(Value, bool)> {
    let number = |name: &str| schema[name].as_u64();
    let repeat = |count: u64| "a".repeat(usize::try_from(count).expect("a short text"));
    let url = |count: u64| format!("https://app.example.com/{}", repeat(count - 24));
    let is_path = schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^/"));
    let of_length = |count: u64| match (schema["format"] == "uri", is_path) {
        (true, _) => json!(url(count)),
        (false, true) => json!(format!("/{}", repeat(count - 1))),
        (false, false) => json!(repeat(count)),
    };
    let list = |count: u64| json!((0..count).map(|_| "keys:read").collect::<Vec<_>>());
    let mut values = Vec::new();
    for (name, inside, outside) in [("minLength", 0, -1), ("maxLength", 0, 1)] {
        if let Some(bound) = number(name) {
            values.push((of_length(bound + inside), true));
            values.push((of_length(bound.checked_add_signed(outside).expect("a length")), false));
        }
    }
    for (name, outside) in [("minimum", -1), ("maximum", 1)] {
        if let Some(bound) = number(name) {
            values.push((json!(bound), true));
            values.push((json!(bound.checked_add_signed(outside).expect("a number")), false));
        }
    }
    for (name, outside) in [("minItems", -1), ("maxItems", 1)] {
        if let Some(bound) = number(name) {
            values.push((list(bound), true));
            values.push((list(bound.checked_add_signed(outside).expect("a number")), false));
        }
    }
    values
}

#[tokio::test]
async fn every_documented_bound_is_the_one_that_is_enforced() {
    let app = TestApp::start(Kind::Memory).await;
    let document = document();
    let create = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    let bodies = [
        ("createSession", "CreateSessionRequest", create),
        (
            "createSession",
            "CreateSessionRequestByNewerNames",
            json!({ "portal": "my-portal", "externalId": "user_123", "scopes": ["keys:read"] }),
        ),
        ("revokeSession", "RevokeAllRequest", user.clone()),
        ("listSessions", "ListSessionsRequest", user.clone()),
        ("explainSession", "ExplainUserRequest", user),
        ("exchangeSession", "ExchangeSessionRequest", json!({ "sessionId": "x" })),
        ("exchangeCode", "ExchangeCodeRequest", json!({ "code": "x" })),
    ];
    let mut tried = 0;
    for (endpoint, schema, body) in bodies {
        let schema = &document["components"]["schemas"][schema];
        assert_eq!(schema["additionalProperties"], false, "{endpoint} refuses unknown fields");
        let required: Vec<&str> = schema["required"].as_array().expect("a list").iter().map(text).collect();
        for (field, rules) in schema["properties"].as_object().expect("fields") {
            let location = format!("body.{field}");
            for (value, accepted) in around_the_bounds(resolve(&document, rules)) {
                let mut body = body.clone();
                body[field] = value.clone();
                let call = app.post(&format!("/v2/portal.{endpoint}"), body).bearer(ACME_LIVE);
                let reply = call.send().await;
                let refused = reply.status == 400 && reply.locations().contains(&location);
                assert_eq!(refused, !accepted, "{endpoint} {field}={value}: {}", reply.text);
                tried += 1;
            }
            let (mut without, mut with_null) = (body.clone(), body.clone());
            without.as_object_mut().expect("an object").remove(field);
            with_null[field] = Value::Null;
            for body in [without, with_null] {
                let call = app.post(&format!("/v2/portal.{endpoint}"), body).bearer(ACME_LIVE);
                let (reply, is_required) = (call.send().await, required.contains(&field.as_str()));
                assert_eq!(reply.status == 400, is_required, "{endpoint} without {field}: {}", reply.text);
            }
        }
    }
    assert!(tried > 40, "only {tried} bounds were tried");
}

#[test]
fn a_validator_finds_the_document_valid() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("openapi.json");
    std::fs::write(&file, document().to_string()).expect("the file is written");
    let output = Command::new(tool("openapi-spec-validator")).arg(&file).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_nothing() {
    let app = TestApp::start(Kind::Memory).await;
    let token = app.signed_in(json!({ "permissions": ["*"] })).await;
    let token_to_end = app.signed_in(json!({})).await;
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(tool("st"));
    command.arg("--config-file").arg(root().join("tests/openapi/schemathesis.toml"));
    command.args(["run", &format!("{}/openapi.json", app.base), "--no-color"]).current_dir(directory.path());
    command.env("ROOT_KEY", ACME_LIVE).env("BROWSER_TOKEN", token).env("TOKEN_TO_END", token_to_end);
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("it runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
}
