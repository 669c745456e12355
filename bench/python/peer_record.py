"""What a peer's measurement leaves in results/bench/peers: rates and the machine they are of."""

import datetime
import json
import os


def cpu_model():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def write_record(path, peer, unit, rates, **fastest):
    """`rates`: all that was measured, by variant; `fastest`: the best of those that count, by key."""
    record = {
        "peer": peer,
        "unit": unit,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "load_avg": [round(value, 2) for value in os.getloadavg()],
        "environment": {name: os.environ[name] for name in
                        ("OPENBLAS_CORETYPE", "OPENBLAS_THREAD_TIMEOUT", "OMP_WAIT_POLICY")
                        if name in os.environ},
        "fastest": {key: round(value, 2) for key, value in fastest.items()},
        "rates": {key: round(value, 2) for key, value in rates.items()},
    }
    with open(path, "w") as file:
        json.dump(record, file, indent=2)
        file.write("\n")
