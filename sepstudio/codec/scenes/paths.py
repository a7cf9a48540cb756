"""Point sources: what reaches the listener directly and over the walls, encoded as plane waves."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.codec.scenes.description import Room, Source
from sepstudio.dsp.ambisonics import channels_of, directions, spherical_harmonics

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]

SPEED_OF_SOUND = 343.0
# Nearer than this a source gets no louder: plane waves know no near field.
_CLOSEST = 0.5
# Gains are exact every so many samples and linear between.
_BLOCK = 512
# Blocks that are worked on at a time: what they hold stays in the cache, and memory does not grow with the scene.
_STRETCH = 32


@dataclass(frozen=True)
class _Path:
    """One way from a source to the listener at the edges of blocks: metres [edges], gains [channels, edges]."""

    bounces: int
    distance: Float64Array
    gains: FloatArray


def add_source(scene: FloatArray, dry: FloatArray, source: Source, room: Room | None, sample_rate: int) -> None:
    """Add a source and its early reflections to a scene.

    Levels fall with 1/distance and sound travels at SPEED_OF_SOUND, with the Doppler effect; images of the source lie
    behind the walls (Allen and Berkley 1979, "Image method for efficiently simulating small-room acoustics").

    Parameters
    ----------
    scene : float32 array [channels, samples]
        Changed in place.
    dry : float32 array [samples]
    """
    channels, length = scene.shape
    moves = len(source.knots) > 1
    edges = -(-length // _BLOCK) + 1 if moves else 1
    times = np.arange(edges) * _BLOCK / sample_rate
    bounces = 0 if room is None else room.reflections
    # What has touched a wall n times is dulled n times.
    dulled = [dry * np.float32(10 ** (source.level / 20))]
    for _ in range(bounces):
        assert room is not None
        dulled.append(reflected(dulled[-1], room, sample_rate))
    paths = list(_paths(source.positions(times), room, channels))
    if moves:
        _add_moving(scene, dulled, paths, sample_rate)
    else:
        _add_standing(scene, dulled, paths, sample_rate)


def reflected(sound: FloatArray, room: Room, sample_rate: int) -> FloatArray:
    """Return a sound after one reflection: less by the absorption, and dulled."""
    from scipy.signal import lfilter

    pole = np.float32(np.exp(-2 * np.pi * room.brightness / sample_rate))
    factor = np.float32(np.sqrt(1 - room.absorption))
    return np.asarray(lfilter([factor * (1 - pole)], np.array([1, -pole], np.float32), sound), np.float32)


def _paths(positions: Float64Array, room: Room | None, channels: int) -> list[_Path]:
    order = int(np.sqrt(channels)) - 1
    assert channels == channels_of(order)
    found = []
    for bounces, image in images(positions, room):
        distance = np.sqrt((image**2).sum(axis=0))
        gains = spherical_harmonics(*directions(image), order) / np.maximum(distance, _CLOSEST)
        found.append(_Path(bounces, distance, gains.astype(np.float32)))
    return found


def images(positions: Float64Array, room: Room | None) -> list[tuple[int, Float64Array]]:
    """Return how often each image of a source is reflected, and where it is from the listener [3, times].

    Along an axis of length L the image of number i of a point p lies at iL + p if i is even, else at iL + L - p.
    """
    if room is None:
        return [(0, positions)]
    size, listener = (np.array(values)[:, np.newaxis] for values in (room.size, room.listener))
    inside = positions + listener
    numbers = range(-room.reflections, room.reflections + 1)
    found = []
    for number in itertools.product(numbers, repeat=3):
        bounces = sum(abs(i) for i in number)
        if bounces <= room.reflections:
            i = np.array(number)[:, np.newaxis]
            found.append((bounces, i * size + np.where(i % 2, size - inside, inside) - listener))
    return found


def _add_standing(scene: FloatArray, dulled: list[FloatArray], paths: list[_Path], sample_rate: int) -> None:
    length = scene.shape[1]
    gains = np.concatenate([path.gains for path in paths], axis=1)
    # The direction is in the gains: a delay of whole samples loses nothing.
    delays = [round(path.distance[0] / SPEED_OF_SOUND * sample_rate) for path in paths]
    for start in range(0, length, _STRETCH * _BLOCK):
        stop = min(start + _STRETCH * _BLOCK, length)
        arriving = np.zeros((len(paths), stop - start), np.float32)
        for row, path, delay in zip(arriving, paths, delays, strict=True):
            heard = dulled[path.bounces][max(start - delay, 0) : max(stop - delay, 0)]
            row[len(row) - len(heard) :] = heard
        scene[:, start:stop] += gains @ arriving


def _add_moving(scene: FloatArray, dulled: list[FloatArray], paths: list[_Path], sample_rate: int) -> None:
    # Here because numba takes half a second to import.
    from sepstudio.dsp.delay_kernels import delay_blocks

    channels, length = scene.shape
    count, blocks = len(paths), -(-length // _BLOCK)
    delays = np.stack([path.distance for path in paths]) * (sample_rate / SPEED_OF_SOUND)
    gains = np.stack([path.gains for path in paths], axis=1)
    # At the beginning and at the end of each block: [blocks, channels, 2 paths].
    both = np.ascontiguousarray(np.concatenate([gains[..., :-1], gains[..., 1:]], axis=1).transpose(2, 0, 1))
    for first in range(0, blocks, _STRETCH):
        last = min(first + _STRETCH, blocks)
        arriving = np.empty((last - first, 2 * count, _BLOCK), np.float32)
        for place, path in enumerate(paths):
            edges = delays[place, first : last + 1]
            delay_blocks(dulled[path.bounces], first, edges, arriving[:, place], arriving[:, count + place])
        made = (both[first:last] @ arriving).transpose(1, 0, 2).reshape(channels, -1)
        part = scene[:, first * _BLOCK : last * _BLOCK]
        part += made[:, : part.shape[1]]
