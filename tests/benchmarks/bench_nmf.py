"""Factorisations against other programs and against the machine: ``python tests/benchmarks/bench_nmf.py [THREADS]``.

The matrix is that of two minutes of piano at 22.05 kHz, Hann 2048, hop 1024. Rivals take turns, so that
what else the machine does falls on all alike; the best of their turns counts.
"""

import os
import sys
import time
import warnings

import numpy as np
import torch
from machine import Table
from threadpoolctl import threadpool_limits

from sepstudio.io.steps import drain
from sepstudio.separation import nmf
from sepstudio.separation.factor_groups import flush, grouped, held
from sepstudio.separation.nae_start import Plan, Problem, prepared
from sepstudio.separation.nmf_rules import Euclidean, ItakuraSaito, KullbackLeibler

BINS, FRAMES, RANK, DENSITY = 1025, 2600, 88, 0.08
WIDTH = 22050 / 2048
TURNS = 15
LIBFMP_BAR, SKLEARN_BAR, SGEMM_BAR, CONSTANT_BAR = 5.0, 1.1, 0.75, 1.1
NAE_BAR = 1.2
LONG = 10_000


def matrices(rng):
    """Notes of one to two seconds around the middle of a keyboard, with noise: V, W, H and the mask of H."""
    mask = np.zeros((RANK, FRAMES), np.bool_)
    while mask.mean() < DENSITY:
        first, pitch = rng.integers(0, FRAMES), int(np.clip(rng.normal(RANK / 2, RANK / 6), 0, RANK - 1))
        mask[pitch, first : first + rng.integers(20, 45)] = True
    W, H = harmonics(), rng.random((RANK, FRAMES), np.float32)
    V = (W * rng.random(W.shape, np.float32)) @ (mask * H) * rng.uniform(0.5, 1.5, (BINS, FRAMES))
    return V.astype(np.float32), W, H, mask


def harmonics():
    """Templates of the keys of a piano: every partial takes the bins within 5 % and is as loud as 1 / its number."""
    W = np.zeros((BINS, RANK), np.float32)
    for key in range(RANK):
        fundamental = 27.5 * 2 ** (key / 12) / WIDTH
        for partial in range(1, int(BINS / fundamental) + 1):
            W[int(0.95 * partial * fundamental) : int(1.05 * partial * fundamental) + 1, key] = 1 / partial
    return W


def in_turns(**rivals):
    """Seconds of each rival's best turn."""
    seconds = dict.fromkeys(rivals, np.inf)
    for _ in range(TURNS):
        for name, work in rivals.items():
            begun = time.perf_counter()
            work()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
    return seconds


def iteration(rules, V, W, H):
    """One iteration of an engine of ours, to be called again and again."""
    batches = grouped(V, H > 0, 1.0, "cpu", rules.longest)
    engine = rules(batches, flush(held(W.T, V.dtype, "cpu")), flush(held(H, V.dtype, "cpu")))
    return lambda: drain(engine.step())


def libfmp_iteration(V, W, H, stop_test):
    """What libfmp.c8.nmf does in an iteration: its formulas in double precision, and two spectral norms to stop by."""
    V, state = V.astype(np.float64), [W.astype(np.float64), H.astype(np.float64)]
    epsilon = np.finfo(np.float32).eps

    def iterate():
        w, h = state
        new_h = h * (w.T.dot(V) / (w.T.dot(w).dot(h) + epsilon))
        new_w = w * (V.dot(new_h.T) / (w.dot(new_h).dot(new_h.T) + epsilon))
        if stop_test:
            np.linalg.norm(new_h - h, ord=2), np.linalg.norm(new_w - w, ord=2)
        state[:] = new_w, new_h

    return iterate


def sklearn_iterations(V, W, H, count):
    from sklearn.decomposition import non_negative_factorization

    settings = {"n_components": RANK, "init": "custom", "solver": "mu", "beta_loss": 2, "tol": 0, "max_iter": count}

    def iterate():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            non_negative_factorization(V, W=W.copy(), H=H.copy(), **settings)

    return iterate


