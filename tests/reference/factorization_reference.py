"""Factorisations as the papers write them: dense matrices, double precision, one equation a line.

Nothing here is shared with the program. ``V`` [K, N], ``W`` [K, R], ``H`` [R, N], encoder [R, K].
"""

import numpy as np

EPS = 1e-20
FLOOR = 1e-8


def normalised(W, H, E=None):
    sums = W.sum(axis=0)
    scale = np.where(sums > 0, sums, 1)
    return W / scale, H * scale[:, None], None if E is None else E * scale[:, None]


def nmf(V, W, H, iterations, loss):
    """Templates and activations, normalised, and the loss after every iteration."""
    top = V.max()
    V, W, H = V / top, W.astype(float), H / top
    if loss == "itakura-saito":
        V = np.maximum(V, FLOOR)
    losses = []
    for _ in range(iterations):
        H = H * RULES[loss](V, W, H)
        W = W * RULES[loss](V.T, H.T, W.T).T
        losses.append(LOSSES[loss](V, W @ H))
    W, H, _ = normalised(W, H * top)
    return W, H, np.array(losses) * {"euclidean": top**2, "kullback-leibler": top, "itakura-saito": 1}[loss]


def euclidean(V, W, H):
    return (W.T @ V) / (W.T @ W @ H + EPS)


def kullback_leibler(V, W, H):
    return (W.T @ (V / (W @ H + EPS))) / (W.T @ np.ones_like(V) + EPS)


def itakura_saito(V, W, H):
    model = W @ H + FLOOR
    return np.sqrt((W.T @ (V / model**2)) / (W.T @ (1 / model) + EPS))


def kullback_leibler_loss(V, model):
    logarithm = np.log(np.where(V > 0, V / (model + EPS), 1))
    return (V * logarithm - V + model).sum()


def itakura_saito_loss(V, model):
    ratio = V / (model + FLOOR)
    return (ratio - np.log(ratio) - 1).sum()


RULES = {"euclidean": euclidean, "kullback-leibler": kullback_leibler, "itakura-saito": itakura_saito}
LOSSES = {
    "euclidean": lambda V, model: ((V - model) ** 2).sum(),
    "kullback-leibler": kullback_leibler_loss,
    "itakura-saito": itakura_saito_loss,
}


def nae_multiplicative(V, E, D, mask, iterations):
    """Encoder, decoder and the loss after every iteration, of V as it is."""
    losses = []
    for _ in range(iterations):
        H = mask * np.maximum(E @ V, 0)
        E = E * ((((D.T @ V) * mask) @ V.T) / (((D.T @ (D @ H)) * mask) @ V.T + EPS))
        H = mask * np.maximum(E @ V, 0)
        D = D * ((V @ H.T) / (D @ H @ H.T + EPS))
        losses.append(((V - D @ H) ** 2).sum())
    return E, D, np.array(losses)


def nae_additive(V, E, D, mask, allowed, iterations, optimizer):
    """The same for gradient steps."""
    losses, states = [], ({}, {})
    for step in range(1, iterations + 1):
        pre = E @ V
        H = mask * np.maximum(pre, 0)
        error = D @ H - V
        by_decoder = 2 * error @ H.T
        by_encoder = 2 * ((D.T @ error) * mask * (pre > 0)) @ V.T
        if optimizer == "sgd":
            by_encoder, by_decoder = by_encoder / V.size, by_decoder / V.size
        E = E - STEPS[optimizer](by_encoder, states[0], step)
        D = np.maximum(D - STEPS[optimizer](by_decoder, states[1], step), 0) * allowed
        losses.append(((V - D @ (mask * np.maximum(E @ V, 0))) ** 2).sum())
    return E, D, np.array(losses)


def sgd(gradient, state, step):
    return 0.1 * gradient


def rmsprop(gradient, state, step):
    state["v"] = 0.9 * state.get("v", 0) + 0.1 * gradient**2
    return 1e-3 * gradient / (np.sqrt(state["v"]) + 1e-7)


def adam(gradient, state, step):
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * gradient
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * gradient**2
    return 1e-3 * (state["m"] / (1 - 0.9**step)) / (np.sqrt(state["v"] / (1 - 0.999**step)) + 1e-7)


STEPS = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam}


def nae(V, E, D, mask, allowed, *, iterations, optimizer, start):
    """Encoder, decoder, activations and losses: V is scaled by its maximum except for SGD."""
    top = V.max()
    scaled = V if optimizer == "sgd" else V / top
    if start == "warm" and optimizer != "multiplicative":
        E, D, _ = nae_multiplicative(V / top, E, D, mask, 20)
        D, _, E = normalised(D, E, E)
    if start == "random":
        D, _, _ = normalised(D, E)
        model = D @ (mask * (E @ V))
        E = E * (model * V).sum() / (model * model).sum()
    if optimizer == "multiplicative":
        E, D, losses = nae_multiplicative(scaled, E, D, mask, iterations)
    else:
        E, D, losses = nae_additive(scaled, E, D, mask, allowed, iterations, optimizer)
    D, H, E = normalised(D, mask * np.maximum(E @ V, 0), E)
    return E, D, H, losses * (1 if optimizer == "sgd" else top**2)
