"""What a pane shows of a matrix of a run: cells, names of components, the constraint, and where it all lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from sepstudio.gui.texts import pitch_text
from sepstudio.io.scores.pitches import pitch_of_name
from sepstudio.io.scores.records import Part
from sepstudio.separation.base import Matrix
from sepstudio.separation.factorization import dead_components
from sepstudio.tiles.matrices import Integers, Values

MatrixName = Literal["templates", "activations"]
TEMPLATES, ACTIVATIONS = "templates", "activations"
MASKS: Mapping[MatrixName, str] = {"templates": "template-mask", "activations": "activation-mask"}
_ONSET = " onset"


@dataclass(frozen=True)
class ComponentName:
    """A component of a run: its index in the matrices, its name there, and the pitch and part that this means."""

    index: int
    name: str
    pitch: int | None = None
    part: Part = "note"

    @property
    def title(self) -> str:
        """The name as it is shown, for example ``C♯4 onset``."""
        if self.pitch is None:
            return self.name
        return pitch_text(self.pitch) + (_ONSET if self.part == "onset" else "")


@dataclass(frozen=True, eq=False)
class MatrixView:
    """One matrix of a run, or the difference of those of two.

    Attributes
    ----------
    run_id, title : str
        The run that it is of, and what to call what is shown.
    name : {"templates", "activations"}
    values : float [components, cells]
        Components in the order of the run; cells along frequency or time.
    places : float64 [cells]
        Middles of the cells, evenly spaced, in Hz or seconds.
    components : tuple of ComponentName
        In the order in which they are drawn, by pitch.
    mask : [components, cells] or None
        Where the constraint lets cells differ from zero.
    dead : frozenset of int
        Indices of components that contribute nothing.
    signed : bool
        Whether it is a difference, drawn from blue over nothing to red.
    unmatched : frozenset of int
        Indices of components that the other run does not have.
    source : mapping or None
        All matrices of the run, of which this is one.
    """

    run_id: str
    title: str
    name: MatrixName
    values: Values
    places: npt.NDArray[np.float64]
    components: tuple[ComponentName, ...]
    mask: npt.NDArray[np.generic] | None = None
    dead: frozenset[int] = frozenset()
    signed: bool = False
    unmatched: frozenset[int] = frozenset()
    source: Mapping[str, Matrix] | None = None

    @cached_property
    def tops(self) -> Values:
        """The value of each component that is farthest from zero, without its sign, by index."""
        highest = self.values.max(axis=1)
        return np.maximum(highest, -self.values.min(axis=1)) if self.signed else highest

    @cached_property
    def order(self) -> Integers:
        """The indices of the components as they are drawn."""
        return np.array([component.index for component in self.components], np.intp)

    @property
    def step(self) -> float:
        """Distance of cells in Hz or seconds."""
        return float(self.places[-1] - self.places[0]) / (len(self.places) - 1) if len(self.places) > 1 else 1.0

    @property
    def first_edge(self) -> float:
        """Where the first cell begins."""
        return float(self.places[0]) - self.step / 2

    @property
    def last_edge(self) -> float:
        """Where the last cell ends."""
        return float(self.places[-1]) + self.step / 2

    def cells_at(self, places: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where places lie in cells: cell ``n`` reaches from ``n`` to ``n + 1``."""
        cells: npt.NDArray[np.float64] = (np.asarray(places, np.float64) - self.first_edge) / self.step
        return cells

    def value_at(self, row: int, place: float) -> float | None:
        """Return the value of a drawn row at a place, or None beyond the matrix."""
        cell = int(np.floor(self.cells_at(place)))
        inside = 0 <= row < len(self.components) and 0 <= cell < self.values.shape[1]
        return float(self.values[self.components[row].index, cell]) if inside else None


def component_names(names: tuple[str, ...]) -> tuple[ComponentName, ...]:
    """Return components by pitch, onsets behind the note; those without a pitch come last, in their order."""
    found = [_component(index, name) for index, name in enumerate(names)]
    return tuple(sorted(found, key=lambda c: (128 if c.pitch is None else c.pitch, c.part == "onset", c.index)))


def _component(index: int, name: str) -> ComponentName:
    pitch = pitch_of_name(name.removesuffix(_ONSET))
    part: Part = "onset" if pitch is not None and name.endswith(_ONSET) else "note"
    return ComponentName(index, name, pitch, part)


def has_matrices(matrices: Mapping[str, Matrix]) -> bool:
    """Return whether a run has templates and activations."""
    return TEMPLATES in matrices and ACTIVATIONS in matrices


def matrix_view(
    name: MatrixName, matrices: Mapping[str, Matrix], run_id: str, title: str, dead: frozenset[int] | None = None
) -> MatrixView:
    """Return how a matrix of a run is shown; ``dead`` is found where it is not known from another view of the run."""
    matrix, mask = matrices[name], matrices.get(MASKS[name])
    names, places, values = _upright(matrix, name)
    if dead is None:
        dead = frozenset(dead_components(matrices[TEMPLATES].values, matrices[ACTIVATIONS].values))
    return MatrixView(
        run_id=run_id,
        title=title,
        name=name,
        values=values,
        places=places,
        components=component_names(names),
        mask=None if mask is None else _upright(mask, name)[2],
        dead=dead,
        source=matrices,
    )


def _upright(matrix: Matrix, name: MatrixName) -> tuple[tuple[str, ...], npt.NDArray[np.float64], Values]:
    """Return names, places and values with a row for each component."""
    values = matrix.values if name == "activations" else matrix.values.T
    names, places = matrix.coordinates if name == "activations" else matrix.coordinates[::-1]
    return tuple(str(each) for each in names), np.asarray(places, np.float64), values
