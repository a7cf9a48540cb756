"""Teach the network by which Paint knows of music: ``python tests/benchmarks/train_paint_prior.py OUT SONGS``.

SONGS are folders of `sepstudio synthesize`; `--loops` names a folder with the loops and solo recordings that
resources/paint/README.md tells of. Prints the loss on excerpts of other seeds (nats a cell) now and then.
"""

import argparse
import datetime
import math
from pathlib import Path

import numpy as np
import torch
from scipy.signal import butter, resample_poly, sosfilt
from torch.nn import functional

from sepstudio.dsp.stft import stft
from sepstudio.io.audio import open_audio
from sepstudio.nn.checkpoints import save_checkpoint
from sepstudio.nn.paint_network import MARGIN, PaintNetwork, bordered
from sepstudio.nn.provenance import Provenance
from sepstudio.separation.paint_grid import PaintGrid
from sepstudio.separation.paint_maps import MapMaker, levels
from sepstudio.separation.paint_prior import KIND, SAMPLE_RATE
from sepstudio.separation.paint_usual import Tally

CLASSES = ("bass", "drums", "other", "vocals")
SECONDS, HIDDEN, FFT, HOP = 8, 32, 4096, 1024
LENGTH = SECONDS * SAMPLE_RATE
LOOPS = {
    "drums": ("drums.wav", "loop_breakbeat.flac", "loop_compus.flac", "loop_mehackit1.flac", "loop_mika.flac",
              "loop_perc1.flac", "loop_tabla.flac"),
    "vocals": ("vocadito_10.wav", "vocadito_14.wav", "198-209-0000.hq.ogg", "3436-172162-0000.hq.ogg",
               "5703-47212-0000.hq.ogg"),
    "bass": ("303.wav",),
    "other": ("guitar.wav", "nylon.wav", "sorohanro_-_solo-trumpet-06.hq.ogg"),
}  # fmt: skip
# Chances of a loop, of a sound made of waves, and of nothing, instead of a stem of a song.
CHANCES = {"bass": (0.05, 0.2, 0.07), "drums": (0.22, 0.28, 0.0), "other": (0.1, 0.0, 0.0), "vocals": (0.4, 0.0, 0.15)}
BATCH, FRAMES, RATE, DECAY, EMPHASIS, NOISE = 3, 16, 0.01, 0.01, 0.3, 0.3
CUTOFFS = np.array([30, 120, 500, 2000, 8000, 22050])


