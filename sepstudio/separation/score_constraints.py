"""What a score allows a factorisation: binary masks of templates and activations (Ewert and Müller 2012).

The recipe is that of the score-informed reference of the autoencoder paper: a template may have energy around
every partial of its pitch, an activation from a little before each onset until some time after the offset, where
strings still ring. Zeros of the starting matrices stay zero under multiplicative rules, so masks and initial
matrices have the same zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import MissingInputError
from sepstudio.io.scores.records import Note, Part, Score
from sepstudio.separation.parameters import param, validate

Mask = npt.NDArray[np.float32]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# What hammers excite is wide and weaker than the tones: the flat template of Ewert and Müller 2012.
_ONSET_LEVEL = 0.1


@dataclass(frozen=True)
class Grid:
    """Bins and frames of a spectrogram; frame ``n`` is centred ``n * hop_size`` samples after ``start_s`` seconds."""

    sample_rate: int
    fft_size: int
    hop_size: int
    frames: int
    start_s: float = 0.0

    @property
    def bins(self) -> int:
        """Number of frequency bins."""
        return self.fft_size // 2 + 1

    @property
    def bin_hz(self) -> float:
        """Distance of bins in Hz."""
        return self.sample_rate / self.fft_size

    @property
    def hop_s(self) -> float:
        """Distance of frames in seconds."""
        return self.hop_size / self.sample_rate

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Frequencies of the bins in Hz, [bins]."""
        return np.arange(self.bins, dtype=np.float64) * self.bin_hz

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Centres of the frames in seconds, [frames]."""
        return self.start_s + np.arange(self.frames, dtype=np.float64) * self.hop_s

    def part(self, first: int, stop: int) -> Grid:
        """Return the grid of some of the frames."""
        start_s = self.start_s + first * self.hop_s
        return Grid(self.sample_rate, self.fft_size, self.hop_size, stop - first, start_s)

    def frame_span(self, start: float, stop: float) -> tuple[int, int]:
        """Return the frames ``(first, stop)`` whose hop meets a stretch in seconds, cut to those that there are."""
        first = math.floor((start - self.start_s) / self.hop_s + 0.5)
        last = math.floor((stop - self.start_s) / self.hop_s + 0.5)
        begin = min(max(first, 0), self.frames)
        return begin, max(min(last + 1, self.frames), begin)


@dataclass(frozen=True)
class Component:
    """A column of the templates and a row of the activations: a pitch, or the onsets of a pitch."""

    pitch: int
    part: Part = "note"

    @property
    def name(self) -> str:
        """For example ``B4`` or ``B4 onset``."""
        return pitch_name(self.pitch) + (" onset" if self.part == "onset" else "")


@dataclass(frozen=True)
class ConstraintParams:
    """How strictly a score constrains a factorisation.

    The defaults allow all partials within 85 cents, which is the 5 % of the published reimplementation of the
    reference method, and 0.2 s before to 0.5 s after a note.
    """

    partials: int = param(
        0, lo=0, hi=200, label="Partials", help="How many partials a tone may have; 0 allows all below half the rate."
    )
    tolerance_cents: float = param(
        85.0, lo=1.0, hi=200.0, unit="cents", label="Partial tolerance", help="How far a partial may lie off its place."
    )
    before: float = param(
        0.2,
        lo=0.0,
        hi=10.0,
        unit="s",
        label="Before onset",
        help="How much earlier than written a note may begin.",
    )
    after: float = param(
        0.5, lo=0.0, hi=30.0, unit="s", label="After offset", help="How long a note may ring; more with much pedal."
    )
    onset_templates: bool = param(
        False, label="Onset templates", help="A second template for each pitch takes the noise of its hammer."
    )
    onset_length: float = param(
        0.1, lo=0.0, hi=2.0, unit="s", label="Onset length", help="How long onset templates may sound.", advanced=True
    )
    inharmonicity: float = param(
        0.0,
        lo=0.0,
        hi=5.0,
        label="Inharmonicity",
        help="Stretches partials as stiff strings do: 1 as on a typical piano, 0 not at all.",
        advanced=True,
    )
    tuning: float = param(440.0, lo=380.0, hi=500.0, unit="Hz", label="Tuning of A4", advanced=True)

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class Constraints:
    """Masks and matrices to start from, for ``components`` in their order.

    Attributes
    ----------
    template_mask : float32 [bins, components], 0 or 1
    activation_mask : float32 [components, frames], 0 or 1
    templates : float32 [bins, components]
        To start from: 1/m around partial m, zero where the mask is.
    activations : float32 [components, frames]
        To start from: the mask.
    """

    components: tuple[Component, ...]
    template_mask: Mask
    activation_mask: Mask
    templates: Mask
    activations: Mask

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the components."""
        return tuple(component.name for component in self.components)


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch with its octave: 60 is ``C4``."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def pitch_frequency(pitch: int, tuning: float = 440.0) -> float:
    """Return the fundamental of a pitch in Hz, in equal temperament."""
    return float(tuning * 2.0 ** ((pitch - 69) / 12))


