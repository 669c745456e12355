#!/usr/bin/env bash
# Four ranks on what looks to them like two machines: two network namespaces and a cable.
#   two_namespaces.sh check                 whether this machine permits it; says why not
#   two_namespaces.sh run PROGRAM ACTION FOLDER ARGUMENTS...
#   two_namespaces.sh pull PROGRAM ACTION FOLDER ARGUMENTS...
#       the same, but the cable is pulled when there is FOLDER/ready-0 ... ready-3
#   two_namespaces.sh deaf PROGRAM ACTION FOLDER ARGUMENTS...
#       the same, but only rank 0's store can be reached: Gloo is given another cable, on which nothing arrives
#   two_namespaces.sh terminate PROGRAM ACTION FOLDER ARGUMENTS...
#       the same, and all are sent SIGTERM when the first of them waits for an answer there
# `run` fails if a rank does; the others print the exit statuses in one line.
set -uo pipefail
mode=$1
shift
a=ersatz-a-$$ b=ersatz-b-$$
# shellcheck disable=SC2317  # called by the trap
cleanup() {
  ip netns del "$a" 2>/dev/null
  ip netns del "$b" 2>/dev/null
}
trap cleanup EXIT

lay_cable() {
  ip netns add "$a" && ip netns add "$b" &&
    ip link add ersatz0 netns "$a" type veth peer name ersatz0 netns "$b" &&
    ip -n "$a" addr add 10.77.0.1/24 dev ersatz0 && ip -n "$b" addr add 10.77.0.2/24 dev ersatz0 &&
    ip -n "$a" link set lo up && ip -n "$b" link set lo up &&
    ip -n "$a" link set ersatz0 up && ip -n "$b" link set ersatz0 up
}

# Its two ends know wrong addresses of each other: what they send is dropped without an answer.
lay_deaf_cable() {
  ip link add ersatz1 netns "$a" type veth peer name ersatz1 netns "$b"
  ip -n "$a" addr add 10.78.0.1/24 dev ersatz1 && ip -n "$b" addr add 10.78.0.2/24 dev ersatz1
  ip -n "$a" link set ersatz1 up && ip -n "$b" link set ersatz1 up
  ip -n "$a" neigh replace 10.78.0.2 lladdr 02:00:00:00:00:99 dev ersatz1 nud permanent
  ip -n "$b" neigh replace 10.78.0.1 lladdr 02:00:00:00:00:99 dev ersatz1 nud permanent
  export GLOO_SOCKET_IFNAME=ersatz1
}

if ! command -v ip >/dev/null; then
  echo "there is no \`ip\` on this machine (iproute2)" >&2
  exit 1
fi
if ! message=$(lay_cable 2>&1); then
  echo "network namespaces are not permitted here: $message" >&2
  exit 1
fi
[ "$mode" = check ] && exit 0

case $mode in deaf | terminate) lay_deaf_cable || exit 1 ;; esac
folder=$3
processes=()
for rank in 0 1 2 3; do
  namespace=$a
  [ "$rank" -ge 2 ] && namespace=$b
  ip netns exec "$namespace" env RANK="$rank" WORLD_SIZE=4 LOCAL_RANK=$((rank % 2)) \
    LOCAL_WORLD_SIZE=2 MASTER_ADDR=10.77.0.1 MASTER_PORT=29700 "$@" &
  processes+=($!)
done
if [ "$mode" = pull ]; then
  for _ in $(seq 600); do
    [ -e "$folder/ready-0" ] && [ -e "$folder/ready-1" ] && [ -e "$folder/ready-2" ] &&
      [ -e "$folder/ready-3" ] && break
    sleep 0.1
  done
  ip -n "$a" link set ersatz0 down
fi
waits_for_an_answer() {
  [ -n "$(ip netns exec "$a" ss -Htn state syn-sent dst 10.78.0.0/24)$(
    ip netns exec "$b" ss -Htn state syn-sent dst 10.78.0.0/24
  )" ]
}
if [ "$mode" = terminate ]; then
  for _ in $(seq 600); do
    waits_for_an_answer && break
    sleep 0.1
  done
  waits_for_an_answer || echo "nobody waits for an answer" >&2
  sleep 1
  kill -TERM "${processes[@]}"
fi
statuses=() failed=0
for process in "${processes[@]}"; do
  wait "$process"
  statuses+=($?)
  [ "${statuses[-1]}" -ne 0 ] && failed=1
done
if [ "$mode" != run ]; then
  echo "${statuses[*]}"
  exit 0
fi
exit "$failed"
