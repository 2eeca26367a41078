//! The TypeScript SDK, built and tested against this gateway's binary on its embedded store.
//!
//! The tests themselves are in `sdk/typescript/test`, by Node's own runner; here is what starts them.

#[path = "support/node.rs"]
mod node;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// In the SDK's folder, with the binary that is tested.
fn in_sdk(arguments: &[&str]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk/typescript");
    assert!(
        folder.join("node_modules").is_dir(),
        "its tools are missing: run tests/run, which installs them"
    );
    let mut command = Command::new(node::binary());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("VESTIBULE_BINARY", env!("CARGO_BIN_EXE_vestibule"));
    let output = command.output().expect("node is installed: tests/run installs it");
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{printed}{errors}");
}

/// What the tests import is what others would install.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| in_sdk(&["scripts/build.mjs"]));
}

/// `sdk/typescript/test/<name>.test.mjs`.
macro_rules! test_files {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                build();
                in_sdk(&["--test", concat!("test/", stringify!($name), ".test.mjs")]);
            }
        )*

        #[test]
        fn every_test_file_of_the_sdk_runs() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk/typescript/test");
            let names = std::fs::read_dir(folder).expect("a folder").filter_map(|entry| {
                Some(entry.expect("an entry").file_name().to_str()?.strip_suffix(".test.mjs")?.to_owned())
            });
            let mut names: Vec<_> = names.collect();
            names.sort();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

test_files! {
    backend,
    errors,
    keys,
    package,
    portal,
    renewal_model,
    retries,
    size,
    token_client,
    verify,
}
