#!/usr/bin/env bash
# Measures what Python libraries need for the same as some benchmarks: run_peers.sh [OUT]
# (results/bench/peers). Debian: python3-torch python3-torchvision python3-opencv python3-pil. On a
# quiet machine, with the environment in which PyTorch is fastest, and with the OpenBLAS kernels
# that this project's programs take here (BUILD/bin/ersatz knows them) unless OPENBLAS_CORETYPE is set.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/bench/peers}
python=${PYTHON:-/usr/bin/python3}
build=${BUILD:-build}
mkdir -p "$out"
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  unset OPENBLAS_CORETYPE  # doctor would take an empty one for a choice
  found=$("$build/bin/ersatz" doctor --json || true)
  found=$(sed -n '/"name": "OpenBLAS kernels"/,/"text"/s/.*"text": "\(.*\)".*/\1/p' <<<"$found")
  case $found in
    *' sets OPENBLAS_CORETYPE='*) found=${found#* sets OPENBLAS_CORETYPE=} ;;
  esac
  kernels=${found%% *}
  if [ -z "$kernels" ]; then
    echo "run_peers.sh: $build/bin/ersatz does not say which OpenBLAS kernels it takes; set OPENBLAS_CORETYPE" >&2
    exit 40
  fi
  export OPENBLAS_CORETYPE=$kernels
fi
export OPENBLAS_THREAD_TIMEOUT=${OPENBLAS_THREAD_TIMEOUT:-4} OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
"$python" bench/python/classifier_torch.py 100 "$out/classifier_torch.json"
"$python" bench/python/conditional_gan_torch.py 20 "$out/conditional_gan_torch.json"
"$python" bench/python/resnet18_torch.py 10 all "$out/resnet18_torch.json"
"$python" bench/python/copy_paste_opencv.py 300 "$out/copy_paste_opencv.json"
