//! Reads the sources: fails on an arrow between modules that the architecture (`src/lib.rs`) does not have, and
//! on a file without its header or beyond its size. Beside that: what `tests/run` lets try once more.

#[path = "architecture/rooms.rs"]
mod rooms;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/scanner.rs"]
mod scanner;
#[path = "architecture/second_try.rs"]
mod second_try;

use std::path::{Path, PathBuf};

use rules::{ARROWS, faults_of_form, forbidden_arrows, module_of, top_module};
use scanner::{code_of, paths_in};

/// Every Rust file of `src` by its path in there, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut directories) = (Vec::new(), vec![root.clone()]);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory of src") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file of text");
                found.push((path.strip_prefix(&root).expect("under src").to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "the sources are found");
    found.sort();
    found
}

fn sources_without_tests() -> Vec<(PathBuf, String)> {
    sources().into_iter().filter(|(file, _)| !is_for_tests(file)).collect()
}

fn all_faults(check: impl Fn(&Path, &str) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(|(file, text)| check(file, text)).collect()
}

fn is_for_tests(file: &Path) -> bool {
    file.to_str().is_some_and(|file| file.ends_with("_tests.rs"))
}

#[test]
fn every_arrow_is_one_of_the_architecture() {
    let faults =
        all_faults(|file, text| if is_for_tests(file) { Vec::new() } else { forbidden_arrows(file, text) });
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_file_says_what_it_is_and_has_one_subject() {
    let faults = all_faults(faults_of_form);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_module_of_the_table_exists() {
    let files = sources();
    for (module, _) in ARROWS {
        assert!(files.iter().any(|(file, _)| module_of(file)[0] == module), "{module}");
    }
    // The scanner sees what is there: most files name another module.
    let naming = |(file, text): &&(PathBuf, String)| {
        let module = module_of(file);
        paths_in(&code_of(text)).iter().any(|path| top_module(path, &module).is_some())
    };
    assert!(files.iter().filter(naming).count() > 15);
}

#[test]
fn the_arrows_between_the_rooms_of_http_run_down() {
    let arrows = rooms::arrows_of(&sources_without_tests());
    let faults = rooms::arrows_up(&arrows);
    assert!(faults.is_empty(), "{faults:#?}");
    for room in rooms::ROOMS {
        assert!(
            arrows.keys().any(|module| module[0] == "http" && module.get(1).is_some_and(|name| name == room))
        );
    }
}

#[test]
fn no_file_leads_back_to_itself() {
    let circles = rooms::circles(&rooms::arrows_of(&sources_without_tests()));
    assert!(circles.is_empty(), "{circles:#?}");
}
