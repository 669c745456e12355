#!/usr/bin/env bash
# Runs every benchmark program of a build folder, or those named in PROGRAMS, and keeps their JSON:
# run_benchmarks.sh BUILD [OUT]
# Every repetition is kept (REPETITIONS, 5): `ersatz compare-bench OLD NEW` needs them.
set -euo pipefail
build=$1
out=${2:-results/bench}
mkdir -p "$out"
for program in "$build"/bin/*_bench; do
  name=$(basename "$program")
  [ -z "${PROGRAMS:-}" ] || [[ " $PROGRAMS " == *" $name "* ]] || continue
  echo "== $name"
  "$program" --benchmark_out="$out/$name.json.partial" --benchmark_out_format=json \
    --benchmark_repetitions="${REPETITIONS:-5}" --benchmark_display_aggregates_only=true
  [ -e "$out/$name.json.partial" ] || continue  # it had nothing to measure here
  # The file names the folder of the program; that is nobody's business.
  sed -e "s|\"executable\": \".*\"|\"executable\": \"$name\"|" -e '/"host_name"/d' \
    "$out/$name.json.partial" >"$out/$name.json.clean.partial"
  mv "$out/$name.json.clean.partial" "$out/$name.json"
  rm "$out/$name.json.partial"
done
