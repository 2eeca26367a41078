//! The examples of `docs/tokens.md`.

use std::path::Path;

/// The one block that begins so.
pub fn block(first_line: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tokens.md");
    let document = std::fs::read_to_string(path).expect("docs/tokens.md");
    let fenced = document.split("\n```").skip(1).step_by(2);
    let blocks = fenced.filter_map(|block| block.split_once('\n').map(|(_, text)| format!("{text}\n")));
    let mut found: Vec<_> = blocks.filter(|block| block.starts_with(first_line)).collect();
    assert_eq!(found.len(), 1, "blocks of docs/tokens.md that begin with {first_line:?}");
    found.remove(0)
}

/// An example with the addresses of this test. Each must be in it.
pub fn example(first_line: &str, addresses: &[(&str, &str)]) -> String {
    addresses.iter().fold(block(first_line), |text, (place, value)| {
        assert!(text.contains(place), "{first_line} in docs/tokens.md has no {place:?}");
        text.replace(place, value)
    })
}
