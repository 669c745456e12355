"""Reads exported logs as TensorBoard does and holds them against the CSV export of the same runs.

read_in_tensorboard.py LOGS CSV [RESULTS]

LOGS is `ersatz export-run ... --to tensorboard`, CSV the same runs `--to csv`, RESULTS the folder
with their pictures, experiment/profile/pictures/*.png. First TensorBoard's reader of event files,
then its server: what the browser is sent for every scalar, picture and text, with its own reader
and with the fast one where that is installed. Ends with a line per run, or an error.
"""

import csv
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing import event_accumulator

SECONDS_TO_LOAD = 90
SINGLE_PRECISION = 1e-6  # relative


def rows(file):
    if not file.exists():
        return []
    with open(file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def name_and_step(row):
    point = row["point"]
    if not point:
        return row["metric"], 0
    if float(point).is_integer():
        return row["metric"], int(float(point))
    return f"{row['metric']} at {point}", 0


def expected_scalars(folder):
    """{tag: {step: value}} of a run exported as CSV."""
    tags = {}
    for row in rows(folder / "training.csv"):
        tags.setdefault("train/" + row["curve"], {})[int(row["step"])] = float(row["value"])
    seeds = {}
    for row in rows(folder / "metrics.csv"):
        if row["value"]:
            seeds.setdefault(name_and_step(row), []).append((row["seed"], float(row["value"])))
    for (name, step), values in seeds.items():
        mean = sum(value for _, value in values) / len(values)
        tags.setdefault("metrics/" + name, {})[step] = mean
        if len(values) > 1:
            for seed, value in values:
                tags.setdefault(f"metrics/seed-{seed}/{name}", {})[step] = value
    return tags


def same(read, wanted):
    if math.isnan(wanted) or math.isinf(wanted):
        return str(read) == str(wanted)
    return math.isclose(read, wanted, rel_tol=SINGLE_PRECISION, abs_tol=1e-38)


def check_scalars(run, read, wanted):
    assert set(read) == set(wanted), (
        f"{run}: {sorted(set(read) ^ set(wanted))[:5]} are on one side only")
    for tag, steps in wanted.items():
        points = read[tag]
        assert [step for step, _ in points] == sorted(steps), f"{run} {tag}: steps {points}"
        for step, value in points:
            assert same(value, steps[step]), f"{run} {tag} {step}: {value}, not {steps[step]}"


def picture_files(results, csv_folder):
    """{name: bytes} of the PNG files in the results of a run."""
    run = {row["name"]: row["value"] for row in rows(csv_folder / "run.csv")}
    folder = results / run["experiment"] / run["name"]
    files = {}
    for kind in ("pictures", "plots"):
        for file in folder.glob(f"{kind}/*.png"):
            files[f"{kind}/{file.stem}"] = file.read_bytes()
    return files


def read_by_accumulator(logs, csv_folder, results):
    run = csv_folder.name
    reader = event_accumulator.EventAccumulator(
        str(logs / run), size_guidance={"scalars": 0, "images": 0, "tensors": 0},
        purge_orphaned_data=False)
    reader.Reload()
    tags = reader.Tags()
    read = {tag: [(event.step, event.value) for event in reader.Scalars(tag)]
            for tag in tags["scalars"]}
    texts = []
    for tag in tags["tensors"]:
        plugin = reader.SummaryMetadata(tag).plugin_data.plugin_name
        if plugin == "text":
            texts.append(tag)
        else:
            raise AssertionError(f"{run} {tag}: a tensor of plugin '{plugin}'")
    wanted = expected_scalars(csv_folder)
    check_scalars(run, read, wanted)
    assert "run/page" in texts, f"{run}: texts {texts}"
    pictures = {tag: reader.Images(tag)[0].encoded_image_string for tag in tags["images"]}
    if results:
        assert pictures == picture_files(results, csv_folder), f"{run}: pictures differ"
    return f"{run}: {len(wanted)} scalars, {len(pictures)} pictures, {len(texts)} texts"


class Server:
    """`tensorboard` on a port that it picks."""

    def __init__(self, logs, load_fast):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), "--port", "0",
             "--host", "127.0.0.1", "--load_fast", load_fast,
             "--samples_per_plugin", "scalars=100000,images=100,text=100"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        end = time.monotonic() + SECONDS_TO_LOAD
        while time.monotonic() < end and self.process.poll() is None:
            self.log.seek(0)
            address = re.search(r"http://[\w.]+:\d+/", self.log.read())
            if address:
                self.address = address.group()
                return self
            time.sleep(0.2)
        self.__exit__()
        self.log.seek(0)
        raise AssertionError("tensorboard does not serve: " + self.log.read()[-1000:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def get(self, path, **arguments):
        query = "?" + urllib.parse.urlencode(arguments) if arguments else ""
        with urllib.request.urlopen(self.address + path + query, timeout=30) as answer:
            return answer.read()

    def json(self, path, **arguments):
        return json.loads(self.get(path, **arguments))


def read_from_server(server, csv_folders, results):
    wanted = {folder.name: expected_scalars(folder) for folder in csv_folders}
    end = time.monotonic() + SECONDS_TO_LOAD
    while True:  # it loads while it serves; texts are what it has last
        tags = server.json("data/plugin/scalars/tags")
        texts = server.json("data/plugin/text/tags")
        loaded = all(len(tags.get(run, {})) >= len(wanted[run]) and texts.get(run)
                     for run in wanted)
        if loaded or time.monotonic() > end:
            break
        time.sleep(0.5)
    for folder in csv_folders:
        run = folder.name
        read = {}
        for tag in tags[run]:
            points = server.json("data/plugin/scalars/scalars", run=run, tag=tag)
            read[tag] = [(step, float(value)) for _, step, value in points]
        check_scalars(run, read, wanted[run])
        pictures = {}
        for tag in server.json("data/plugin/images/tags").get(run, {}):
            shown = server.json("data/plugin/images/images", run=run, tag=tag, sample=0)
            assert len(shown) == 1, f"{run} {tag}: {shown}"
            pictures[tag] = server.get("data/plugin/images/individualImage?" + shown[0]["query"])
        if results:
            assert pictures == picture_files(results, folder), f"{run}: pictures differ"
        page = server.json("data/plugin/text/text", run=run, tag="run/page")
        assert page and page[0]["text"].strip(), f"{run}: no page"


def main():
    logs, csv_export = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    results = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    csv_folders = sorted(folder for folder in csv_export.iterdir() if folder.is_dir())
    assert csv_folders, f"{csv_export} holds no run"
    for folder in csv_folders:
        print(read_by_accumulator(logs, folder, results))
    readers = ["false"]
    try:
        import tensorboard_data_server  # noqa: F401
        readers.append("true")
    except ImportError:
        pass
    for reader in readers:
        with Server(logs, reader) as server:
            read_from_server(server, csv_folders, results)
        print(f"served the same, load_fast={reader}")


if __name__ == "__main__":
    main()