def products(V, W, H):
    """The two products of a spectrogram with thin matrices that an iteration of NMF cannot avoid."""
    v, w, h = (torch.from_numpy(np.ascontiguousarray(values)) for values in (V, W.T, H))
    return lambda: (w @ v, h @ v.t())


def square(size=2048):
    a = torch.rand(size, size)
    return lambda: a @ a


def nmf_speed(table, V, W, H, mask):
    few, many = 4, 14
    seconds = in_turns(
        ours=iteration(Euclidean, V, W, H),
        constrained=iteration(Euclidean, V, W, H * mask),
        libfmp=libfmp_iteration(V, W, H, stop_test=True),
        formulas=libfmp_iteration(V, W, H, stop_test=False),
        sklearn_few=sklearn_iterations(V, W, H, few),
        sklearn_many=sklearn_iterations(V, W, H, many),
        products=products(V, W, H),
        square=square(),
    )
    ours, sklearn = seconds["ours"], (seconds["sklearn_many"] - seconds["sklearn_few"]) / (many - few)
    table.versus("NMF, one iteration / stand-in for libfmp: numpy, float64", ours, seconds["libfmp"], LIBFMP_BAR)
    table.versus("the same / the stand-in without its stop test", ours, seconds["formulas"], None)
    table.versus("the same / scikit-learn mu, float32", ours, sklearn, SKLEARN_BAR)
    operations = 4 * BINS * FRAMES * RANK + 2 * RANK**2 * (2 * BINS + 2 * FRAMES)
    rate, thin = 2 * 2048**3 / seconds["square"], 4 * BINS * FRAMES * RANK / seconds["products"]
    table.at_least("share of the measured sgemm rate (2048 x 2048)", operations / ours / rate, SGEMM_BAR, "")
    table.row("share of the rate of its own two products", f"{operations / ours / thin:.2f}")
    table.versus(f"with {mask.mean():.0%} of the activations allowed / with all", seconds["constrained"], ours, 1.0)


def other_losses(table, V, W, H, mask):
    rules = {"Kullback-Leibler": KullbackLeibler, "Itakura-Saito": ItakuraSaito}
    for name, rule in rules.items():
        seconds = in_turns(ours=iteration(rule, V, W, H), constrained=iteration(rule, V, W, H * mask))
        table.row(f"{name}, one iteration", f"{seconds['ours'] * 1e3:.1f} ms")
        table.row(f"{name}, constrained", f"{seconds['constrained'] * 1e3:.1f} ms")


def autoencoder(table, V, W, H, mask):
    problem = Problem.of(V, W, None, None, "cpu")
    small = np.ascontiguousarray(W.T) * 1e-3
    rules = {rule: drain(prepared(problem, Plan(rule, "given", None, 0), small)) for rule in ("rmsprop", "adam")}
    two = products(V, W, H)
    seconds = in_turns(
        products=lambda: (two(), two()), **{name: lambda rule=rule: drain(rule.step()) for name, rule in rules.items()}
    )
    for name in rules:
        table.at_most(f"autoencoder {name} / its four products", seconds[name] / seconds["products"], NAE_BAR, "x")


def constancy(table, V, W, H, mask):
    """A small matrix through all iterations: the last tenth against the first."""
    part = slice(0, 230)
    result = nmf.factorize(V[:, part], W, H[:, part] * mask[:, part], iterations=LONG)
    durations = np.diff(result.loss.seconds)
    first, last = (np.median(durations[place]) for place in (slice(100, LONG // 10), slice(-LONG // 10, None)))
    table.at_most(f"time of an iteration, the last of {LONG} / the first", last / first, CONSTANT_BAR, "x")


def main(arguments):
    threads = int(arguments[0]) if arguments else len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    title = f"Factorisations, K {BINS}, N {FRAMES}, R {RANK}, {threads} threads"
    table = Table(title, "numpy", "torch", "scikit-learn")
    problem = matrices(np.random.default_rng(1))
    with threadpool_limits(threads):
        for part in (nmf_speed, other_losses, autoencoder, constancy):
            part(table, *problem)
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
