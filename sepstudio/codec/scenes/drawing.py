"""Scenes by chance: who stands or moves where, in which room, with what around."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sepstudio.codec.scenes.description import (
    Ambience,
    Diffuse,
    Knot,
    Microphone,
    Room,
    Scene,
    Source,
)
from sepstudio.codec.scenes.material import Material
from sepstudio.dsp.ambisonics import directions, vectors

_NEAREST = 0.7
_MARGIN = 0.2
# In seconds: halls that reverberate for longer take longer to render.
_LONGEST_DECAY = 1.5
# Largest step of a moving source between two knots, in degrees.
_STEP = 12.0


def draw_scene(rng: np.random.Generator, seconds: float, material: Material) -> Scene:
    """Choose a scene: one to six sources, a room three times in four, diffuse noise, ambience, a real microphone.

    The same state of the generator and material of the same names give the same scene.
    """
    room = _draw_room(rng) if rng.random() < 0.75 else None
    sources = tuple(_draw_source(rng, seconds, material, room) for _ in range(rng.integers(1, 7)))
    return Scene(
        seconds=seconds,
        level=_rounded(rng.uniform(-36, -18)),
        sources=sources,
        room=room,
        diffuse=_draw_diffuse(rng) if rng.random() < 0.6 else None,
        ambience=_draw_ambience(rng, seconds, material) if rng.random() < 0.3 else None,
        microphone=_draw_microphone(rng) if rng.random() < 0.4 else None,
    )


def _rounded(value: float) -> float:
    return round(float(value), 3)


def _draw_room(rng: np.random.Generator) -> Room:
    size = [_rounded(value) for value in (*2 ** rng.uniform(1.6, 5, 2), rng.uniform(2.4, 12))]
    place = [_rounded(length * rng.uniform(0.3, 0.7)) for length in size[:2]]
    room = Room(
        size=(size[0], size[1], size[2]),
        listener=(place[0], place[1], _rounded(rng.uniform(1.1, 1.8))),
        absorption=_rounded(rng.uniform(0.12, 0.7)),
        brightness=_rounded(2 ** rng.uniform(11, 14)),
        reflections=int(rng.choice([1, 1, 1, 2])),
        seed=int(rng.integers(1 << 32)),
    )
    return replace(room, absorption=_rounded(room.absorption * max(room.decay / _LONGEST_DECAY, 1)))


def _draw_source(rng: np.random.Generator, seconds: float, material: Material, room: Room | None) -> Source:
    azimuth = math.degrees(rng.uniform(-math.pi, math.pi))
    # Even on the sphere, but half of the sources near the horizon, where people and instruments are.
    elevation = math.degrees(math.asin(rng.uniform(-1, 1))) if rng.random() < 0.5 else rng.uniform(-20, 30)
    distance = 2 ** rng.uniform(math.log2(_NEAREST), 3.0)
    dry, level = material.draw(rng, seconds), _rounded(rng.uniform(-15, 0))
    turn = rng.uniform(-40, 40) * seconds if rng.random() < 0.5 else 0.0
    if not turn:
        return Source(dry, level, (_knot(0.0, azimuth, elevation, distance, room),))
    rise, nearer = rng.uniform(-20, 20), 2 ** rng.uniform(-1, 1)
    count = max(math.ceil(abs(turn) / _STEP), 2)
    knots = []
    for share in np.linspace(0, 1, count + 1):
        up = float(np.clip(elevation + share * rise, -85, 85))
        far = max(distance * nearer**share, _NEAREST)
        knots.append(_knot(_rounded(share * seconds), azimuth + share * turn, up, far, room))
    return Source(dry, level, tuple(knots))


def _knot(time: float, azimuth: float, elevation: float, distance: float, room: Room | None) -> Knot:
    """Return a knot in a direction, at a distance or as far as the room goes there."""
    direction = vectors(math.radians(azimuth), math.radians(elevation))
    if room is not None:
        listener, size = np.array(room.listener), np.array(room.size)
        free = np.where(direction > 0, size - listener, listener) - _MARGIN
        distance = min(distance, float(np.min(free / np.maximum(np.abs(direction), 1e-9))))
    turned, up = (math.degrees(angle) for angle in directions(direction))
    return Knot(time, _rounded(turned), _rounded(up), _rounded(distance))


def _draw_diffuse(rng: np.random.Generator) -> Diffuse:
    return Diffuse(_rounded(rng.uniform(-45, -10)), _rounded(rng.uniform(-6, 0)), int(rng.integers(1 << 32)))


def _draw_ambience(rng: np.random.Generator, seconds: float, material: Material) -> Ambience:
    count = int(rng.integers(6, 17))
    azimuth, height = rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-0.5, 1, count)))
    places = tuple((_rounded(a), _rounded(e)) for a, e in zip(azimuth, height, strict=True))
    dry = material.draw(rng, seconds)
    return Ambience(dry, _rounded(rng.uniform(-25, -5)), places, int(rng.integers(1 << 32)))


def _draw_microphone(rng: np.random.Generator) -> Microphone:
    corner, noise = 2 ** rng.uniform(7, 9), rng.uniform(-75, -50)
    return Microphone(_rounded(corner), _rounded(noise), int(rng.integers(1 << 32)))
