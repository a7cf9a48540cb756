"""How fast the shipped codec encodes and decodes on two threads, and how large its files are.

    python tests/benchmarks/bench_codec.py [MODEL] [--seconds S] [--threads N]

Prints seconds of sixteen channels per second of work, best of three, and the bitstream over the nominal rate.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import torch

from sepstudio.codec.bitstream import write_bitstream
from sepstudio.codec.codec import Codec
from sepstudio.codec.library import find_codec
from sepstudio.codec.models import load
from sepstudio.io.audio import open_audio
from sepstudio.paths import resource

RUNS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="", help="name or file (default: the shipped one)")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    measure(load(find_codec(arguments.model), device="cpu"), arguments.seconds)


def measure(codec: Codec, seconds: float) -> None:
    demo = open_audio(resource("demo", "scene.ogg"))
    samples = demo.read(0, min(demo.length, round(seconds * demo.sample_rate)))
    length = samples.shape[1] / demo.sample_rate
    encoding, decoding = [], []
    for _ in range(RUNS):
        begin = time.perf_counter()
        codes = codec.encode(samples, demo.sample_rate)
        between = time.perf_counter()
        codec.decode(codes)
        encoding.append(between - begin)
        decoding.append(time.perf_counter() - between)
    print(f"{codec.description.name}, {length:.1f} s of {codec.config.channels} channels")
    print(f"encode {length / min(encoding):.1f} x real time, decode {length / min(decoding):.1f} x")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.sepc"
        write_bitstream(path, codes)
        nominal = codec.config.bits_per_second() * codes.codes.shape[1] / codec.config.frame_rate / 8
        print(f"file {path.stat().st_size} bytes, nominal {nominal:.0f}: {path.stat().st_size / nominal:.3f}")


if __name__ == "__main__":
    main()
