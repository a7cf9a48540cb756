"""Where sound comes from over time and in each band, as it is shown: pixels, words and a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from sepstudio.dsp.intensity import Arrival, angle_between
from sepstudio.gui.codec.covariance_view import band_text
from sepstudio.gui.codec.energy_picture import decibel_text, degree_text
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import signed_table
from sepstudio.gui.items.colours import Table as Pixels
from sepstudio.gui.items.colours import gradient, pack
from sepstudio.gui.items.cyclic_colours import PHASE, cyclic_gradient
from sepstudio.gui.texts import MINUS
from sepstudio.tiles.decibels import TOP_CODE
from sepstudio.tiles.mixing import EVEN_ENTRY

Doubles = npt.NDArray[np.float64]
Quantity = Literal["azimuth", "elevation", "diffuseness"]
QUANTITIES: tuple[Quantity, ...] = ("azimuth", "elevation", "diffuseness")

# Directions this far apart are as bright as they can be.
APART_DEGREES = 60.0
# Below the loudest cell of the scene by so much nothing is seen.
RANGE_DB = 50.0
_STEEPEST = 90.0


@dataclass(frozen=True, eq=False)
class ArrivalView:
    """Directions [bands, hops] from a time on, or how far they are from those of a reference.

    Attributes
    ----------
    title : str
    begins, step : float
        When the first hop begins and how long each is, in seconds.
    arrival : Arrival
    reference : Arrival or None
        What the difference is taken to; None shows the directions themselves.
    loudest : float
        The level, in dB of full scale, from which brightness is counted: the same for views that are compared.
    """

    title: str
    begins: float
    step: float
    arrival: Arrival
    reference: Arrival | None
    loudest: float

    @property
    def bands(self) -> int:
        """How many rows there are."""
        return self.arrival.azimuth.shape[0]

    @property
    def hops(self) -> int:
        """How many stretches there are."""
        return self.arrival.azimuth.shape[1]

    @property
    def ends(self) -> float:
        """When the last hop is over."""
        return self.begins + self.hops * self.step

    @cached_property
    def light(self) -> Doubles:
        """How bright each cell is: from 0, silence, to 1, the loudest."""
        level = self.arrival.level if self.reference is None else np.fmax(self.reference.level, self.arrival.level)
        share = 1.0 + (np.nan_to_num(level, nan=-np.inf) - self.loudest) / RANGE_DB
        return np.asarray(np.clip(share, 0.0, 1.0) ** 0.5)

    @cached_property
    def apart(self) -> Doubles:
        """Angles to the directions of the reference, in degrees."""
        return angle_between(self.arrival, self.reference)

    def pixels(self, quantity: Quantity, ground: str) -> npt.NDArray[np.uint32]:
        """Return the pixel of each cell, uint32 [bands, hops]; what is quiet or has no direction is near the ground."""
        if self.reference is not None:
            colours, light = self._difference(quantity, ground)
        elif quantity == "azimuth":
            angle = np.nan_to_num(self.arrival.azimuth)
            entries = np.rint((angle / 360.0 + 0.5) * (TOP_CODE + 1)).astype(np.intp) % (TOP_CODE + 1)
            colours, light = cyclic_gradient(PHASE)[entries], self.light * self._directed(self.arrival)
        elif quantity == "elevation":
            colours = _signed(self.arrival.elevation / _STEEPEST, ground)
            light = self.light * self._directed(self.arrival)
        else:
            colours, light = _shares(self.arrival.diffuseness), self.light
        base = np.array(QColor(ground).getRgb()[:3], np.float64)
        mixed = base + light[..., None] * (colours - base)
        return pack(mixed.reshape(-1, 3)).reshape(light.shape)

    def _difference(self, quantity: Quantity, ground: str) -> tuple[Doubles, Doubles]:
        if quantity == "diffuseness":
            return _signed(self.arrival.diffuseness - self.reference.diffuseness, ground), self.light
        return _shares(self.apart / APART_DEGREES), self.light * self._directed(self.reference)

    @staticmethod
    def _directed(arrival: Arrival) -> Doubles:
        return np.asarray(1.0 - np.nan_to_num(arrival.diffuseness, nan=1.0))

    def text_at(self, band: int, seconds: float) -> str:
        """Return direction, diffuseness and level of a band at a time; nothing beside all."""
        hop = int(np.floor((seconds - self.begins) / self.step))
        if not (0 <= hop < self.hops and 0 <= band < self.bands):
            return ""
        values = [float(each[band, hop]) for each in _columns(self.arrival).values()]
        if np.isnan(values[0]):
            return f"{band_text(band)}: silence"
        azimuth, elevation, diffuseness, level = values
        words = [f"azimuth {degree_text(azimuth)}", f"elevation {degree_text(elevation)}"]
        words += [f"diffuseness {diffuseness:.2f}", decibel_text(level)]
        if self.reference is not None and not np.isnan(self.apart[band, hop]):
            change = diffuseness - float(self.reference.diffuseness[band, hop])
            words += [f"{degree_text(float(self.apart[band, hop]))} off", f"diffuseness {_plus(change)}"]
        return f"{band_text(band)}: {', '.join(words)}"

    def table(self) -> Table:
        """Return a row for each hop and band."""
        band, hop = (place.ravel() for place in np.indices((self.bands, self.hops)))
        columns = {name: values.ravel() for name, values in _columns(self.arrival).items()}
        if self.reference is not None:
            columns["apart_deg"] = self.apart.ravel()
            columns["diffuseness_difference"] = (self.arrival.diffuseness - self.reference.diffuseness).ravel()
        seconds = self.begins + (hop + 0.5) * self.step
        named = tuple(band_text(int(each)) for each in band)
        return Table(self.title, {"seconds": seconds, "band": named, **columns}, {"directions": "of intensity vectors"})


def _columns(arrival: Arrival) -> dict[str, Doubles]:
    return {
        "azimuth_deg": arrival.azimuth,
        "elevation_deg": arrival.elevation,
        "diffuseness": arrival.diffuseness,
        "level_db": arrival.level,
    }


def _shares(values: Doubles) -> Doubles:
    entries = np.rint(np.clip(np.nan_to_num(values), 0.0, 1.0) * TOP_CODE).astype(np.intp)
    return np.asarray(gradient("magma")[entries], np.float64)


def _signed(values: Doubles, ground: str) -> Doubles:
    part = np.clip(np.nan_to_num(values), -1.0, 1.0)
    return _colours(signed_table(ground))[np.rint(EVEN_ENTRY + part * (TOP_CODE - EVEN_ENTRY)).astype(np.intp)]


def _colours(pixels: Pixels) -> Doubles:
    return np.stack([(pixels >> shift & 0xFF).astype(np.float64) for shift in (16, 8, 0)], axis=1)


def _plus(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS)
