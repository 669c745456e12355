#!/bin/bash
# Fuzzes the parsers, each for some seconds of processor time: scripts/run_fuzzers.sh OUT SECONDS [TARGET ...]
#
# Configures and builds build-fuzz (clang; BUILD names another folder) and runs JOBS (2) targets at a time.
# OUT/<target>/ keeps the inputs that reached new code; OUT/<target>.log what libFuzzer said and the time used;
# OUT/found/ inputs that crashed, hung or took too much memory. Stopped and called again it goes on: the time of
# earlier calls counts. For code that has changed take another OUT, or remove the logs. Stop it by its end, not by a
# pause (SIGSTOP): libFuzzer takes that for an input that hangs.
# Ends with a table; exit 1 when something was found or not all of the time was used.
set -euo pipefail
if [ $# -lt 2 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0"
  exit 2
fi
source=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$source/build-fuzz}
out=$1 seconds=$2
targets=("${@:3}")
[ ${#targets[@]} -gt 0 ] || targets=($(ls "$source/tests/fuzz/corpus"))
mkdir -p "$out/found"
out=$(cd "$out" && pwd)

[ -f "$build/build.ninja" ] ||
  cmake -S "$source" -B "$build" -G Ninja -DERSATZ_FUZZ=ON -DERSATZ_BENCHMARKS=OFF \
    -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang
ninja -C "$build" "${targets[@]/%/_fuzz}"

# Files that a target writes for its reader are small and many: in memory where that is possible.
[ -w /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

sum_of() { awk -v key="stat::$1:" '$1 == key { sum += $2 } END { print sum + 0 }' "$2"; }

# libFuzzer counts seconds of the clock: it is started again for what is missing. Each time is short,
# so that little is lost when this is stopped.
slice=300
interrupted=72  # libFuzzer's exit status after SIGINT and SIGTERM
fuzz() {
  local target=$1 left used status
  mkdir -p "$out/$target"
  touch "$out/$target.log"
  left=$((seconds - $(sum_of processor_seconds "$out/$target.log")))
  while [ "$left" -gt 0 ] && ! compgen -G "$out/found/$target-*" > /dev/null; do
    status=0
    used=$( { TIMEFORMAT='%U %S'; time "$build/tests/${target}_fuzz" -max_total_time="$((left < slice ? left : slice))" -timeout=20 \
      -print_final_stats=1 -rss_limit_mb=4096 -artifact_prefix="$out/found/$target-" \
      "$out/$target" "$source/tests/fuzz/corpus/$target" >> "$out/$target.log" 2>&1; } 2>&1) || status=$?
    used=$(tail -n 1 <<< "$used" | awk '{ print int($1 + $2 + 0.5) }')
    echo "stat::processor_seconds: $used" >> "$out/$target.log"
    [ "$status" -ne "$interrupted" ] || break
    # Also one that was killed or complained at its end has found something.
    [ "$status" -eq 0 ] || touch "$out/found/$target-exit-$status"
    [ "$used" -gt 0 ] || break
    left=$((left - used))
  done
}
export -f fuzz sum_of
export source build out seconds slice interrupted
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-2}" -I '{}' bash -c 'fuzz {}'

printf '%-16s %14s %10s %8s %8s\n' target inputs "CPU s" edges found
failed=0
for target in "${targets[@]}"; do
  log=$out/$target.log
  found=$(find "$out/found" -name "$target-*" | wc -l)
  inputs=$(sum_of number_of_executed_units "$log")
  used=$(sum_of processor_seconds "$log")
  [ "$found" -eq 0 ] && [ "$inputs" -gt 0 ] && [ "$used" -ge "$seconds" ] || failed=1
  printf '%-16s %14s %10s %8s %8s\n' "$target" "$inputs" "$used" \
    "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)" "$found"
done
exit $failed
