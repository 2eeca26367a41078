//! The Dockerfile as far as it can be followed without a build: what it copies is enough for the compiler, and `.dockerignore`
//! holds nothing of it back. The benchmarks that the manifest names: tests/docs.rs. How the whole of it was built:
//! docs/containers.md.

use std::path::{Path, PathBuf};

use super::{file, read};

/// The paths that `.dockerignore` lets through. It shuts everything out first, and then names what goes in.
fn sent() -> Vec<PathBuf> {
    let text = read(".dockerignore");
    let mut rules = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(rules.next(), Some("*"));
    let path = |rule: &str| {
        let path = rule.strip_prefix('!').filter(|path| !path.contains(['*', '?', '[']));
        PathBuf::from(path.unwrap_or_else(|| panic!("{rule} is not understood here")))
    };
    rules.map(path).collect()
}

/// The paths that the Dockerfile copies from the sources. Each keeps its name.
fn copied() -> Vec<PathBuf> {
    let text = read("Dockerfile");
    let lines = text.lines().filter_map(|line| line.strip_prefix("COPY "));
    let mut copied = Vec::new();
    for line in lines.filter(|line| !line.starts_with("--from")) {
        let (sources, to) = line.rsplit_once(' ').expect("a destination");
        assert!(to == sources || to == "./", "{line} is not understood here");
        copied.extend(sources.split(' ').map(PathBuf::from));
    }
    copied
}

/// What the compiler read for the library, embedded files and templates too: cargo keeps a list in the form of make beside what
/// it built. The newest is that of these tests.
fn read_by_the_compiler() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_BIN_EXE_vestibule")).with_file_name("deps");
    let entries = std::fs::read_dir(folder).expect("the folder of the build");
    let mut lists: Vec<_> = entries.map(|entry| entry.expect("an entry")).collect();
    lists.retain(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("vestibule-") && name.ends_with(".d")
    });
    lists.sort_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok());
    let texts = lists.iter().rev().map(|entry| std::fs::read_to_string(entry.path()).expect("a list"));
    let mut rules =
        texts.filter_map(|text| text.lines().find(|line| line.contains(".rlib: ")).map(str::to_owned));
    let rule = rules.next().expect("a rule for the library");
    let (_, paths) = rule.split_once(": ").expect("a rule");
    // `include_str!("../…")` leaves the way to a file in its name. A file that is gone has been renamed since.
    let root = file("").canonicalize().expect("the repository");
    let own = |path: &str| Some(file(path).canonicalize().ok()?.strip_prefix(&root).ok()?.to_owned());
    paths.split_whitespace().filter_map(own).collect()
}

#[test]
fn the_image_is_built_from_all_that_the_compiler_reads() {
    let mut needed = read_by_the_compiler();
    for known in ["src/lib.rs", "config/default.toml", "src/http/gateway/languages/de.toml"] {
        assert!(needed.iter().any(|path| path == Path::new(known)), "{known} is not in {needed:?}");
    }
    needed.extend(["Cargo.toml", "Cargo.lock"].map(PathBuf::from));
    for (by, paths) in [(".dockerignore", sent()), ("the Dockerfile", copied())] {
        let missing: Vec<_> =
            needed.iter().filter(|need| !paths.iter().any(|path| need.starts_with(path))).collect();
        assert!(missing.is_empty(), "left out by {by}: {missing:?}");
    }
}
