#!/usr/bin/env bash
# Runs every experiment in one profile: reproduce_all.sh ERSATZ PROFILE "ID ..." [options of `ersatz run`].
# Stops at the first failure unless --keep-going is among the options, and at a signal in any case. Ends with a
# table: exit status, seconds and verdicts of each. Exits with the status of the last failure.
set -uo pipefail
ersatz=$1 profile=$2 experiments=$3
shift 3
keep_going=no
for word in "$@"; do case $word in -k | --keep-going) keep_going=yes ;; esac; done

results=${ERSATZ_RESULTS:-${ERSATZ_HOME:-.}/results}
published() { stat -c '%i %y' "$results/$1/$profile/report.md" 2>/dev/null; }
# "5 reproduced, 0 not reproduced, 3 inconclusive, 0 not run." of its report.
verdicts() { sed -n '/^[0-9]* reproduced, .* not run\.$/{p;q}' "$results/$1/$profile/report.md"; }

worst=0 stopped=no
summary=()
# Profiles are files below the experiment; a profile of one's own has a path.
profiles=${ERSATZ_HOME:-.}/experiments
has_profile() { [[ $profile == */* || $profile == *.toml || ! -d $profiles/$1/profiles || -e $profiles/$1/profiles/$profile.toml ]]; }
any=no
for id in $experiments; do has_profile "$id" && any=yes; done

for id in $experiments; do
  # Where nobody has it, it is misspelt: the program says so.
  if [ $any = yes ] && ! has_profile "$id"; then
    summary+=("$(printf '%-12s %-8s no such profile' "$id" "$profile")")
    continue
  fi
  if [ $stopped = yes ]; then
    summary+=("$(printf '%-12s %-8s not started' "$id" "$profile")")
    continue
  fi
  begin=$SECONDS before=$(published "$id")
  "$ersatz" run "$id" --profile "$profile" "$@"
  status=$?
  words=
  if [ $status -eq 0 ]; then
    # A plan, or a run with settings of one's own, leaves the results as they are.
    words="(results/ unchanged)"
    [ "$(published "$id")" = "$before" ] || words=$(verdicts "$id")
  fi
  summary+=("$(printf '%-12s %-8s exit %-3d %4d s  %s' "$id" "$profile" "$status" "$((SECONDS - begin))" "$words")")
  if [ $status -ne 0 ]; then
    worst=$status
    if [ $status -ge 130 ] || [ $keep_going = no ]; then stopped=yes; fi
  fi
done
printf '\n'
printf '%s\n' "${summary[@]}"
exit $worst
