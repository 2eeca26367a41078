# Reads what `cargo test --no-fail-fast` printed. Prints the failed tests, a line each: the arguments that choose the
# target, a tab, the test's name. Says `all of TARGET` for a target that failed otherwise: it died, or did not compile.
/^     Running unittests src\/lib\.rs / { target = "--lib" }
/^     Running unittests src\/main\.rs / { target = "--bin vestibule" }
# By the program's name: its source may be `tests/api.rs` or `tests/api/main.rs`.
/^     Running tests\// {
  target = $3
  sub(/^.*\//, "--test ", target)
  sub(/-[0-9a-f]+\)$/, "", target)
}
/^   Doc-tests / { target = "--doc" }
/^test .* \.\.\. FAILED$/ {
  name = $0
  sub(/^test /, "", name)
  sub(/( - should panic)? \.\.\. FAILED$/, "", name)
  print target "\t" name
  known[target] = 1
}
# A target that died after a test had failed says no result, and what came after that test never ran.
/^test result: FAILED/ { ended[target] = 1 }
/^    `--.*`$/ { failed[substr($0, 6, length($0) - 6)] = 1 }
END {
  for (target in failed) if (!(target in known) || !(target in ended)) print "all of " target "\t"
}
