//! `tests/run` lets a test or two try once more. Which ones, it reads from what `cargo test` printed: here is whether
//! it counts tests, not the targets that hold hundreds of them.

use std::process::Command;

fn failed(log: &str) -> Vec<String> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/failed_tests.awk");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, log).expect("the log");
    let output = Command::new("awk").arg("-f").arg(program).arg(path).output().expect("awk runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn each_failed_test_is_named_with_its_target() {
    let log = "Finished
     Running unittests src/lib.rs (target/debug/deps/vestibule-1)
test domain::a ... ok
test domain::b - should panic ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
     Running unittests src/main.rs (target/debug/deps/vestibule-2)
     Running tests/api/main.rs (target/debug/deps/api-305d958ab897b200)
test exchange::one ... FAILED
test exchange::two ... ignored
test exchange::three ... FAILED

failures:
    exchange::one
    exchange::three

test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s

     Running tests/store_contract.rs (target/debug/deps/store_contract-4)
error: 2 targets failed:
    `--lib`
    `--test api`
";
    assert_eq!(failed(log), ["--lib\tdomain::b", "--test api\texchange::one", "--test api\texchange::three"]);
}

#[test]
fn a_target_that_died_is_named_whole() {
    let log = "Finished
     Running tests/faults.rs (target/debug/deps/faults-1)
test flood::a ... ok
error: test failed, to rerun pass `--test faults`
Caused by:
  process didn't exit successfully (signal: 9, SIGKILL: kill)
   Doc-tests vestibule
test src/lib.rs - domain (line 3) ... FAILED
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
error: 2 targets failed:
    `--test faults`
    `--doc`
";
    assert_eq!(failed(log), ["--doc\tsrc/lib.rs - domain (line 3)", "all of --test faults\t"]);
}

#[test]
fn a_target_that_died_after_a_test_had_failed_is_named_whole() {
    let log = "Finished
     Running tests/faults.rs (target/debug/deps/faults-1)
test flood::a ... FAILED
test flood::b ... ok
error: test failed, to rerun pass `--test faults`
Caused by:
  process didn't exit successfully (signal: 6, SIGABRT: process abort signal)
error: 1 target failed:
    `--test faults`
";
    assert_eq!(failed(log), ["--test faults\tflood::a", "all of --test faults\t"]);
}

#[test]
fn what_does_not_compile_has_no_failed_test() {
    assert_eq!(failed("error[E0425]: cannot find value\nerror: could not compile `vestibule`\n"), [""; 0]);
}
