//! The TypeScript SDK, built and tested against this gateway's binary on its embedded store.
//!
//! The tests themselves are in `sdk/typescript/test`, by Node's own runner; here is what starts them.

mod support;

use std::path::PathBuf;

use support::typescript_sdk::{build, run};

/// `sdk/typescript/test/<name>.test.mjs`.
macro_rules! test_files {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                build();
                run(&["--test", concat!("test/", stringify!($name), ".test.mjs")]);
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
    backend_routes,
    errors,
    keys,
    package,
    portal,
    portal_client,
    portal_gate,
    portal_session,
    renewal_model,
    retries,
    size,
    token_client,
    verify,
}
