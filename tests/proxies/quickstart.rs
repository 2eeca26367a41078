//! `docs/quickstart.md` and `docs/guides` to the letter, and in a real Chromium what they promise at the end.
//!
//! How a document is followed is in `walk.rs`; the person who tries the result is in `tests/proxies/portals`.

use std::path::{Path, PathBuf};

use super::real_portals::{built_with, script};
use super::walk::{Plan, Reader};
use crate::support::typescript_sdk;

const QUICKSTART: &str = include_str!("../../docs/quickstart.md");
const EXPRESS: &str = include_str!("../../docs/guides/express.md");
const NEXT: &str = include_str!("../../docs/guides/nextjs.md");
const VITE: &str = include_str!("../../docs/guides/vite-react.md");
const FAST_API: &str = include_str!("../../docs/guides/fastapi.md");
const MOBILE: &str = include_str!("../../docs/guides/mobile.md");
const EMBEDDED: &str = include_str!("../../docs/guides/embedded.md");

/// With its libraries in it, as they would be installed.
fn place(name: &str, folder: &str) -> PathBuf {
    typescript_sdk::build();
    PathBuf::from(built_with(name, folder))
}

/// As `create-next-app` configures it: there a page that asks who is there outside of `<Suspense>` cannot be built.
fn place_of_next(name: &str, folder: &str) -> PathBuf {
    let place = place(name, folder);
    let configuration = "export default { cacheComponents: true, partialPrefetching: true };\n";
    std::fs::write(place.join(folder).join("next.config.mjs"), configuration).expect("a file is written");
    place
}

/// `arguments` have the document's ports.
fn is_tried(reader: &Reader, name: &str, arguments: &[&str]) {
    let arguments = arguments.iter().map(|argument| reader.here(argument));
    let seen = script(name).args(arguments).output().expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&seen.stdout), String::from_utf8_lossy(&seen.stderr));
    assert!(seen.status.success(), "{said}{errors}");
}

#[test]
fn the_quickstart_leads_to_a_protected_page() {
    let reader = Reader::follow(Plan {
        document: QUICKSTART,
        folder: "quickstart",
        place: place_of_next("quickstart", "quickstart"),
        ports: &["8080", "3001", "3002"],
        demo_app: None,
    });
    assert_eq!(reader.saved.len(), 6, "{:?}", reader.saved);
    is_tried(&reader, "quickstart.mjs", &["http://localhost:3002"]);
    reader.runs("cd quickstart && exec node node_modules/next/dist/bin/next build");
}

#[test]
fn the_guide_to_next_js_leads_in_and_out() {
    let reader = Reader::follow(Plan {
        document: NEXT,
        folder: "my-portal",
        place: place_of_next("guide-nextjs", "my-portal"),
        ports: &["8080", "3002"],
        demo_app: Some("3001"),
    });
    is_tried(&reader, "guide.mjs", &["http://localhost:3002", "user_ada", "http://localhost:3001"]);
    reader.runs("cd my-portal && exec node node_modules/next/dist/bin/next build");
}

#[test]
fn the_guide_to_express_leads_in_and_out() {
    let reader = Reader::follow(Plan {
        document: EXPRESS,
        folder: "my-portal",
        place: place("guide-express", "my-portal"),
        ports: &["8080", "3001", "3002"],
        demo_app: None,
    });
    is_tried(&reader, "guide.mjs", &["http://localhost:3002", "user_123", "http://localhost:3001"]);
}

#[test]
fn the_guide_to_vite_and_react_leads_in_and_out() {
    let reader = Reader::follow(Plan {
        document: VITE,
        folder: "my-portal",
        place: place("guide-vite", "my-portal"),
        ports: &["8080", "5173"],
        demo_app: Some("3001"),
    });
    is_tried(&reader, "guide.mjs", &["http://localhost:5173", "user_ada", "http://localhost:3001"]);
}

#[test]
fn the_guide_to_fast_api_leads_in_and_out() {
    let folder = tempfile::tempdir().expect("a directory");
    let reader = Reader::follow(Plan {
        document: FAST_API,
        folder: "my-portal",
        place: folder.path().to_owned(),
        ports: &["8080", "3002"],
        demo_app: Some("3001"),
    });
    is_tried(&reader, "guide.mjs", &["http://localhost:3002", "user_ada", "http://localhost:3001"]);
}

/// What the app prints is compared as the document is followed.
#[test]
fn the_guide_to_mobile_apps_renews_and_signs_out() {
    let reader = Reader::follow(Plan {
        document: MOBILE,
        folder: "my-app",
        place: place("guide-mobile", "my-app"),
        ports: &["8080", "3001"],
        demo_app: None,
    });
    assert_eq!(reader.saved, ["backend.mjs", "session.mjs", "app.mjs"]);
}

#[test]
fn the_guide_to_a_component_shows_who_is_there() {
    let reader = Reader::follow(Plan {
        document: EMBEDDED,
        folder: "my-app",
        place: place("guide-embedded", "my-app"),
        ports: &["8080", "3001"],
        demo_app: None,
    });
    is_tried(&reader, "guide.mjs", &["http://localhost:3001", "user_123"]);
}

#[test]
fn the_key_of_the_quickstart_is_that_of_the_examples() {
    let read = |path: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a text")
    };
    for word in ["rk_test_", "sha256 = \""] {
        let rest = QUICKSTART.split_once(word).expect(word).1;
        let value = rest.split(['"', '\n']).next().unwrap_or_default();
        let others = read("examples/start") + &read("examples/gateway.toml");
        assert!(others.contains(&format!("{word}{value}")), "{word}{value}");
    }
}
