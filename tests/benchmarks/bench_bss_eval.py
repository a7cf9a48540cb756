"""BSS Eval against mir_eval: ``python tests/benchmarks/bench_bss_eval.py``.

mir_eval fits filters in every window only; over one window of the whole piece both do the same work, and version 4
is measured against that. mir_eval 0.8 calls these functions deprecated, hence the silenced warning.
"""

import sys
import warnings

import numpy as np
from machine import Table, best

from sepstudio.metrics import bss_eval

RATE, SECONDS, STEMS, CHANNELS = 44100, 20, 4, 2
PEER_BAR, SECONDS_BAR, DIFFERENCE_BAR_DB = 10.0, 2.0, 1e-6
MEASURES = ("sdr", "isr", "sir", "sar")


def stems():
    """Noise with a falling spectrum and estimates that leak, float64 [stems, channels, samples] each."""
    rng = np.random.default_rng(0)
    true = rng.standard_normal((STEMS, CHANNELS, SECONDS * RATE))
    true += np.roll(true, 1, axis=2)
    judged = true + 0.3 * np.roll(true, 1, axis=0) + 0.1 * rng.standard_normal(true.shape)
    return true, judged


def peer_of(true, judged):
    """How mir_eval measures the same: a function that returns SDR, ISR, SIR and SAR."""
    from mir_eval.separation import bss_eval_images

    last = [np.ascontiguousarray(signals.transpose(0, 2, 1)) for signals in (true, judged)]

    def measure():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return bss_eval_images(*last, compute_permutation=False)

    return measure


def main():
    true, judged = stems()
    whole = true.shape[2]
    try:
        peer = peer_of(true, judged)
    except ModuleNotFoundError:
        print("mir_eval is not installed: pip install -c packaging/constraints.txt mir_eval", file=sys.stderr)
        return 2
    table = Table(f"BSS Eval of {STEMS} stems, {SECONDS} s, {CHANNELS} channels", "numpy", "scipy", "mir_eval")
    fixed = best(lambda: bss_eval(true, judged, version="v4"), 3)
    varying = best(lambda: bss_eval(true, judged, version="v3", window=whole), 3)
    results = []
    peers = best(lambda: results.append(peer()), 1)
    scores = bss_eval(true, judged, version="v3", window=whole)
    gaps = [np.abs(getattr(scores, name)[:, 0] - results[0][index]).max() for index, name in enumerate(MEASURES)]
    table.versus("version 3, one window / mir_eval images", varying, peers, PEER_BAR)
    table.versus("version 4, frames of 1 s / mir_eval images", fixed, peers, PEER_BAR)
    table.at_most("version 4", fixed, SECONDS_BAR, "s")
    table.row(
        "largest difference from mir_eval",
        f"{max(gaps):.1e} dB",
        bar=f"<= {DIFFERENCE_BAR_DB:g} dB",
        met=bool(max(gaps) <= DIFFERENCE_BAR_DB),
    )
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
