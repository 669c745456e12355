#!/usr/bin/env bash
# Runs every experiment in one profile: reproduce_all.sh ERSATZ PROFILE "ID ..." [options].
# Stops at the first failure unless --keep-going is among the options; ends with a summary.
set -uo pipefail
ersatz=$1 profile=$2 experiments=$3
shift 3
keep_going=no
for word in "$@"; do case $word in -k | --keep-going) keep_going=yes ;; esac; done
worst=0
summary=()
for id in $experiments; do
  begin=$SECONDS
  "$ersatz" run "$id" --profile "$profile" "$@"
  status=$?
  summary+=("$(printf '%-12s %-8s exit %-3d %4d s' "$id" "$profile" "$status" "$((SECONDS - begin))")")
  if [ $status -ne 0 ]; then
    worst=$status
    [ $status -ge 130 ] && break
    [ $keep_going = no ] && break
  fi
done
printf '\n'
printf '%s\n' "${summary[@]}"
exit $worst
