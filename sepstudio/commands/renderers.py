"""By what ``sepstudio render`` makes sound for loudspeakers or ears of a scene, and what it tells of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sepstudio.dsp.ambisonic_conventions import even_directions
from sepstudio.dsp.ambisonics import HIGHEST_ORDER, Float64Array, order_of, rotation_matrix
from sepstudio.dsp.binaural import decoder_of, sphere_decoder
from sepstudio.dsp.decoder_quality import decoder_quality
from sepstudio.dsp.hrirs import Hrirs
from sepstudio.dsp.loudspeakers import EBU_ORDER, LAYOUTS, Kind, Layout, Lfe, decoder_matrix
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.binaural import ear_signals
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.failures import display_name
from sepstudio.io.hoa import Convention, as_ambix
from sepstudio.io.hoa import order_of as order_of_file
from sepstudio.io.layouts import SUFFIX, read_layout
from sepstudio.io.picked import PickedClip
from sepstudio.io.rendering import loudspeaker_feeds, pair_feeds
from sepstudio.io.wave_masks import wave_order
from sepstudio.io.writing import Tags

# How many directions the figures of a decoder are taken over: one every seven degrees.
_DIRECTIONS = 1000
BINAURAL = "binaural"
# Of WAV files: front left and front right, which is what headphones get.
_TWO_EARS = 3


@dataclass(frozen=True)
class Rendering:
    """Sound for loudspeakers or ears, what is written into its file, and what is told of it as JSON values."""

    clip: AudioClip
    tags: Tags
    facts: dict[str, Any] = field(default_factory=dict)


class Renderer(Protocol):
    """Makes sound for loudspeakers or ears of a scene in ACN/SN3D."""

    @property
    def most_order(self) -> int:
        """The highest order that it takes."""

    def __call__(self, scene: AudioClip, pair: AudioClip | None) -> Rendering:
        """Return what is heard of a scene, and of a pair of channels that does not turn with the head.

        Computed while it is read; ParameterError where the scene does not fit.
        """


@dataclass(frozen=True)
class Head:
    """How the listener has turned, in degrees: to the left, down, and with the left ear up are positive."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def radians(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll in radians."""
        return math.radians(self.yaw), math.radians(self.pitch), math.radians(self.roll)

    def __str__(self) -> str:
        if self == Head():
            return ""
        return f", listener turned by yaw {self.yaw:g}, pitch {self.pitch:g}, roll {self.roll:g} degrees"


@dataclass(frozen=True)
class LoudspeakerRenderer:
    """Decodes to loudspeakers.

    ``wave`` asks for the sequence of WAV files instead of that of the layout; the others are as for
    ``decoder_matrix``.
    """

    layout: Layout
    kind: Kind
    max_re: bool | None
    lfe: Lfe
    head: Head
    wave: bool

    @property
    def most_order(self) -> int:
        """The highest order that the decoder takes."""
        return EBU_ORDER if self.kind == "ebu" else HIGHEST_ORDER

    def __call__(self, scene: AudioClip, pair: AudioClip | None) -> Rendering:
        """Return the feeds of the loudspeakers; see ``decoder_matrix`` for what is raised."""
        order = order_of(scene.channels)
        decoder = decoder_matrix(self.layout, order, kind=self.kind, max_re=self.max_re, lfe=self.lfe)
        turned = decoder @ rotation_matrix(*self.head.radians, order).T
        sequence, mask = wave_order(self.layout) if self.wave else (list(range(len(self.layout.speakers))), None)
        locked = None if pair is None else pair_feeds(pair, self.layout)
        feeds = _with(loudspeaker_feeds(scene, self.layout, turned), locked)
        names = [self.layout.names[channel] for channel in sequence]
        weighted = self.kind != "ebu" if self.max_re is None else self.max_re
        text = (
            f"Ambisonics of order {order} to {self.layout.name} by {self.kind}, max-rE {'on' if weighted else 'off'}, "
            f"LFE {self.lfe}{self.head}; channels {' '.join(names)}"
        )
        facts = {"order": order, "layout": self.layout.name, "speakers": names, "decoder": self.kind}
        facts |= {"max_re": weighted, "lfe": self.lfe, "channel_mask": mask} | _figures(decoder, self.layout)
        return Rendering(PickedClip(feeds, sequence), Tags(mask, text), facts)


@dataclass(frozen=True)
class EarRenderer:
    """Filters for two ears: those of measured heads, or of a rigid sphere without any."""

    hrirs: Hrirs | None
    head: Head

    @property
    def most_order(self) -> int:
        """The highest order there is."""
        return HIGHEST_ORDER

    def __call__(self, scene: AudioClip, pair: AudioClip | None) -> Rendering:
        """Return what the ears hear; ParameterError if the directions are too few for the order of the scene."""
        order, rate = order_of(scene.channels), scene.sample_rate
        decoder = sphere_decoder(rate, order) if self.hrirs is None else decoder_of(self.hrirs, order, rate)
        text = f"Ambisonics of order {order} to two ears by magnitude least squares, head: {decoder.name}{self.head}"
        facts = {"order": order, "layout": BINAURAL, "head": decoder.name, "taps": decoder.filters.shape[2]}
        if self.hrirs is not None:
            facts["licence"] = self.hrirs.licence
        ears = _with(ear_signals(scene, decoder, *self.head.radians), pair)
        return Rendering(ears, Tags(_TWO_EARS, text), facts)


def _with(clip: AudioClip, other: AudioClip | None) -> AudioClip:
    return clip if other is None else MixClip([Part(clip), Part(other)], clip.length)


def _figures(decoder: Float64Array, layout: Layout) -> dict[str, Any]:
    quality = decoder_quality(decoder, layout, *even_directions(_DIRECTIONS))
    return {
        "level_range_db": [round(float(bound), 2) for bound in (quality.level.min(), quality.level.max())],
        "direction_error_degrees": round(float(np.mean(quality.angle)), 1),
        "energy_vector": round(float(np.mean(quality.spread)), 3),
    }


def layout_named(name: str) -> Layout:
    """Return a standard layout, or that of a JSON file.

    Raises
    ------
    ParameterError
        If it is neither.
    LayoutFileError
        If the file is no layout.
    """
    if name in LAYOUTS:
        return LAYOUTS[name]
    if not name.lower().endswith(SUFFIX):
        raise ParameterError("--to", name, f"{BINAURAL}, {', '.join(LAYOUTS)}, or the name of a {SUFFIX} file")
    return read_layout(name)


def scene_of(clip: AudioClip, convention: Convention, order: int | None, most: int, path: Path) -> AudioClip:
    """Return the scene that a file holds in ACN/SN3D, of an order or, if None, of its own up to a highest.

    Raises AudioFileError naming the file where it holds none, or none of that order.
    """
    try:
        own = min(order_of_file(clip.channels), most)
    except ParameterError:
        # Told below, with what could be done.
        own = 1
    try:
        return as_ambix(clip, convention, max(own, 1) if order is None else order)
    except AudioFileError as error:
        raise AudioFileError(display_name(path), f"its {error.what} {error.why}", error.remedy) from error
