#!/usr/bin/env bash
# Runs the tests of a build folder: run_tests.sh BUILD fast|all. Ends with "N passed, N failed, N skipped".
set -uo pipefail
build=$1
selection=$2
exclude=()
[ "$selection" = fast ] && exclude=(-LE slow)
log=$build/test.log
record=$build/Testing/Temporary/LastTest.log
# What programs set before they start themselves again: spares each of them that.
export OPENBLAS_THREAD_TIMEOUT=4 OMP_WAIT_POLICY=PASSIVE
# Tests run beside each other: threads that wait for each other on busy cores take three times as long.
export ERSATZ_THREADS=${ERSATZ_THREADS:-1}
# CTest's record of each test is kept whole: what its program reports is counted from there.
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" \
  --test-output-size-passed 100000000 --test-output-size-failed 100000000 "${exclude[@]}" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if ! grep -q ' tests failed out of [0-9]*$' "$log"; then
  echo "the tests did not run to their end" >&2
  exit "$([ "$status" -ne 0 ] && echo "$status" || echo 1)"
fi
awk -f "$(dirname "$0")/count_tests.awk" "$record" "$log" || [ "$status" -ne 0 ] || status=1
exit "$status"
