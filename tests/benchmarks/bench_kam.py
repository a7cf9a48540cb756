"""Kernel additive modelling: speed and memory: ``python tests/benchmarks/bench_kam.py [--long]``.

Memory is measured in processes of their own. ``--long`` adds the two-hour file: some minutes,
and 8 GB of the temporary folder for a while.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from machine import Table, best

from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.paths import resource as shipped
from sepstudio.separation.base import RunContext
from sepstudio.separation.kam import METHOD, KamParams

RATE, MINUTE = 44100, 60
FFT, HOP, KERNEL = 4096, 1024, 17
PEER_BAR, REAL_TIME_BAR, ITERATION_BAR_MS = 8.0, 50.0, 60.0
MEMORY_BAR_GB, LONG_BAR_GB = 1.5, 4.0
TEN_MINUTES, TWO_HOURS = 10, 120


def music(seconds):
    """The demo recording over and over, float32 [2, samples]."""
    samples, _ = soundfile.read(shipped("demo", "mixture.flac"), dtype="float32", always_2d=True)
    return np.ascontiguousarray(np.resize(samples, (seconds * RATE, 2)).T)


def separate(clip, context=None, **params):
    return drain(METHOD.run(clip, KamParams(**params), context=context or RunContext()))


def librosa_separation(x):
    """One pass of the classic method over both channels, with the transforms."""
    import librosa  # not at the top: it would count as memory of ours

    parts = librosa.decompose.hpss(librosa.stft(x, n_fft=FFT, hop_length=HOP), kernel_size=KERNEL)
    return [librosa.istft(part, n_fft=FFT, hop_length=HOP, length=x.shape[1]) for part in parts]


def speed(table):
    x = music(MINUTE)
    clip = AudioClip(x, RATE)
    separate(AudioClip(x[:, :RATE], RATE))
    librosa_separation(x[:, :RATE])
    peer = best(lambda: librosa_separation(x), 2)
    ours = best(lambda: separate(clip), 7)
    table.versus("a stereo minute, 2 iterations, spatial / librosa hpss", ours, peer, PEER_BAR)
    table.at_least("the same in real time", MINUTE / ours, REAL_TIME_BAR, "x")
    one_thread = RunContext(threads=1)
    table.versus("the same on 1 thread", best(lambda: separate(clip, one_thread), 3), peer, None)
    table.versus(
        "classic: 1 iteration, no spatial model",
        best(lambda: separate(clip, iterations=1, spatial=False), 3),
        peer,
        None,
    )
    for spatial in (True, False):
        name = "spatial" if spatial else "not spatial"
        table.at_most(f"one iteration of a stereo minute, {name}", iteration_ms(clip, spatial), ITERATION_BAR_MS, "ms")


def iteration_ms(clip, spatial):
    """What an iteration adds to a run, in milliseconds: eight more of them, divided by eight."""
    seconds = {n: best(lambda n=n: separate(clip, iterations=n, spatial=spatial), 8) for n in (2, 10)}
    return (seconds[10] - seconds[2]) / 8 * 1e3


def memory(table, minutes, bar):
    """Run this file in a process of its own, which prints its growth, its peak and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--measure", str(minutes), folder]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    growth, peak, seconds = (float(word) for word in output.split())
    if minutes == TEN_MINUTES:
        table.at_most("10 minutes stereo: memory above the loaded file", growth, bar, "GB")
        table.row("10 minutes stereo: peak of the process", f"{peak:.2f} GB")
    else:
        table.at_most("2 hours stereo from a file: peak of the process", peak, bar, "GB")
    table.row(f"{minutes} minutes stereo: real time", f"{minutes * 60 / seconds:.0f} x")


def measure(minutes, folder):
    separate(AudioClip(music(2), RATE))
    if minutes == TEN_MINUTES:
        clip, context = AudioClip(np.tile(music(MINUTE), (1, minutes)), RATE), RunContext()
    else:
        clip = written(minutes, folder)
        context = RunContext(sink=ScratchSink(memory_limit=0, parent=folder))
    before = resident_bytes()
    begun = time.perf_counter()
    separate(clip, context)
    seconds = time.perf_counter() - begun
    print((peak_bytes() - before) / 1e9, peak_bytes() / 1e9, seconds)


def written(minutes, folder):
    """A clip that reads from a file of so many minutes, float32."""
    path = folder / "long.wav"
    minute = music(MINUTE).T
    with soundfile.SoundFile(path, "w", RATE, 2, "FLOAT", format="RF64") as file:
        for _ in range(minutes):
            file.write(minute)
    return FileClip(path)


def resident_bytes():
    """The memory that this process has resident now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak_bytes():
    """The most memory that this process ever had resident."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(arguments):
    if arguments[:1] == ["--measure"]:
        measure(int(arguments[1]), Path(arguments[2]))
        return 0
    table = Table("Kernel additive modelling, 4096/1024, kernels 17 and 17", "numpy", "scipy", "numba", "librosa")
    speed(table)
    memory(table, TEN_MINUTES, MEMORY_BAR_GB)
    if "--long" in arguments:
        memory(table, TWO_HOURS, LONG_BAR_GB)
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
