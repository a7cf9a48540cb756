"""How much of the stems moves at the bins that strokes speak of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sepstudio.separation.stroke_claims import Claims

Bins = npt.NDArray[np.complex64]
Floats = npt.NDArray[np.float32]

# How much more than its own mask each stem counts when something is given away: where no other stem holds anything,
# all get the same, and rounding does not decide.
_LEAST = np.float32(1e-8)


def changes(stems: Sequence[Bins | None], mixture: Bins, claims: Claims) -> list[Bins | None]:
    """Return what is to be added to each stem at some bins so that it obeys the strokes.

    With opacity ``o``, stems that a bin may not belong to keep ``1 - o`` of it, ``s_i' = (1 - o) s_i``; what they
    lose, ``o Σ s_i``, goes to those that it may belong to, in proportion to their masks: ``s_j' = s_j + m_j o Σ s_i``
    with ``m_j = |s_j|² / Σ_k |s_k|²`` over the parts ``k`` that it may belong to, the energies summed over channels.
    Of stems made by masks that is ``m_j' = m_j + o (1 - m_j)`` for a stroke for ``j``, and ``(1 - o) m_j`` for one
    against it. Stems themselves are moved rather than their masks of the mixture, so that estimates with phases of
    their own leave nothing behind, and the sum of all parts stays the mixture.

    Parameters
    ----------
    stems : sequence of complex64 arrays [channels, n]
        The bins of each stem; None for a stem that is silent there.
    mixture : complex64 array [channels, n]
        The same bins of the mixture. What the stems leave of it is a part of its own, the last one of the claims; it
        takes what no stem may have.
    claims : Claims
        Of ``n`` bins, and of the stems and the rest behind them as parts.

    Returns
    -------
    list of complex64 arrays [channels, n], or None where nothing is to be added; one for each stem.
    """
    energies = [None if stem is None else _energy(stem) for stem in stems]
    rest = mixture - sum(stem for stem in stems if stem is not None)
    may = claims.allowed.T[:, claims.statement]
    total = sum((one for one in energies if one is not None), _energy(rest))
    moving, claimed = np.where(may[-1], 0, rest), np.where(may[-1], _energy(rest), 0)
    floor = _LEAST * total
    for stem, energy, allowed in zip(stems, energies, may[:-1], strict=True):
        claimed += np.where(allowed, floor if energy is None else energy + floor, 0)
        if stem is not None:
            moving += np.where(allowed, 0, stem)
    # Where nobody may have it, no stem gets it.
    moving *= np.divide(claims.opacity, claimed, out=np.zeros_like(claimed), where=claimed > np.finfo(np.float32).tiny)
    return [
        _change(stem, floor if energy is None else energy + floor, allowed, moving, claims.opacity)
        for stem, energy, allowed in zip(stems, energies, may[:-1], strict=True)
    ]


def _change(
    stem: Bins | None, weight: Floats, allowed: npt.NDArray[np.bool_], moving: Bins, opacity: Floats
) -> Bins | None:
    if stem is None:
        return np.where(allowed, moving * weight, 0).astype(np.complex64) if allowed.any() else None
    return np.asarray(np.where(allowed, moving * weight, -opacity * stem), np.complex64)


def _energy(bins: Bins) -> Floats:
    return np.asarray((bins.real**2 + bins.imag**2).sum(axis=0), np.float32)
