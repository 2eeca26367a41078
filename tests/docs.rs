//! The documents are true: every shell command in them runs against a live gateway, every configuration in
//! them is accepted, and the parts of the contract that can be listed are the ones that the code has.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::app::{ACME_LIVE, Kind, TestApp};
use vestibule::config::Settings;
use vestibule::domain::error::Code;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file that users read.
fn documents() -> Vec<PathBuf> {
    let at_the_root = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut found: Vec<PathBuf> = at_the_root.iter().map(|name| root().join(name)).collect();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The fenced blocks of one language.
fn blocks(path: &Path, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the document");
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        // Blocks in lists are indented.
        if line.trim_start() == format!("```{language}") {
            let block = lines.by_ref().take_while(|line| line.trim_start() != "```");
            found.push(block.collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// What docs/clients.md tells to set.
const DEFAULTS: &str = "default_portal = \"component\"\ndefault_permissions = [\"api.*.read_key\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shell_block_runs() {
    // On localhost as `vestibule dev`, so that curl sends the cookie back.
    let app = TestApp::start_with(Kind::Memory, |config| {
        config
            .replace("https://sessions.example.com", "http://localhost:8080")
            .replace("https://portal.example.com\"", "http://localhost:8080\"")
            .replace("\"direct-portal\"", "\"component\"")
            .replace("id = \"acme-live\"\n", &format!("id = \"acme-live\"\n{DEFAULTS}"))
    })
    .await;
    let mut ran = 0;
    for document in documents() {
        // One folder a document: the blocks of the README build on one another.
        let folder = tempfile::tempdir().expect("a directory");
        for block in blocks(&document, "sh") {
            let mut command = Command::new("bash");
            command.args(["-eu", "-o", "pipefail", "-c", &block]).current_dir(folder.path());
            command.env("VESTIBULE_URL", &app.base).env("VESTIBULE_ROOT_KEY", ACME_LIVE);
            let output = command.output().expect("bash runs");
            let (printed, errors) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{}:\n{block}\n{printed}{errors}", document.display());
            ran += 1;
        }
    }
    assert!(ran > 20, "only {ran} blocks were found");
}

#[test]
fn the_configuration_in_the_readme_is_accepted() {
    let blocks = blocks(&root().join("README.md"), "toml");
    for block in &blocks {
        // The README takes the secret from the environment.
        let secret = ("VESTIBULE__SERVER__SECRET".to_owned(), "s".repeat(32));
        let read = Settings::from_layers(block, std::iter::once(secret));
        assert!(read.is_ok(), "{:#?}", read.err());
    }
    assert_eq!(blocks.len(), 1);
}

/// Whoever copies a configuration must not copy the digest of a key that nobody has.
#[test]
fn no_configuration_has_the_digest_of_nobodys_key() {
    let known = [read_at("examples/start"), read_at("examples/gateway.toml")].concat();
    for document in documents() {
        for block in blocks(&document, "toml") {
            for line in block.lines().filter(|line| line.trim_start().starts_with("sha256 = ")) {
                let value = line.split('"').nth(1).expect("a value");
                assert!(value == "…" || known.contains(value), "{}: {line}", document.display());
            }
        }
    }
}

#[test]
fn every_json_block_is_json() {
    for document in documents() {
        for block in blocks(&document, "json") {
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&block) {
                panic!("{}: {error}\n{block}", document.display());
            }
        }
    }
}

#[test]
fn every_error_page_shows_its_own_code_and_words() {
    for code in Code::ALL {
        let path = root().join(format!("docs/errors/{}.md", code.wire_name()));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.contains(&format!("`{}`", code.wire_name())), "{first}");
        for part in ["## What happened", "## How to fix it", "## Common mistakes", "## Related errors"] {
            assert!(text.contains(part), "{part} in {}", path.display());
        }
    }
}

#[test]
fn the_reference_names_every_route_and_every_code() {
    let reference = std::fs::read_to_string(root().join("docs/api.md")).expect("docs/api.md");
    let routes = std::fs::read_to_string(root().join("src/http.rs")).expect("the route table");
    let mut named = 0;
    let of_lost_paths = read_at("docs/errors/bad_request/route_not_found.md");
    for path in routes.split('"').filter(|text| text.starts_with("/v2/") || text.starts_with("/health/")) {
        assert!(reference.contains(path), "docs/api.md does not name {path}");
        assert!(
            of_lost_paths.contains(&format!("`{path}`")),
            "the page of a wrong path does not name {path}"
        );
        named += 1;
    }
    assert!(named >= 9, "the route table was not understood");
    for code in Code::ALL {
        assert!(reference.contains(code.wire_name()), "docs/api.md does not name {}", code.wire_name());
    }
}

/// Whoever looks for a call finds it at the top.
#[test]
fn the_contents_of_the_reference_are_complete() {
    let reference = read_at("docs/api.md");
    let (contents, rest) = reference.split_once("\n## ").expect("sections");
    let rest = format!("## {rest}");
    let sections = rest.lines().filter_map(|line| line.strip_prefix("## "));
    let calls = rest.lines().filter(|line| line.starts_with("### ") && line.contains("/v2/portal."));
    let calls =
        calls.filter_map(|line| line.split("/v2/portal.").nth(1)).map(|call| call.trim_end_matches('`'));
    let mut named = 0;
    for name in sections.chain(calls) {
        assert!(contents.contains(&format!("[{name}](#")), "the contents of docs/api.md lack {name}");
        named += 1;
    }
    assert!(named > 20, "docs/api.md was not understood");
}

/// It is of no use there. What is there sends traces, and nothing else of the gateway's can name it.
#[test]
fn the_playgrounds_http_client_is_not_deployed() {
    for path in ["Dockerfile", "scripts/release"] {
        let text = read_at(path);
        let builds =
            text.lines().filter(|line| line.contains("cargo build") || line.contains(" cyclonedx --quiet"));
        let builds: Vec<&str> = builds.collect();
        assert!(
            !builds.is_empty() && builds.iter().all(|line| line.contains("--no-default-features")),
            "{path}"
        );
    }
    let tree = ["tree", "--locked", "--edges", "normal", "--prefix", "none", "--no-default-features"];
    let output = Command::new(env!("CARGO")).args(tree).current_dir(root()).output().expect("cargo runs");
    let crates = String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = crates.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"actix-web"), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!names.contains(&"reqwest"), "{crates}");
    let manifest = read_at("Cargo.toml");
    assert!(!manifest.lines().any(|line| line.starts_with("hyper =") || line.starts_with("hyper-util =")));
}

