"""BSS Eval against mir_eval and museval: ``python tests/benchmarks/bench_bss_eval.py [--museval-python PATH]``.

museval pins what the project does not need, so it may live in an environment of its own, named by its interpreter.
mir_eval fits filters in every window only; over one window of the whole piece all do the same work, and stands in
for museval where that is missing. mir_eval 0.8 calls these functions deprecated, hence the silenced warning.
All take turns, so that they meet the same load. Exits with 1 where a bar is missed, 2 where mir_eval is missing.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from machine import Table, best

from sepstudio.metrics import bss_eval

RATE, SECONDS, STEMS, CHANNELS = 44100, 20, 4, 2
PEER_BAR, SECONDS_BAR, DIFFERENCE_BAR_DB = 10.0, 2.0, 1e-6
MEASURES = ("sdr", "isr", "sir", "sar")
# Runs in the interpreter that has museval: the arguments are two files of signals, and one for seconds and scores.
# musdb only reads collections, and refuses to be imported where there is no ffmpeg.
MUSEVAL = f"""
import sys, time, unittest.mock, warnings
import numpy as np
warnings.simplefilter("ignore")
sys.modules["musdb"] = unittest.mock.MagicMock()
from museval.metrics import bss_eval
signals = [np.load(path).transpose(0, 2, 1).copy() for path in sys.argv[1:3]]
begun = time.perf_counter()
found = bss_eval(*signals, window={RATE}, hop={RATE}, compute_permutation=False, framewise_filters=False)
np.savez(sys.argv[3], seconds=time.perf_counter() - begun, scores=np.stack(found[:4]))
"""


def stems():
    """Noise with a falling spectrum and estimates that leak, float64 [stems, channels, samples] each."""
    rng = np.random.default_rng(0)
    true = rng.standard_normal((STEMS, CHANNELS, SECONDS * RATE))
    true += np.roll(true, 1, axis=2)
    judged = true + 0.3 * np.roll(true, 1, axis=0) + 0.1 * rng.standard_normal(true.shape)
    return true, judged


def mir_eval_of(true, judged):
    """How mir_eval measures the same: a function that returns SDR, ISR, SIR and SAR."""
    from mir_eval.separation import bss_eval_images

    last = [np.ascontiguousarray(signals.transpose(0, 2, 1)) for signals in (true, judged)]

    def measure():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return np.stack(bss_eval_images(*last, compute_permutation=False)[:4])

    return measure


def museval_of(python, folder, true, judged):
    """How museval measures version 4: a function that returns its seconds, and the scores [4, stems, frames]."""
    paths = [folder / "true.npy", folder / "judged.npy"]
    for path, signals in zip(paths, (true, judged), strict=True):
        np.save(path, signals)
    scores = folder / "scores.npz"

    def measure():
        subprocess.run([python, "-c", MUSEVAL, *map(str, paths), str(scores)], check=True)
        with np.load(scores) as found:
            return float(found["seconds"]), found["scores"]

    return measure


def gap(ours, theirs):
    """The largest difference in dB of scores and an array [4, stems, frames]."""
    return max(np.abs(getattr(ours, name) - theirs[number]).max() for number, name in enumerate(MEASURES))


def arguments():
    """Return the parsed command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--museval-python", metavar="PATH", help="the Python of an environment that has museval")
    parser.add_argument("--rounds", type=int, default=3, help="how often all take their turn (default 3)")
    return parser.parse_args()


def main():
    given = arguments()
    if importlib.util.find_spec("mir_eval") is None:
        print("mir_eval is not installed: pip install -c packaging/constraints.txt mir_eval", file=sys.stderr)
        return 2
    python = given.museval_python or (sys.executable if importlib.util.find_spec("museval") else None)
    true, judged = stems()
    with tempfile.TemporaryDirectory() as folder:
        museval = museval_of(python, Path(folder), true, judged) if python else None
        return report(*measured(true, judged, museval, given.rounds))


def measured(true, judged, museval, rounds):
    """The fewest seconds of all, by name, and the differences from the peers in dB."""
    whole = true.shape[2]
    mir_eval, kept = mir_eval_of(true, judged), {}
    turns = {
        "v4": lambda: kept.update(v4=bss_eval(true, judged, version="v4")),
        "v3": lambda: kept.update(v3=bss_eval(true, judged, version="v3", window=whole)),
        "mir_eval": lambda: kept.update(mir_eval=mir_eval()),
    }
    bss_eval(true[..., :RATE], judged[..., :RATE])  # compiles
    seconds = {}
    for _ in range(rounds):
        # A disturbance of a few tenths of a second matters to ours only, hence its repeats.
        took = {name: best(turn, 1 if name == "mir_eval" else 5) for name, turn in turns.items()}
        if museval:
            took["museval"], kept["museval"] = museval()
        seconds = {name: min(value, seconds.get(name, np.inf)) for name, value in took.items()}
    gaps = {"mir_eval": gap(kept["v3"], kept["mir_eval"][..., np.newaxis])}
    if museval:
        gaps["museval"] = gap(kept["v4"], kept["museval"])
    return seconds, gaps


def report(seconds, gaps):
    """Print the table; return the exit status."""
    table = Table(f"BSS Eval of {STEMS} stems, {SECONDS} s, {CHANNELS} channels", "numpy", "scipy", "mir_eval")
    table.versus("version 3, one window / mir_eval images", seconds["v3"], seconds["mir_eval"], PEER_BAR)
    table.versus("version 4, frames of 1 s / mir_eval images", seconds["v4"], seconds["mir_eval"], PEER_BAR)
    if "museval" in seconds:
        table.versus("version 4, frames of 1 s / museval version 4", seconds["v4"], seconds["museval"], PEER_BAR)
    table.at_most("version 4", seconds["v4"], SECONDS_BAR, "s")
    for peer, difference in gaps.items():
        met = bool(difference <= DIFFERENCE_BAR_DB)
        bar = f"<= {DIFFERENCE_BAR_DB:g} dB"
        table.row(f"largest difference from {peer}", f"{difference:.1e} dB", bar=bar, met=met)
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
