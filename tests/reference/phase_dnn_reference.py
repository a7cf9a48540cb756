"""Separation with phase-feature networks as the paper describes it: slow, double precision, from the text alone.

Muth et al. (2018), sections 2.2 to 2.4, Figs. 4 and 8; filter of Sivasankaran et al. (2015) with the covariances of
Uhlich et al. (2017). Whole spectra at once, one point at a time.
"""

import itertools

import numpy as np


def hann(size):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


def spectrum(x, size, hop):
    """[channels, samples] -> [channels, bins, frames], frame m centred on sample m hop."""
    frames = 1 + x.shape[1] // hop
    padded = np.pad(x.astype(np.float64), ((0, 0), (size // 2, size)))
    out = [np.fft.rfft(padded[:, m * hop : m * hop + size] * hann(size)) for m in range(frames)]
    return np.stack(out, axis=-1)


def signal(X, size, hop, length):
    frames = X.shape[-1]
    total = np.zeros((X.shape[0], frames * hop + size))
    weight = np.zeros(total.shape[1])
    for m in range(frames):
        total[:, m * hop : m * hop + size] += np.fft.irfft(X[..., m], n=size) * hann(size)
        weight[m * hop : m * hop + size] += hann(size) ** 2
    inside = slice(size // 2, size // 2 + length)
    return total[:, inside] / weight[inside]


def wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def phase_feature(X, kind, size, hop):
    """[channels, bins, frames] -> radians, 0 where a phase is unknown."""
    phi, out = np.angle(X), np.zeros(X.shape)
    bins = np.arange(X.shape[1])[:, None]
    if kind == "time":
        out[..., 1:] = wrapped(phi[..., 1:] - phi[..., :-1] - 2 * np.pi * (bins * hop % size) / size)
    elif kind == "frequency":
        out[:, 1:] = wrapped(phi[:, 1:] - phi[:, :-1] - np.pi)
    else:
        out[:] = wrapped(phi)
    return out


def averages(edges, bins):
    matrix = np.zeros((len(edges) - 1, bins))
    for band, (first, last) in enumerate(itertools.pairwise(edges)):
        matrix[band, first:last] = 1 / (last - first)
    return matrix


def estimate(network, X):
    """Return amplitudes [channels, bins, frames] of one network, layer by layer."""
    config = network.config
    w = {name: value.double().numpy() for name, value in network.state_dict().items()}
    used, context, frames = config.used_bins, config.context, X.shape[2]
    quiet = ((0, 0), (0, 0), (context, context))
    rows = {}
    if config.hears_amplitude:
        amplitude = np.pad(np.abs(X), quiet)[:, :used]
        rows["amplitude"] = [(amplitude + w["input_bias"][:, None]) * w["input_scale"][:, None]]
    if config.phase_kinds:
        features = [phase_feature(X, kind, config.fft_size, config.hop_size) for kind in config.phase_kinds]
        rows["phase"] = [np.pad(feature, quiet)[:, :used] for feature in features]
    hidden = []
    for name, kinds in rows.items():
        if config.bands:
            matrix = averages(config.band_edges(), used)
            kinds = [np.stack([matrix @ channel for channel in kind]) for kind in kinds]
        stacked = np.stack(kinds).reshape(-1, frames + 2 * context)
        first, bias = w[f"branches.{name}.first.weight"], w[f"branches.{name}.first.bias"]
        layer = [np.einsum("oik,ik->o", first, stacked[:, m : m + 2 * context + 1]) + bias for m in range(frames)]
        layer = np.maximum(np.stack(layer, axis=1), 0)
        second, bias = w[f"branches.{name}.second.weight"][..., 0], w[f"branches.{name}.second.bias"]
        hidden.append(np.maximum(second @ layer + bias[:, None], 0))
    out = w["output.weight"][..., 0] @ np.concatenate(hidden)
    out = out.reshape(config.channels, config.bins, frames)
    if config.output_scale:
        out = out * w["output_scale"][:, None]
    return np.maximum(out + w["output_bias"][:, None], 0)


def images(X, v, R, loading):
    """Return v R (sum v R)^-1 x of every source, point by point; the loading is part of every v R."""
    J, C = len(v), len(X)
    out = np.zeros((J, *X.shape), complex)
    for k in range(X.shape[1]):
        for m in range(X.shape[2]):
            own = [v[j, k, m] * R[j, k] + loading * np.eye(C) for j in range(J)]
            y = np.linalg.solve(sum(own), X[:, k, m])
            for j in range(J):
                out[j, :, k, m] = own[j] @ y
    return out


def covariances(S, floor):
    """Return the sum of C over audible frames, scaled to the trace C, and a small diagonal."""
    J, C, K, T = S.shape
    R = np.zeros((J, K, C, C), complex)
    for j in range(J):
        for k in range(K):
            heard = [S[j, :, k, m] for m in range(T) if np.sum(np.abs(S[j, :, k, m]) ** 2) > floor]
            total = sum(np.outer(s, s.conj()) for s in heard)
            R[j, k] = (C * total / np.trace(total) if heard else np.eye(C)) + 1e-5 * np.eye(C)
    return R


def separate(x, networks, iterations):
    """Return stems [networks, channels, samples] of a mixture of the networks' rate and channels."""
    config = networks[0].config
    X = spectrum(x, config.fft_size, config.hop_size)
    y = np.stack([estimate(network, X) for network in networks])
    if iterations == 0:
        total = y.sum(axis=0)
        # Where no network finds anything each has an equal share.
        S = np.where(total > 0, y / np.where(total > 0, total, 1), 1 / len(y)) * X
    else:
        v, J = (y**2).mean(axis=1), len(y)
        peak = np.sum(np.abs(X) ** 2, axis=0).max()
        R = np.broadcast_to(np.eye(len(X)), (J, X.shape[1], len(X), len(X)))
        for _ in range(iterations):
            R = covariances(images(X, v, R, 1e-10 * peak / J), 1e-12 * peak / J**2)
        S = images(X, v, R, 1e-10 * peak / J)
    return np.stack([signal(s, config.fft_size, config.hop_size, x.shape[1]) for s in S])
