"""Training speed of the digit classifier in plain PyTorch, for comparison with bench_classifier.

The network, batch size and step are those of src/models/digit_classifier.h and
src/train/classifier_trainer.cpp, written the way a PyTorch user would. Prints images per second of
the best and of the average step, for both memory formats and for each implementation of Adam that
this PyTorch has. Run on a quiet machine; scripts/run_peers.sh
sets the environment:

    python3 bench/python/classifier_torch.py [steps [RECORD.json]]
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from peer_record import time_variants

BATCH = 100


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.hidden = nn.Linear(7 * 7 * 64, 1024)
        self.dropout = nn.Dropout(0.4)
        self.output = nn.Linear(1024, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout(F.relu(self.hidden(x.flatten(1))))
        return self.output(x)


def measure(memory_format, steps, **adam_options):
    torch.manual_seed(1)
    network = Classifier().to(memory_format=memory_format).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, **adam_options)
    pixels = torch.randint(0, 256, (5000, 1, 28, 28), dtype=torch.uint8)
    labels = torch.randint(0, 10, (5000,))
    order = torch.randperm(len(pixels))
    times = []
    for step in range(steps + 5):
        begin = time.perf_counter()
        rows = order[(step * BATCH) % len(pixels):][:BATCH]
        images = pixels[rows].float().div_(255).to(memory_format=memory_format)
        loss = F.cross_entropy(network(images), labels[rows])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss.item()
        times.append(time.perf_counter() - begin)
    times = times[5:]
    return BATCH / min(times), BATCH * len(times) / sum(times)


if __name__ == "__main__":
    time_variants(measure, default_steps=100)