fn read_at(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The backticked words of a text, in order.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The cells of every row of a document's tables, without the lines that make them tables.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|---"));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn whatever_shows_a_promise_exists() {
    let (mut files, mut functions) = (0, 0);
    for document in ["docs/security.md", "docs/internals/security-review.md"] {
        let text = read_at(document);
        let folders = ["src/", "tests/", "fuzz/", "benches/", "scripts/", ".github/"];
        for path in words(&text).filter(|word| folders.iter().any(|folder| word.starts_with(folder))) {
            // A command may follow the path.
            let path = path.split(' ').next().unwrap_or_default();
            assert!(root().join(path).exists(), "{document} names {path}");
            files += 1;
        }
        for row in rows(&text) {
            let mut file = String::new();
            for word in words(row.last().expect("a cell")) {
                if word.contains('/') {
                    file = if word.ends_with(".rs") { read_at(word) } else { String::new() };
                } else if !file.is_empty() {
                    assert!(file.contains(&format!("fn {word}(")), "{document}: no {word} in {row:?}");
                    functions += 1;
                }
            }
        }
    }
    assert!(files > 100 && functions > 100, "the documents were not understood: {files}, {functions}");
}

#[test]
fn the_review_has_every_row_of_the_checklist() {
    let text = read_at("docs/internals/security-review.md");
    let rows = rows(&text);
    for (letter, count) in [("C", 16), ("S", 13), ("H", 16)] {
        for number in 1..=count {
            let row = format!("{letter}{number}");
            assert_eq!(rows.iter().filter(|cells| cells[0] == row).count(), 1, "{row}");
        }
    }
}

/// Cargo refuses a manifest that names a file which is not there, so the image needs those that it does not build.
#[test]
fn the_image_gets_every_file_that_the_manifest_names() {
    let manifest: toml::Table = read_at("Cargo.toml").parse().expect("a manifest");
    let benches = manifest["bench"].as_array().expect("a list");
    for name in benches.iter().filter_map(|bench| bench["name"].as_str()) {
        let file = format!("benches/{name}.rs");
        assert!(read_at("Dockerfile").contains(&format!("COPY {file} {file}")), "{file}");
        assert!(read_at(".dockerignore").lines().any(|line| line == format!("!{file}")), "{file}");
    }
}

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let text = read_at("docs/internals/dependencies.md");
    let listed = |heading: &str| {
        let section = text.split("\n## ").find(|section| section.starts_with(heading)).expect("a section");
        let names =
            rows(section).into_iter().flat_map(|row| words(row[0]).map(str::to_owned).collect::<Vec<_>>());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let table = |path: &str, name: &str| -> Vec<String> {
        let manifest: toml::Table = read_at(path).parse().expect("a manifest");
        manifest[name].as_table().expect("a table").keys().cloned().collect()
    };
    let pinned = |path: &str| -> Vec<String> {
        let text = read_at(path);
        text.lines().filter_map(|line| Some(line.split_once("==")?.0.to_owned())).collect()
    };
    // By the name in the registry: an alias has it in its version.
    let packages = |path: &str, kinds: &[&str]| -> Vec<String> {
        let manifest: serde_json::Value = serde_json::from_str(&read_at(path)).expect("JSON");
        let all = kinds.iter().flat_map(|kind| manifest[*kind].as_object().cloned().unwrap_or_default());
        let name = |(name, version): (String, serde_json::Value)| {
            let alias = version.as_str().and_then(|version| version.strip_prefix("npm:")?.rsplit_once('@'));
            alias.map_or(name, |(name, _)| name.to_owned())
        };
        all.map(name).collect()
    };

    let of_app = ["dependencies", "optionalDependencies"];
    let mut of_tests = table("Cargo.toml", "dev-dependencies");
    of_tests.extend(pinned("tests/requirements.txt"));
    of_tests.extend(pinned("tests/testdata/tools.txt"));
    of_tests.extend(packages("tests/sdk/package.json", &of_app));
    of_tests.extend(packages("tests/browser/package.json", &of_app));
    of_tests.extend(packages("tests/proxies/package.json", &of_app));
    of_tests.extend(packages("tests/verifiers/package.json", &of_app));
    let sdk: serde_json::Value = serde_json::from_str(&read_at("sdk/typescript/package.json")).expect("JSON");
    let of_sdk = packages("sdk/typescript/package.json", &["devDependencies"]);
    assert_eq!(sdk["dependencies"], serde_json::Value::Null, "the SDK brings nothing along");
    for (heading, mut used) in [
        ("The gateway", table("Cargo.toml", "dependencies")),
        ("Its tests", of_tests),
        ("The TypeScript SDK", of_sdk),
        ("The fuzzer", table("fuzz/Cargo.toml", "dependencies")),
    ] {
        used.sort();
        used.dedup();
        assert_eq!(listed(heading), used, "{heading}");
    }
}
