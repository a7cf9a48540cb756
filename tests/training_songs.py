"""Small songs to train with, and the smallest plans."""

from dataclasses import replace

import numpy as np
import soundfile

from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.variants import NetworkSize

RATE = 8000
SIZE = NetworkSize(sample_rate=RATE, fft_size=256, hop_size=64, context=2, hidden=8, highest_bin=99, bands=16)
PITCHES = {"bass": 110.0, "other": 700.0, "vocals": 1900.0}


def write_songs(folder, count=4, seconds=1.5, seed=0):
    """Songs of four stems that a network can tell apart: tones of their own pitches, and bursts of noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    for number in range(count):
        place = folder / f"Song {number}"
        place.mkdir(parents=True)
        loudness = {name: 0.05 + 0.2 * (rng.random(6) > 0.3) for name in (*PITCHES, "drums")}
        for name, levels in loudness.items():
            swell = np.repeat(levels, -(-len(time) // 6))[: len(time)]
            tone = np.sin(2 * np.pi * PITCHES.get(name, 0.0) * time)
            sound = rng.standard_normal(len(time)) * (time * 8 % 1 < 0.2) if name == "drums" else tone
            stereo = np.stack([sound * swell, 0.7 * sound * swell], axis=1)
            soundfile.write(place / f"{name}.wav", stereo.astype(np.float32), RATE, "FLOAT")
    return folder


def tiny_plan(data, output, **changes):
    plan = TrainingPlan(
        data=(data,),
        output=output,
        variants=("a", "a-dt-df"),
        instruments=("bass", "vocals"),
        size=SIZE,
        epochs=3,
        batch=4,
        seconds=0.4,
        per_song=4,
        rate=3e-3,
        device="cpu",
        at_once=1,
    )
    return replace(plan, **changes)
