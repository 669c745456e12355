"""ResNet-18 training at 224 px in plain PyTorch, for comparison with bench/resnet_bench.cpp.

Network, batch size, optimiser and augmentation are those of the fruit article (dataset-gen), written
the way a PyTorch user does. Prints images per second of the average and of the best step:

  step      forward, backward and Adam on a batch that is there already, in both memory formats
  loader    the same with a torchvision ImageFolder and a DataLoader before it: decoding, Resize,
            CenterCrop, RandomRotation, flips, GaussianBlur; once in the training process and once
            with a worker
  forward   evaluation on a batch that is there already

Run on a quiet machine, with and without OMP_WAIT_POLICY=PASSIVE, and take the better:

    python3 bench/python/resnet18_torch.py [steps [all|step|loader|forward [RECORD.json]]]
"""

import os
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
import torchvision.transforms as T
from PIL import Image

from peer_record import write_record

BATCH = 32
CLASSES = 5


def network(memory_format):
    torch.manual_seed(1)
    return torchvision.models.resnet18(num_classes=CLASSES).to(memory_format=memory_format)


def train(batches, memory_format, steps, warm_up):
    """`batches` yields (images, labels) without end."""
    model = network(memory_format).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-4, total_steps=1000)
    times = []
    for _ in range(steps + warm_up):
        begin = time.perf_counter()
        images, labels = next(batches)
        loss = F.cross_entropy(model(images.to(memory_format=memory_format)), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        loss.item()
        times.append(time.perf_counter() - begin)
    times = times[warm_up:]
    return BATCH * len(times) / sum(times), BATCH / min(times)


def ready_batches():
    images, labels = torch.randn(BATCH, 3, 224, 224), torch.randint(0, CLASSES, (BATCH,))
    while True:
        yield images, labels


def write_photos(root, count):
    """640 x 480 PNG files: smooth structure and noise."""
    random = np.random.default_rng(1)
    for i in range(count):
        small = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        photo = np.array(Image.fromarray(small).resize((640, 480), Image.BILINEAR), dtype=np.int16)
        photo = (photo + random.integers(-4, 5, photo.shape)).clip(0, 255).astype(np.uint8)
        folder = os.path.join(root, str(i % CLASSES))
        os.makedirs(folder, exist_ok=True)
        Image.fromarray(photo).save(os.path.join(folder, f"{i}.png"))


def loaded_batches(root, workers):
    transform = T.Compose([
        T.Resize(224), T.CenterCrop(224), T.RandomRotation(30), T.RandomHorizontalFlip(),
        T.RandomVerticalFlip(), T.GaussianBlur((5, 9), (0.05, 0.3)), T.ToTensor(),
        T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    loader = torch.utils.data.DataLoader(torchvision.datasets.ImageFolder(root, transform),
                                         batch_size=BATCH, shuffle=True, drop_last=True,
                                         num_workers=workers, persistent_workers=workers > 0)
    while True:
        yield from loader


def evaluate(memory_format, steps):
    model = network(memory_format).eval()
    images = torch.randn(BATCH, 3, 224, 224).to(memory_format=memory_format)
    times = []
    with torch.no_grad():
        for _ in range(steps + 2):
            begin = time.perf_counter()
            model(images).argmax(1).tolist()
            times.append(time.perf_counter() - begin)
    times = times[2:]
    return BATCH * len(times) / sum(times), BATCH / min(times)


def show(name, result):
    average, best = result
    print(f"{name:32s} average {average:6.2f}  best {best:6.2f}  images/s", flush=True)
    return average


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    what = sys.argv[2] if len(sys.argv) > 2 else "all"
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, "
          f"OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', '(unset)')}, "
          f"OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', '(unset)')}")
    formats = (("NCHW", torch.contiguous_format), ("channels_last", torch.channels_last))
    rates = {}
    if what in ("all", "step"):
        for name, memory_format in formats:
            rates[f"step {name}"] = show(f"step {name}",
                                         train(ready_batches(), memory_format, steps, 2))
    if what in ("all", "loader"):
        with tempfile.TemporaryDirectory() as root:
            write_photos(root, 128)
            for workers in (0, 1):
                name = f"loader channels_last workers={workers}"
                rates[name] = show(name, train(loaded_batches(root, workers),
                                               torch.channels_last, steps, 2))
    if what in ("all", "forward"):
        for name, memory_format in formats:
            rates[f"forward {name}"] = show(f"forward {name}", evaluate(memory_format, steps))
    if len(sys.argv) > 3:
        write_record(sys.argv[3], f"PyTorch {torch.__version__}", "images/s", rates,
                     **{key: max(rate for name, rate in rates.items() if name.startswith(key))
                        for key in ("step", "loader", "forward")})


if __name__ == "__main__":
    main()
