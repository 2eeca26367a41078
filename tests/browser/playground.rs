//! The playground in a browser, and the pictures of it in `docs/images`.
//!
//! A picture differs from machine to machine by its fonts, so that none is compared. What the pages are made of is: a page
//! that has changed since its pictures were taken fails here, with the command that takes them anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use vestibule::domain::credential::Digest;

use crate::script::Script;
use crate::support::process::{Process, vestibule};

const WRITES: &str = "VESTIBULE_WRITE_PICTURES";
const ANY: &str = "127.0.0.1:0";

/// What the pages in the pictures are made of.
const MADE_OF: [&str; 4] = [
    "src/dev/assets",
    "src/http/answer/pages",
    "src/http/people/article.css",
    "docs/errors/authentication/missing.md",
];

/// They are shown in documents, and stay in the history of the repository for ever.
const MOST_BYTES: u64 = 60 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Each file with its digest.
fn sources() -> String {
    let mut files = Vec::new();
    for place in MADE_OF.map(|place| root().join(place)) {
        if place.is_file() {
            files.push(place);
            continue;
        }
        let entries = std::fs::read_dir(place).expect("a folder");
        files.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    // What renders a page is no part of how it looks.
    files.retain(|file| file.extension().is_some_and(|extension| extension != "rs"));
    files.sort_unstable();
    files.iter().fold(String::new(), |mut lines, file| {
        let text = std::fs::read_to_string(file).expect("a file");
        let name = file.strip_prefix(root()).expect("it is below the root").display();
        let _ = writeln!(lines, "{} {name}", Digest::of(&text).to_hex());
        lines
    })
}

#[test]
#[allow(clippy::disallowed_methods)] // A person asks for pictures by it.
fn the_playground_and_its_pictures() {
    let writes = std::env::var_os(WRITES).is_some();
    let anywhere = ["dev", "--listen", ANY, "--app-listen", ANY, "--portal-listen", ANY];
    // A picture shows the addresses that a reader will have too.
    let mut process = Process::spawn(&mut vestibule(if writes { &["dev"] } else { &anywhere }));
    process.wait_for_line(|line| line.starts_with("Stop with"));
    let port_after = |label: &str| {
        let line = process.output.iter().find(|line| line.trim_start().starts_with(label));
        let port = line.and_then(|line| line.rsplit(':').next()).expect("its address");
        port.trim().parse::<u16>().expect("a port")
    };
    let ports = [
        ("app", port_after("Demo app")),
        ("portal", port_after("Demo portal")),
        ("gateway", port_after("Gateway")),
    ];
    let images = root().join("docs/images");
    let pictures = if writes { images.clone() } else { root().join("target/browser") };
    Script::start_with_pictures("playground", &ports, &pictures)
        .run(|command| panic!("it asks for {command:?}"));
    if writes {
        std::fs::write(images.join("sources.txt"), sources()).expect("a file is written");
    }
}

#[test]
fn the_pictures_show_the_pages_as_they_are() {
    let images = root().join("docs/images");
    let taken_of = std::fs::read_to_string(images.join("sources.txt")).expect("docs/images/sources.txt");
    assert_eq!(
        taken_of,
        sources(),
        "the pages have changed since their pictures were taken. Take them anew: {WRITES}=1 cargo test --test browser the_playground"
    );
    for document in ["README.md", "docs/api.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("a document");
        for name in text.split("images/").skip(1).filter_map(|rest| rest.split(".png").next()) {
            let picture: &Path = &images.join(format!("{name}.png"));
            let bytes = std::fs::metadata(picture).map_or(0, |picture| picture.len());
            assert!(bytes > 0, "{document} shows {name}.png, which is not there");
            assert!(bytes <= MOST_BYTES, "{name}.png has {bytes} bytes");
        }
    }
}