class Maker:
    """Draws excerpts."""

    def __init__(self, songs, loops, seed):
        self.songs, self.loops, self.rng, self.read = songs, loops, np.random.default_rng(seed), {}
        self.grid = PaintGrid(SAMPLE_RATE, FFT, HOP)

    def excerpt(self):
        """Return maps, shares of classes and levels of a mixture: [maps or classes, bands, frames]."""
        stems = {}
        while len(stems) < 3 or "drums" not in stems:
            song = self.rng.choice(self.songs)
            found = {name: self.stem(name, song) for name in CLASSES}
            stems = {name: self.changed(name, x) for name, x in found.items() if x is not None and x.std() > 1e-5}
        mixture = sum(stems.values())
        x = np.asarray(stft(mixture, fft_size=FFT, hop_size=HOP), np.complex64)
        loudest = 2 * (float(np.abs(mixture).max()) * FFT / 4) ** 2
        maker = MapMaker(self.grid, 2, loudest, threads=1)
        maps, tally = maker.maps(x), Tally(maker.names)
        tally.add(maps)
        powers = np.zeros((len(CLASSES), self.grid.bands, x.shape[2]), np.float32)
        for name, stem in stems.items():
            own = stft(stem, fft_size=FFT, hop_size=HOP)
            powers[CLASSES.index(name)] = self.grid.means((np.abs(own) ** 2).sum(axis=0).astype(np.float32))
        total = powers.sum(axis=0) + 1e-20
        shares, level = (powers / total).astype(np.float16), np.log(total + 1e-9 * loudest).astype(np.float32)
        return tally.usual().normalised(maps).astype(np.float16), shares, level, maker.names

    def stem(self, name, song):
        loop, made, nothing = np.cumsum(CHANCES[name])
        drawn = self.rng.random()
        if drawn < loop and self.loops is not None:
            return self.loop(self.rng.choice(LOOPS[name]))
        if loop <= drawn < made:
            return self.beat() if name == "drums" else self.bass_line()
        if made <= drawn < nothing:
            return None
        file = (song if self.rng.random() < 0.75 else self.rng.choice(self.songs)) / f"{name}.wav"
        clip = open_audio(file) if file.exists() else None
        if clip is None or clip.length < LENGTH or clip.sample_rate != SAMPLE_RATE:
            return None
        first = int(self.rng.integers(0, max(clip.length - LENGTH - SAMPLE_RATE, 1)))
        return np.array(clip.read(first, first + LENGTH))

    def loop(self, name):
        if name not in self.read:
            clip = open_audio(self.loops / name)
            x = resample_poly(clip.read(0, clip.length), SAMPLE_RATE // 100, clip.sample_rate // 100, axis=1)
            self.read[name] = np.repeat(x, 2 // len(x), axis=0)
        x = resample_poly(self.read[name], 10, int(self.rng.integers(8, 13)), axis=1)
        x = np.tile(x, (1, -(-2 * LENGTH // x.shape[1])))
        first = int(self.rng.integers(0, x.shape[1] - LENGTH))
        return x[:, first : first + LENGTH].astype(np.float32)

    def changed(self, name, x):
        """Return a stem with another timbre, level and place."""
        gains = np.interp(
            np.log(np.maximum(np.fft.rfftfreq(LENGTH, 1 / SAMPLE_RATE), 20)), np.log(CUTOFFS), self.rng.normal(0, 4, 6)
        )
        x = np.fft.irfft(np.fft.rfft(x, axis=1) * 10 ** (gains / 20), LENGTH, axis=1)
        level = self.rng.normal(0, 4) - (20 if name == "other" else 19)
        x *= 10 ** (level / 20) / np.sqrt((x**2).mean())
        if name == "other" or self.rng.random() < 0.2:
            place = self.rng.uniform(-0.5, 0.5)
            x *= np.array([[1 - place], [1 + place]])
        return x.astype(np.float32)

    def beat(self):
        """Return electronic drums: sine sweeps, bands of noise with a tone, and clicks of noise."""
        rng, y = self.rng, np.zeros((2, LENGTH + SAMPLE_RATE))
        step = 15 / rng.uniform(80, 150)
        time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
        low, high, fall = rng.uniform(38, 65), rng.uniform(80, 400), rng.uniform(0.01, 0.06)
        sweep = np.sin(2 * np.pi * (low * time + high * fall * (1 - np.exp(-time / fall))))
        kick = sweep * np.exp(-time / rng.uniform(0.06, 0.25))
        kick += 0.1 * rng.random() * rng.standard_normal(time.size) * np.exp(-time / 0.004)
        tone = rng.random() * np.sin(2 * np.pi * rng.uniform(150, 260) * time) * np.exp(-time / 0.08)
        snare = self.noise(time, rng.uniform(0.04, 0.15), rng.uniform(200, 1500), rng.uniform(5000, 12000)) + tone
        hat = self.noise(time, rng.uniform(0.01, 0.06), rng.uniform(4000, 8000), 18000)
        straight = rng.random() < 1 / 3
        for number in range(int(SECONDS / step)):
            here = slice(first := int(number * step * SAMPLE_RATE), first + time.size)
            if rng.random() < (float(number % 4 == 0) if straight else (1, 0.05, 0.1, 0.15)[number % 4]):
                y[:, here] += kick * rng.uniform(0.7, 1)
            if number % 8 == 4 or rng.random() < 0.04:
                y[:, here] += snare * rng.uniform(0.5, 0.9)
            if number % 2 == 0 or rng.random() < 0.3:
                y[:, here] += hat * rng.uniform(0.1, 0.4) * np.array([[1], [rng.uniform(0.7, 1)]])
        return y[:, :LENGTH].astype(np.float32)

    def noise(self, time, decay, low, high):
        x = sosfilt(butter(2, (low, high), "band", fs=SAMPLE_RATE, output="sos"), self.rng.standard_normal(time.size))
        return x / np.abs(x).max() * np.exp(-time / decay)

    def bass_line(self):
        """Return a line of sines, saws or squares behind a low pass."""
        rng, y, number = self.rng, np.zeros(LENGTH + 2 * SAMPLE_RATE), 0.0
        step, kind, root = 30 / rng.uniform(80, 150), rng.choice(3), rng.integers(26, 40)
        while number * step < SECONDS:
            length = rng.choice((1, 1, 2, 4))
            hertz = 440 * 2 ** ((root + rng.choice((0, 0, 0, 3, 5, 7, 12)) - 69) / 12)
            time = np.arange(int(length * step * SAMPLE_RATE * 0.95)) / SAMPLE_RATE
            turns = hertz * time
            wave = (np.sin(2 * np.pi * turns), 2 * (turns % 1) - 1, np.sign(turns % 1 - 0.5))[kind]
            ends = np.minimum(1, time / 0.005) * np.minimum(1, (time[-1] - time) / 0.01)
            first = int(number * step * SAMPLE_RATE)
            y[first : first + time.size] += wave * ends * np.exp(-time / rng.uniform(0.2, 2))
            number += length + (rng.random() < 0.2)
        x = sosfilt(butter(2, rng.uniform(150, 1500), fs=SAMPLE_RATE, output="sos"), y[:LENGTH])
        return np.stack([x, x]).astype(np.float32)


def loss_of(network, maps, shares, level):
    """Return the mean over cells, weighted by energy to a power, of the cross-entropy; ``maps`` without borders."""
    frames, bands = maps.shape[3], maps.shape[2]
    scores = network(bordered(maps, (MARGIN[1], MARGIN[1] + -frames % 4)))[:, :, :bands, :frames]
    weights = torch.exp(EMPHASIS * (level - level.amax(dim=(1, 2), keepdim=True)))
    weights = weights / weights.sum(dim=(1, 2), keepdim=True)
    return -(shares * functional.log_softmax(scores, dim=1)).sum(dim=1).mul(weights).sum() / len(maps)


def train(network, excerpts, steps, seed, names):
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    told = torch.from_numpy(np.flatnonzero(levels(names)))
    for step in range(steps):
        done = step / steps
        part = (done + 0.002) / 0.052 if done < 0.05 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.05) / 0.95)
        optimizer.param_groups[0]["lr"] = RATE * part
        maps, shares, level = drawn(excerpts, rng)
        maps += NOISE * torch.randn(maps.shape, generator=generator)
        maps[:, told] += 0.3 * torch.randn(len(maps), 1, 1, 1, generator=generator)
        loss = loss_of(network, maps, shares, level)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % max(steps // 6, 1) == 0:
            print(f"step {step + 1}: {loss.item():.3f}", flush=True)


def drawn(excerpts, rng):
    some = [excerpts[number] for number in rng.integers(0, len(excerpts), BATCH)]
    firsts = [int(rng.integers(0, maps.shape[2] - FRAMES)) for maps, *_ in some]
    return tuple(
        torch.from_numpy(
            np.stack([one[place][..., first : first + FRAMES] for one, first in zip(some, firsts, strict=True)])
        ).float()
        for place in range(3)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("songs", type=Path, nargs="+")
    parser.add_argument("--loops", type=Path)
    parser.add_argument("--excerpts", type=int, default=70)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    songs = sorted({path.parent for folder in given.songs for path in folder.rglob("drums.wav")})
    maker, others = Maker(songs, given.loops, given.seed), Maker(songs, given.loops, given.seed + 1)
    excerpts = [maker.excerpt() for _ in range(given.excerpts)]
    names = excerpts[0][3]
    generator = torch.Generator().manual_seed(given.seed)
    network = PaintNetwork(len(names), len(CLASSES), hidden=HIDDEN, generator=generator)
    train(network, excerpts, given.steps, given.seed, names)
    with torch.no_grad():
        kept = [[torch.from_numpy(part[None]).float() for part in others.excerpt()[:3]] for _ in range(6)]
        loss = float(np.mean([loss_of(network, *parts) for parts in kept]))
    print(f"on other excerpts: {loss:.3f}")
    sets = tuple(str(path) for path in (*given.songs, *([given.loops] if given.loops else [])))
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    provenance = Provenance("that of what it was trained with", sets, given.seed, given.steps, date, {"loss": loss})
    config = {"maps": list(names), "classes": list(CLASSES), "hidden": HIDDEN}
    tensors = {name: values.numpy() for name, values in network.state_dict().items()}
    save_checkpoint(given.out, tensors, kind=KIND, config=config, provenance=provenance)


if __name__ == "__main__":
    main()
