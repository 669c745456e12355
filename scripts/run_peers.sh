#!/usr/bin/env bash
# Measures what Python libraries need for the same as some benchmarks: run_peers.sh [OUT]
# (results/bench/peers). Debian: python3-torch python3-torchvision python3-opencv python3-pil. On a
# quiet machine, with the environment in which PyTorch is fastest.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-results/bench/peers}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$out"
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  grep -q avx512bw /proc/cpuinfo && export OPENBLAS_CORETYPE=SkylakeX || export OPENBLAS_CORETYPE=Haswell
fi
export OPENBLAS_THREAD_TIMEOUT=${OPENBLAS_THREAD_TIMEOUT:-4} OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
"$python" bench/python/classifier_torch.py 100 "$out/classifier_torch.json"
"$python" bench/python/conditional_gan_torch.py 20 "$out/conditional_gan_torch.json"
"$python" bench/python/resnet18_torch.py 10 all "$out/resnet18_torch.json"
"$python" bench/python/copy_paste_opencv.py 300 "$out/copy_paste_opencv.json"
