"""What a peer's measurement leaves in results/bench/peers: rates and the machine they are of."""

import ctypes
import datetime
import json
import os
import sys

LOAD_AT_THE_START = os.getloadavg()


def cpu_model():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def blas_kernels():
    """The kernels that OpenBLAS takes in this process; None where the system's BLAS is another."""
    try:
        name = ctypes.CDLL("libblas.so.3").openblas_get_corename
    except (OSError, AttributeError):
        return None
    name.restype = ctypes.c_char_p
    return name().decode()


def write_record(path, peer, unit, rates, **fastest):
    """`rates`: all that was measured, by variant; `fastest`: the best of those that count, by key."""
    record = {
        "peer": peer,
        "unit": unit,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "load_avg": [round(value, 2) for value in LOAD_AT_THE_START],
        "environment": {name: os.environ[name] for name in
                        ("OPENBLAS_CORETYPE", "OPENBLAS_THREAD_TIMEOUT", "OMP_WAIT_POLICY")
                        if name in os.environ},
        **({"blas": kernels} if (kernels := blas_kernels()) else {}),
        "fastest": {key: round(value, 2) for key, value in fastest.items()},
        "rates": {key: round(value, 2) for key, value in rates.items()},
    }
    with open(path, "w") as file:
        json.dump(record, file, indent=2)
        file.write("\n")


def time_variants(measure, default_steps):
    """Prints what measure(memory format, steps, foreach=...) gives, images per second of the best
    and of the average step, for both memory formats and both of PyTorch's Adams. Arguments of the
    program: steps, and the file for a record."""
    import torch

    steps = int(sys.argv[1]) if len(sys.argv) > 1 else default_steps
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, "
          f"OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', '(unset)')}")
    rates = {}
    for name, memory_format in (("NCHW", torch.contiguous_format),
                                ("channels_last", torch.channels_last)):
        for foreach in (False, True):
            best, average = measure(memory_format, steps, foreach=foreach)
            rates[f"{name} foreach={foreach}"] = average
            print(f"{name:14s} foreach={foreach!s:5s}  best {best:7.1f}  "
                  f"average {average:7.1f}  images/s")
    if len(sys.argv) > 2:
        write_record(sys.argv[2], f"PyTorch {torch.__version__}", "images/s", rates,
                     rate=max(rates.values()))
