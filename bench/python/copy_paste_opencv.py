"""Copy-paste generation in plain Python, for comparison with copy_paste_bench.

Same work, written the way a Python user would: a random background of 640 x 480, one to five of
five cut-outs of 120 to 200 px at random places without overlap, an instance mask and a box for each.
`opencv` blends with NumPy and OpenCV, `pillow` with Image.paste as the paper's code. Nothing is
encoded; `jpeg` also reads every background from a JPEG file. Prints images per second of one process
and of one per processor. Debian: python3-opencv, python3-pil. Run on a quiet
machine; scripts/run_peers.sh sets the environment:

    /usr/bin/python3 bench/python/copy_paste_opencv.py [images [RECORD.json]]
"""

import multiprocessing
import os
import random
import sys
import tempfile
import time

import cv2
import numpy as np
import PIL
from PIL import Image

from peer_record import write_record

WIDTH, HEIGHT, BACKGROUNDS, TRIES = 640, 480, 16, 1000


def background(index):
    rng = np.random.default_rng(index)
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    channels = []
    for _ in range(3):
        value = np.full((HEIGHT, WIDTH), 128.0)
        for k, phase in enumerate(6.283 * rng.random(6)):
            value += 60 / (k + 1) * np.sin(0.008 * 2**k * (x + (k % 3 - 1) * y) + phase)
        channels.append(value + 4 * rng.standard_normal(value.shape))
    return np.clip(np.stack(channels, 2), 0, 255).astype(np.uint8)


def ball(side, index):
    rng = np.random.default_rng(index)
    axis = (np.arange(side) + 0.5 - side / 2) / (side / 2)
    dx, dy = np.meshgrid(axis, axis)
    distance = np.hypot(dx, dy)
    light = 200 * np.maximum(0.2, 1 - 0.6 * distance - 0.2 * (dx + dy))
    colours = [tint * light + 5 * rng.standard_normal(light.shape) for tint in (1.2, 0.7, 0.2)]
    alpha = 255 * (1 - distance) * side / 4
    return np.clip(np.stack(colours + [alpha], 2), 0, 255).astype(np.uint8)


def meet(a, b):
    return (a[0] <= b[0] + b[2] and b[0] <= a[0] + a[2] and
            a[1] <= b[1] + b[3] and b[1] <= a[1] + a[3])


def place(width, height, taken):
    for _ in range(TRIES):
        box = (random.randint(0, max(0, WIDTH - width)), random.randint(0, max(0, HEIGHT - height)),
               width, height)
        if not any(meet(box, other) for other in taken):
            return box
    return None


def tight_box(mask, x, y):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (x + columns[0], y + rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)


def compose_opencv(backgrounds, balls):
    image = backgrounds().copy()
    taken, masks, boxes = [], [], []
    for cut_out in random.sample(balls, random.randint(1, len(balls))):
        height, width = cut_out.shape[:2]
        box = place(width, height, taken)
        if box is None:
            continue
        x, y = box[:2]
        taken.append(box)
        alpha = cut_out[:, :, 3:].astype(np.float32) / 255
        region = image[y:y + height, x:x + width]
        blended = cut_out[:, :, :3] * alpha + region * (1 - alpha)
        image[y:y + height, x:x + width] = np.rint(blended).astype(np.uint8)
        inside = cut_out[:, :, 3] >= 128
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[y:y + height, x:x + width] = inside
        masks.append(mask)
        boxes.append(tight_box(inside, x, y))
    return image, masks, boxes


def compose_pillow(backgrounds, balls):
    image = Image.fromarray(backgrounds())
    taken, masks, boxes = [], [], []
    for cut_out in random.sample(balls, random.randint(1, len(balls))):
        width, height = cut_out.size
        box = place(width, height, taken)
        if box is None:
            continue
        taken.append(box)
        image.paste(cut_out, box[:2], mask=cut_out)
        inside = cut_out.getchannel("A").point(lambda alpha: 255 if alpha >= 128 else 0)
        mask = Image.new("L", (WIDTH, HEIGHT))
        mask.paste(inside, box[:2])
        masks.append(mask)
        boxes.append(mask.getbbox())
    return image, masks, boxes


def measure(compose, read, balls, images):
    begin = time.perf_counter()
    for _ in range(images):
        compose(read, balls)
    return images / (time.perf_counter() - begin)


def work(arguments):
    name, jpeg, images = arguments
    cv2.setNumThreads(1)
    random.seed(os.getpid())
    arrays = [background(i) for i in range(BACKGROUNDS)]
    balls = [ball(120 + 20 * i, i) for i in range(5)]
    if name == "pillow":
        balls = [Image.fromarray(one) for one in balls]
    compose = compose_pillow if name == "pillow" else compose_opencv
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for i, array in enumerate(arrays if jpeg else []):
            files.append(os.path.join(folder, f"{i}.jpg"))
            cv2.imwrite(files[-1], array, [cv2.IMWRITE_JPEG_QUALITY, 90])
        if not jpeg:
            read = lambda: random.choice(arrays)
        elif name == "pillow":
            read = lambda: np.asarray(Image.open(random.choice(files)).convert("RGB"))
        else:
            read = lambda: cv2.imread(random.choice(files))
        measure(compose, read, balls, images // 10)
        return measure(compose, read, balls, images)


def main():
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    processes = len(os.sched_getaffinity(0))
    print(f"OpenCV {cv2.__version__}, NumPy {np.__version__}, Pillow {Image.__version__}")
    rates = {}
    for name in ("opencv", "pillow"):
        for jpeg in (False, True):
            one = work((name, jpeg, images))
            with multiprocessing.Pool(processes) as pool:
                all_together = sum(pool.map(work, [(name, jpeg, images)] * processes, chunksize=1))
            rates[f"{name} {'jpeg' if jpeg else 'memory'}, {processes} processes"] = all_together
            print(f"{name:7s} {'jpeg' if jpeg else 'memory':7s} 1 process {one:6.0f}   "
                  f"{processes} processes {all_together:6.0f}  images/s")
    if len(sys.argv) > 2:
        write_record(sys.argv[2], f"OpenCV {cv2.__version__}, Pillow {PIL.__version__}", "pictures/s", rates,
                     rate=max(rate for key, rate in rates.items() if "memory" in key))


if __name__ == "__main__":
    main()
