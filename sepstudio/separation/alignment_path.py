"""The cheapest way through a recording and a score, frame by frame, within a band around where it was expected."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Shifts = npt.NDArray[np.int64]

# Frames of the score that one frame of the recording may advance by.
_ADVANCES = (0, 1, 2, 3)
# What each advance costs at a stiffness of 1.
_ADVANCE_COST = np.array([1.0, 0.0, 1.0, 2.0], dtype=np.float32)
# Cost of every frame of the score that lies before the recording begins or after it ends.
_SKIP_COST = np.float32(0.02)
# Cells of the band between two yields.
_BLOCK = 100_000


def cheapest_path(
    recording: Floats, score: Floats, lowest: int, highest: int, span: tuple[int, int], *, stiffness: float
) -> Generator[float, None, tuple[Shifts, float]]:
    """Return the frame of the score at each frame of a recording, less the number of that frame, and the cost.

    Dynamic time warping in which a frame of the recording advances by zero to three frames of the score, so that the
    cost has one term for each frame of the recording, whatever the tempo. Both ends are free.

    Parameters
    ----------
    recording : float32 array [frames, features]
    score : float32 array [frames + highest - lowest, features]
        Row ``k`` is frame ``k + lowest`` of the score; where the score is silent rows are zero.
    lowest, highest : int
        The band: at frame ``i`` the score is at one of the frames ``i + lowest`` to ``i + highest``.
    span : pair of int
        First frame of the score that sounds, and the one after the last.
    stiffness : float
        Cost of every frame by which an advance departs from one, so that unclear passages keep their tempo.

    Returns
    -------
    int64 array [frames], never falling when the number of the frame is added, and the mean cost of a frame.
    Memory: a byte for each frame and each place of the band.
    """
    frames, width = len(recording), highest - lowest + 1
    choices = np.empty((frames, width), np.uint8)
    block = max(_BLOCK // width, 1)
    shifts = np.arange(lowest, highest + 1)
    total = _SKIP_COST * np.maximum(shifts - span[0], 0).astype(np.float32)
    energies = 0.5 * np.einsum("ij,ij->i", score, score)
    # One row for each advance, so that the choice is one call.
    options = np.empty((len(_ADVANCES), width), np.float32)
    advance_cost = (np.float32(stiffness) * _ADVANCE_COST)[:, None]
    for frame in range(frames):
        place = slice(frame, frame + width)
        row = recording[frame]
        cost = energies[place] - score[place] @ row
        cost += 0.5 * np.float32(row @ row)
        if frame:
            _advance(total, options)
            options += advance_cost
            choices[frame] = options.argmin(axis=0)
            total = options.min(axis=0)
        total = total + cost
        if frame % block == 0:
            yield frame / frames
    total = total + _SKIP_COST * np.maximum(span[1] - frames - shifts, 0).astype(np.float32)
    index = int(total.argmin())
    return _traced(choices, index) + lowest, float(total[index]) / frames


def _advance(total: Floats, options: Floats) -> None:
    """Fill in what it costs to come to each place by each advance; the shift grows by the advance less one."""
    options[0, :-1], options[0, -1] = total[1:], np.inf
    options[1] = total
    options[2, 1:], options[2, 0] = total[:-1], np.inf
    options[3, 2:], options[3, :2] = total[:-2], np.inf


def _traced(choices: npt.NDArray[np.uint8], index: int) -> Shifts:
    path = np.empty(len(choices), np.int64)
    for frame in range(len(choices) - 1, -1, -1):
        path[frame] = index
        index -= _ADVANCES[choices[frame, index]] - 1 if frame else 0
    return path