def partial_frequencies(pitch: int, params: ConstraintParams, limit: float) -> npt.NDArray[np.float64]:
    """Return the partials of a pitch below ``limit``, in Hz: ``m f sqrt(1 + B m²)``, ascending.

    ``B`` over the keyboard is the model of Rigaud, David and Daudet (JASA 133, 2013), times ``params.inharmonicity``.
    """
    fundamental = pitch_frequency(pitch, params.tuning)
    count = params.partials or math.ceil(limit / fundamental)
    numbers = np.arange(1, count + 1)
    stiffness = math.exp(-0.0847 * pitch - 5.82) + math.exp(0.0926 * pitch - 13.64)
    partials = numbers * fundamental * np.sqrt(1.0 + params.inharmonicity * stiffness * numbers**2)
    return np.asarray(partials[partials < limit], np.float64)


def components_of(score: Score, params: ConstraintParams) -> tuple[Component, ...]:
    """Return the components of a score: by pitch, each with its onsets behind it where they are wanted."""
    parts: tuple[Part, ...] = ("note", "onset") if params.onset_templates else ("note",)
    return tuple(Component(pitch, part) for pitch in score.pitches for part in parts)


def note_frames(note: Note, grid: Grid, params: ConstraintParams, part: Part = "note") -> tuple[int, int]:
    """Return the frames ``(first, stop)`` in which a note, or its onset, may sound; empty beyond the grid.

    Tolerances of the note itself come before those of the parameters.
    """
    before = params.before if note.before is None else note.before
    after = params.after if note.after is None else note.after
    stop = note.offset + after if part == "note" else note.onset + params.onset_length
    return grid.frame_span(note.onset - before, stop)


def constraints(score: Score, grid: Grid, params: ConstraintParams) -> Constraints:
    """Return what a score allows on a grid, painted cells included.

    Raises
    ------
    MissingInputError
        If the score has no notes.
    """
    components = components_of(score, params)
    if not components:
        raise MissingInputError(f"score {score.name!r}", "it has no notes", "add notes or choose another score")
    columns = [_template(component, score, grid, params) for component in components]
    templates = np.stack(columns, axis=1)
    activation_mask = _activation_mask(components, score, grid, params)
    template_mask = (templates > 0).astype(np.float32)
    return Constraints(components, template_mask, activation_mask, templates, activation_mask.copy())


def _template(component: Component, score: Score, grid: Grid, params: ConstraintParams) -> Mask:
    """Return what the template of a component starts from, [bins]; zeros are what is not allowed."""
    fundamental = pitch_frequency(component.pitch, params.tuning)
    if component.part == "onset":
        column = np.full(grid.bins, _ONSET_LEVEL, np.float32)
        painted = column.copy()
    else:
        column = _harmonic_template(component.pitch, grid, params)
        # Between partials, what 1/m would be there.
        painted = (fundamental / np.maximum(grid.frequencies, fundamental)).astype(np.float32)
    for patch in score.template_patches:
        if (patch.pitch, patch.part) == (component.pitch, component.part):
            cells = _bins(patch.low, patch.high, grid)
            column[cells] = painted[cells] if patch.allowed else 0.0
    return column


def _harmonic_template(pitch: int, grid: Grid, params: ConstraintParams) -> Mask:
    column = np.zeros(grid.bins, np.float32)
    ratio = 2.0 ** (params.tolerance_cents / 1200)
    partials = partial_frequencies(pitch, params, grid.sample_rate / 2)
    # Where bands overlap the later partial counts, as in the reference.
    for number, frequency in enumerate(partials, 1):
        column[_around(frequency, ratio, grid)] = 1.0 / number
    return column


def _around(frequency: float, ratio: float, grid: Grid) -> slice:
    # The bins that both ends of the band lie in and all between, as in the reference; the nearest bin in any case, for
    # the bands of low tones are narrower than one.
    place = frequency / grid.bin_hz
    return slice(math.floor(place / ratio), max(math.floor(place * ratio), round(place)) + 1)


def _bins(low: float, high: float, grid: Grid) -> slice:
    # To the nearest bins: what is painted is what was pointed at.
    return slice(max(round(low / grid.bin_hz), 0), max(round(high / grid.bin_hz), 0) + 1)


def _activation_mask(components: Sequence[Component], score: Score, grid: Grid, params: ConstraintParams) -> Mask:
    mask = np.zeros((len(components), grid.frames), np.float32)
    rows = {(component.pitch, component.part): row for row, component in enumerate(components)}
    parts: tuple[Part, ...] = ("note", "onset") if params.onset_templates else ("note",)
    for note in score.notes:
        for part in parts:
            first, stop = note_frames(note, grid, params, part)
            mask[rows[note.pitch, part], first:stop] = 1.0
    for patch in score.activation_patches:
        row = rows.get((patch.pitch, patch.part))
        if row is not None:
            first, stop = grid.frame_span(patch.start, patch.stop)
            mask[row, first:stop] = float(patch.allowed)
    return mask
