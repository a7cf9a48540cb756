"""How a pane draws: analysis, axis, contrast and colours as one record, and the presets of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sepstudio.gui.items.colours import COLOUR_MAPS
from sepstudio.gui.items.cyclic_colours import CYCLIC_MAPS, PHASE
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.decibels import CEILING_DB, FLOOR_DB
from sepstudio.tiles.scales import LOWEST_HZ, SCALE_KINDS, FrequencyScale, ScaleKind, scale_for

FFT_SIZES = (512, 1024, 2048, 4096, 8192, 16384)
# The hop is the length of the window divided by one of these.
OVERLAPS = (2, 4, 8)
PADDINGS = (1, 2)
GAMMAS = (0.25, 4.0)
LIMITS_DB = (6.0, 48.0)
MATRIX_TOPS = (0.001, 1.0)
DEFAULT_LEVELS = (-90.0, -10.0)
LEAST_RANGE_DB = 20.0


# What belongs to one kind of pane, and is not taken over when the display of another is applied to all.
OWN_FIELDS = ("limit_db", "of_signal", "matrix_top", "matrix_gamma", "matrix_each")


@dataclass(frozen=True)
class Display:
    """What the user chose for one pane; a value that cannot be becomes the nearest that can.

    ``highest_hz`` 0 is as far as the recording goes. ``auto`` lets the contrast follow the recording.
    ``limit_db`` and ``of_signal`` are for differences: the ends of the colours, and whether the
    spectrogram of the difference of the signals is shown instead of the difference of the levels.
    ``matrix_top`` is the share of the largest entry of a matrix that is drawn brightest, ``matrix_gamma`` bends the
    way there, and ``matrix_each`` measures each component by its own largest entry.
    ``corrected`` takes the shifts of the transform off phase differences, ``weighted`` draws the phases of quiet
    points darker.
    """

    fft_size: int = 2048
    overlap: int = 4
    padding: int = 1
    scale: ScaleKind = "mel"
    lowest_hz: float = LOWEST_HZ
    highest_hz: float = 0.0
    levels: tuple[float, float] = DEFAULT_LEVELS
    auto: bool = False
    gamma: float = 1.0
    colours: str = "magma"
    keys: bool = False
    limit_db: float = 24.0
    of_signal: bool = False
    matrix_top: float = 1.0
    matrix_gamma: float = 0.5
    matrix_each: bool = False
    corrected: bool = True
    weighted: bool = True
    phase_colours: str = PHASE

    def __post_init__(self) -> None:
        nearest = {"fft_size": FFT_SIZES, "overlap": OVERLAPS, "padding": PADDINGS}
        for name, choices in nearest.items():
            self._set(name, min(choices, key=lambda choice: abs(choice - getattr(self, name))))
        self._set("gamma", min(max(self.gamma, GAMMAS[0]), GAMMAS[1]))
        self._set("limit_db", min(max(self.limit_db, LIMITS_DB[0]), LIMITS_DB[1]))
        self._set("matrix_top", min(max(self.matrix_top, MATRIX_TOPS[0]), MATRIX_TOPS[1]))
        self._set("matrix_gamma", min(max(self.matrix_gamma, GAMMAS[0]), GAMMAS[1]))
        self._set("levels", fitting_levels(*self.levels))
        if self.scale not in SCALE_KINDS:
            self._set("scale", "mel")
        if self.colours not in COLOUR_MAPS:
            self._set("colours", "magma")
        if self.phase_colours not in CYCLIC_MAPS:
            self._set("phase_colours", PHASE)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def analysis(self) -> FrameAnalysis:
        """The transform that the picture is made of."""
        return FrameAnalysis(self.fft_size, self.fft_size // self.overlap, self.padding)

    def axis(self, sample_rate: int) -> FrequencyScale:
        """Return the frequency axis for a recording."""
        whole = scale_for(self.scale, sample_rate)
        lo = self.lowest_hz if self.scale == "log" else whole.lo
        hi = min(self.highest_hz, whole.hi) if self.highest_hz else whole.hi
        return FrequencyScale(self.scale, lo, hi) if hi > lo > 0 or self.scale != "log" else whole

    def to_json(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON values."""
        values = dataclasses.asdict(self) | {"levels": list(self.levels)}
        plain = dataclasses.asdict(Display()) | {"levels": list(DEFAULT_LEVELS)}
        return {name: value for name, value in values.items() if value != plain[name]}


def display_from(values: object) -> Display:
    """Return the display that JSON values describe; what makes no sense counts as the default."""
    display = Display()
    for field in dataclasses.fields(Display) if isinstance(values, Mapping) else ():
        value = values.get(field.name)
        if field.name in values and _is_like(value, getattr(display, field.name)):
            value = tuple(value) if isinstance(value, list) else value
            display = dataclasses.replace(display, **{field.name: value})
    return display


def fitting_levels(lo: float, hi: float) -> tuple[float, float]:
    """Return two ends in dBFS that lie within -120 to 0 and at least 20 dB apart."""
    lo = min(max(lo, FLOOR_DB), CEILING_DB - LEAST_RANGE_DB)
    return lo, min(max(hi, lo + LEAST_RANGE_DB), CEILING_DB)


def levels_of_range(range_db: float) -> tuple[float, float]:
    """Return levels with the default ceiling and a range below it."""
    return fitting_levels(DEFAULT_LEVELS[1] - range_db, DEFAULT_LEVELS[1])


def _is_like(value: object, default: object) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list | tuple) and len(value) == len(default) and all(map(_is_number, value))
    if isinstance(default, bool | str):
        return isinstance(value, type(default))
    return _is_number(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Preset:
    """A choice of the analysis and the axis; colours and contrast stay as they are."""

    title: str
    help: str
    values: Mapping[str, Any]

    def on(self, display: Display) -> Display:
        """Return a display with the values of the preset."""
        return dataclasses.replace(display, **self.values)


_WHOLE_AXIS = {"lowest_hz": LOWEST_HZ, "highest_hz": 0.0, "overlap": 4, "padding": 1}
SCORE_PRESET = Preset(
    "Score", "Single notes: octaves from 27.5 Hz to 8 kHz beside piano keys, 8192 samples",
    {**_WHOLE_AXIS, "fft_size": 8192, "scale": "log", "lowest_hz": 27.5, "highest_hz": 8000.0, "keys": True},
)  # fmt: skip
PRESETS = (
    Preset("Overview", "Everything that can be heard, evenly for the ear: mel axis, 2048 samples",
           {**_WHOLE_AXIS, "fft_size": 2048, "scale": "mel", "keys": False}),
    SCORE_PRESET,
    Preset("Transients", "Sharp beginnings: linear axis, 1024 samples",
           {**_WHOLE_AXIS, "fft_size": 1024, "scale": "linear", "keys": False}),
)  # fmt: skip
