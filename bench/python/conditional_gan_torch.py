"""Training speed of the conditional GAN in plain PyTorch, for comparison with
conditional_gan_bench.

Networks, batch size and step are those of src/models/conditional_gan_*.h and
src/train/conditional_gan_step.cpp, written the way a PyTorch user would. Prints images per second
(64 per step) of the best and of the average step, for both memory formats and for each
implementation of Adam that this PyTorch has. Run on a quiet machine; scripts/run_peers.sh sets
the environment:

    python3 bench/python/conditional_gan_torch.py [steps [RECORD.json]]
"""

import time

import torch
import torch.nn.functional as F
from torch import nn

from peer_record import time_variants

BATCH, LATENT, CLASSES = 64, 100, 10


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 50)
        self.label = nn.Linear(50, 49)
        self.noise = nn.Linear(LATENT, 128 * 49)
        self.up1 = nn.ConvTranspose2d(129, 128, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(128, 128, 4, stride=2, padding=1)
        self.output = nn.Conv2d(128, 1, 7, padding=3)

    def forward(self, noise, labels):
        x = F.leaky_relu(self.noise(noise), 0.2).view(-1, 128, 7, 7)
        label = self.label(self.embedding(labels)).view(-1, 1, 7, 7)
        x = torch.cat([x, label], 1)
        if self.up1.weight.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.up1(x), 0.2)
        x = F.leaky_relu(self.up2(x), 0.2)
        return torch.tanh(self.output(x))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, 50)
        self.label = nn.Linear(50, 784)
        self.down1 = nn.Conv2d(2, 128, 3, stride=2, padding=1)
        self.down2 = nn.Conv2d(128, 128, 3, stride=2, padding=1)
        self.dropout = nn.Dropout(0.4)
        self.output = nn.Linear(128 * 49, 1)

    def forward(self, images, labels):
        label = self.label(self.embedding(labels)).view(-1, 1, 28, 28)
        x = torch.cat([images, label], 1)
        if self.down1.weight.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        x = F.leaky_relu(self.down1(x), 0.2)
        x = F.leaky_relu(self.down2(x), 0.2)
        return self.output(self.dropout(x.flatten(1)))


def measure(memory_format, steps, **adam_options):
    torch.manual_seed(1)
    generator = Generator().to(memory_format=memory_format).train()
    discriminator = Discriminator().to(memory_format=memory_format).train()
    options = dict(lr=2e-4, betas=(0.5, 0.999), eps=1e-7, **adam_options)
    generator_adam = torch.optim.Adam(generator.parameters(), **options)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), **options)
    pixels = torch.randint(0, 256, (3068, 1, 28, 28), dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (len(pixels),))
    real, fake = torch.ones(BATCH // 2, 1), torch.zeros(BATCH // 2, 1)
    half = BATCH // 2
    loss_of = F.binary_cross_entropy_with_logits

    def draw(count):
        return torch.randn(count, LATENT), torch.randint(0, CLASSES, (count,))

    times = []
    for step in range(steps + 2):
        begin = time.perf_counter()
        rows = torch.randint(0, len(pixels), (half,))
        images = pixels[rows].float().div_(127.5).sub_(1)
        loss = loss_of(discriminator(images, labels[rows]), real)
        discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_adam.step()
        noise, classes = draw(half)
        with torch.no_grad():
            images = generator(noise, classes)
        loss = loss_of(discriminator(images, classes), fake)
        discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_adam.step()

        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        noise, classes = draw(BATCH)
        loss = loss_of(discriminator(generator(noise, classes), classes), torch.ones(BATCH, 1))
        generator_adam.zero_grad(set_to_none=True)
        loss.backward()
        generator_adam.step()
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)
        loss.item()
        times.append(time.perf_counter() - begin)
    times = times[2:]
    return BATCH / min(times), BATCH * len(times) / sum(times)


if __name__ == "__main__":
    time_variants(measure, default_steps=20)
