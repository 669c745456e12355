#!/usr/bin/env bash
# Runs the tests of a build folder: run_tests.sh BUILD fast|all. Ends with "N passed, N failed".
set -uo pipefail
build=$1
selection=$2
exclude=()
[ "$selection" = fast ] && exclude=(-LE slow)
log=$build/test.log
# What programs set before they start themselves again: spares each of them that.
export OPENBLAS_THREAD_TIMEOUT=4 OMP_WAIT_POLICY=PASSIVE
# Tests run beside each other: threads that wait for each other on busy cores take three times as long.
export ERSATZ_THREADS=${ERSATZ_THREADS:-1}
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "${exclude[@]}" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
# CTest counts a skipped test as passed; the three numbers come from its own summary.
total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
failed=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -n 1)
skipped=$(grep -c '\*\*\*Skipped' "$log")
if [ -z "$total" ]; then
  echo "the tests did not run to their end" >&2
  exit "$([ "$status" -ne 0 ] && echo "$status" || echo 1)"
fi
if [ "$skipped" -gt 0 ]; then
  echo "skipped (each says why when run alone):"
  grep '\*\*\*Skipped' "$log" | sed 's/.*Test *#[0-9]*: \([^ ]*\).*/  \1/' | sort -u
fi
echo "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
exit "$status"
