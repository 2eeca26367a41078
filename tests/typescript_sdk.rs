//! The TypeScript SDK, built and tested against this gateway's binary on its embedded store.
//!
//! The tests themselves are in `sdk/typescript/test`, by Node's own runner; here is what starts them.

mod support;

use std::path::PathBuf;

use support::typescript_sdk::{build, run};

/// `<folder>/<name>.test.mjs` in `sdk/typescript`.
macro_rules! test_files {
    ($folder:literal: $($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                build();
                run(&["--test", concat!($folder, "/", stringify!($name), ".test.mjs")]);
            }
        )*

        #[test]
        fn every_test_file_of_the_folder_runs() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk/typescript").join($folder);
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
    "test":
    backend,
    backend_routes,
    docs,
    errors,
    examples,
    keys,
    next_client,
    package,
    paths,
    portal,
    portal_client,
    portal_gate,
    portal_onward,
    portal_session,
    portal_trust,
    refusal_code,
    renewal_model,
    retries,
    size,
    testing,
    token_client,
    verify,
}

/// The calls of other products, under the names that they have here.
mod seeds {
    use super::{PathBuf, build, run};

    test_files! {
        "test/seeds":
        billingos,
        portal,
        providers,
        unitpay,
        unkey,
    }
}

/// In real tabs of real browsers.
mod pages {
    use super::{PathBuf, build, run};

    test_files! {
        "test/pages":
        firefox,
        portal,
        react,
        tokens,
    }
}
