#!/usr/bin/env bash
# Ranks and arrays under a real Slurm of one node: installs Debian's packages where they are missing,
# starts munged, slurmctld and slurmd with a configuration of their own, uses them, stops them.
#   slurm_test.sh BUILD
# Exit status 77 (skipped) with the reason where that is not possible.
set -euo pipefail
build=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/ersatz-slurm.XXXXXX)
daemons=()

# shellcheck disable=SC2317  # called by the trap
stop() {
  status=$?
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do
    kill "${daemons[$i]}" 2>/dev/null && wait "${daemons[$i]}" 2>/dev/null
  done
  if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
    tail -n 20 "$work"/*.log >&2 || true
  fi
  rm -rf "$work"
  exit "$status"
}
trap stop EXIT

skip() {
  echo "skipped: $*"
  exit 77
}

[ "$(id -u)" -eq 0 ] || skip "Slurm's daemons are started as root"
if ! command -v slurmctld >/dev/null || ! command -v slurmd >/dev/null ||
  ! command -v munged >/dev/null || ! command -v srun >/dev/null; then
  command -v apt-get >/dev/null || skip "slurm is not installed, and there is no apt-get"
  # Nothing of theirs shall run before this script starts it.
  printf '#!/bin/sh\nexit 101\n' >"$work/policy-rc.d"
  chmod +x "$work/policy-rc.d"
  [ -e /usr/sbin/policy-rc.d ] || { cp "$work/policy-rc.d" /usr/sbin/policy-rc.d && own_policy=1; }
  apt-get update -q >"$work/update.log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    slurmctld slurmd slurm-client munge >"$work/apt.log" 2>&1 || installed=no
  [ -z "${own_policy:-}" ] || rm -f /usr/sbin/policy-rc.d
  [ "${installed:-yes}" = yes ] || skip "slurm cannot be installed: $(tail -n 1 "$work/apt.log")"
fi

node=$(hostname -s)
mkdir -p "$work"/{state,spool,munge}
chmod 700 "$work/munge"
head -c 1024 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
cat >"$work/slurm.conf" <<CONF
ClusterName=ersatz
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 RealMemory=1024 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf

munged --foreground --socket="$work/munge/socket" --key-file="$work/munge/key" \
  --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" --log-file="$work/munge.log" \
  --force >"$work/munged.log" 2>&1 &
daemons+=($!)
for _ in $(seq 50); do [ -S "$work/munge/socket" ] && break; sleep 0.1; done
slurmctld -D >"$work/slurmctld-out.log" 2>&1 &
daemons+=($!)
slurmd -D -N "$node" >"$work/slurmd-out.log" 2>&1 &
daemons+=($!)
for _ in $(seq 150); do
  [ "$(sinfo -h -o %t 2>/dev/null)" = idle ] && break
  sleep 0.2
done
[ "$(sinfo -h -o %t)" = idle ] || { echo "the node is not idle: $(sinfo -h -o '%t %E')" >&2; exit 1; }
echo "slurm $(srun --version) with node $node"

failures=0
expect() {
  local what=$1
  shift
  if "$@"; then echo "ok: $what"; else
    echo "FAILED: $what" >&2
    failures=$((failures + 1))
  fi
}
finished() { # JOB: waits for its end
  for _ in $(seq 600); do
    [ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return 0
    sleep 0.5
  done
  return 1
}
export ERSATZ_HOME=$source ERSATZ_RUNS=$work/runs
mkdir -p "$work/runs" "$work"/{alone,ranks}
cd "$work"

# Ranks by srun, and a batch script without srun, which is one process however many tasks it has.
"$build/tests/rank_worker" sum "$work/alone" 4
expect "srun starts two ranks" srun --ntasks=2 "$build/tests/rank_worker" sum "$work/ranks" 4
expect "their sums are those of one process" cmp "$work/alone/sum-0" "$work/ranks/sum-1"
rm -f "$work/ranks"/*
sbatch --quiet --wait --ntasks=2 --output="$work/batch.log" \
  --wrap "exec $build/tests/rank_worker sum $work/ranks 4" || true
expect "a batch script is one process" cmp "$work/alone/sum-0" "$work/ranks/sum-0"

# A training of two ranks from `ersatz slurm`, against one process.
train=(train mini-sd --recipe tiny --threads 1 --parts 4)
"$build/bin/ersatz" "${train[@]}" --out "$work/model of one" >"$work/one.log" 2>&1
export ERSATZ_RUNS=$work/runs-of-two
mkdir -p "$ERSATZ_RUNS"
"$build/bin/ersatz" slurm --tasks 2 --time 10 --log "$work/train.log" --out train.sbatch -- \
  "${train[@]}" --out "$work/model of two"
sbatch --quiet --wait train.sbatch || true
expect "rank 0 met the other" grep -q "2 ranks, started by srun" "$work/train.log"
for file in unet/diffusion_pytorch_model.safetensors text_encoder/model.safetensors; do
  expect "$file is the same" cmp "$work/model of one/$file" "$work/model of two/$file"
done

# An array of shards from `ersatz slurm`, against one process.
generate=(generate txt2img --model "$work/model of one" --prompt "it's \$HOME; \"kiwis\"" --count 5
  --steps 2 --threads 1 --batch 1)
"$build/bin/ersatz" "${generate[@]}" --out "$work/pictures of one" >"$work/pictures.log" 2>&1
"$build/bin/ersatz" slurm --shards 3 --throttle 2 --log "$work/array-%a.log" --out array.sbatch -- \
  "${generate[@]}" --out "$work/pictures of three"
job=$(sbatch --parsable array.sbatch)
expect "the array ends" finished "$job"
for file in "$work/pictures of one"/*.png; do
  expect "$(basename "$file") is the same" cmp "$file" "$work/pictures of three/$(basename "$file")"
done
expect "5 pictures were compared" [ "$(find "$work/pictures of three" -name '*.png' | wc -l)" -eq 5 ]

# A rank that is killed ends the other, too, in time; the same job again goes on where it stopped.
long=("${train[@]}" -o diffusion.steps=300 -o samples.every=1000 -o run.diffusion_checkpoint_every=10)
"$build/bin/ersatz" "${long[@]}" --out "$work/long model of one" >"$work/long-one.log" 2>&1
export ERSATZ_RUNS=$work/runs-of-the-killed
mkdir -p "$ERSATZ_RUNS"
"$build/bin/ersatz" slurm --tasks 2 --time 10 --log "$work/lost.log" --out lost.sbatch -- \
  "${long[@]}" --out "$work/long model of two"
job=$(sbatch --parsable lost.sbatch)
for _ in $(seq 600); do
  [ -n "$(find "$ERSATZ_RUNS" -path '*mini-sd-diffusion*' -name '*.safetensors' -print -quit 2>/dev/null)" ] && break
  sleep 0.1
done
killed=
for process in $(pgrep -x ersatz-train); do
  environment=/proc/$process/environ
  if grep -qz "^SLURM_JOB_ID=$job\$" "$environment" && grep -qz '^SLURM_PROCID=1$' "$environment"; then
    kill -KILL "$process" && killed=$process
  fi
done 2>/dev/null
expect "a rank was killed" [ -n "$killed" ]
begin=$SECONDS
expect "the job ends" finished "$job"
expect "within 45 s ($((SECONDS - begin)) s)" [ $((SECONDS - begin)) -le 45 ]
expect "the model is not there" [ ! -e "$work/long model of two/model_index.json" ]
expect "the other rank says why it ended" grep -q "rank 1 of 2 " "$work/lost.log"
sbatch --quiet --wait lost.sbatch || true
for file in unet/diffusion_pytorch_model.safetensors text_encoder/model.safetensors; do
  expect "$file is the same after the loss" cmp "$work/long model of one/$file" "$work/long model of two/$file"
done

# A sweep of an experiment as an array, an element for each value.
export ERSATZ_RUNS=$work/runs-of-the-sweep ERSATZ_RESULTS=$work/results
mkdir -p "$ERSATZ_RUNS" "$ERSATZ_RESULTS"
"$build/bin/ersatz" slurm --throttle 2 --log "$work/sweep-%a.log" --out sweep.sbatch -- \
  run mnist --profile smoke --threads 1 -o gan.steps=6,9
job=$(sbatch --parsable sweep.sbatch)
expect "the sweep ends" finished "$job"
"$build/bin/ersatz" list --runs --json >"$work/runs.json"
expect "two runs are finished" [ "$(grep -c '"state": "FINISHED"' "$work/runs.json")" -eq 2 ]
for value in 6 9; do
  expect "one of them with gan.steps=$value" grep -qx "gan.steps = $value" \
    "$ERSATZ_RUNS"/mnist/smoke/*/config.resolved.toml
done

[ "$failures" -eq 0 ]
