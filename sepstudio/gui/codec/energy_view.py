"""Energy maps of the codec tab, flat or as globes: of which time and frequencies, and between which levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.dsp.ambisonics import HIGHEST_ORDER
from sepstudio.dsp.energy_map import energy_map
from sepstudio.gui.codec.covariance_view import BandSlider, Scope, band_text
from sepstudio.gui.codec.energy_picture import Doubles, EnergyPicture, LevelScale
from sepstudio.gui.codec.energy_spheres import FlatEnergy, GlobeEnergy
from sepstudio.gui.codec.fitted import Fitted
from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.metrics.covariance_track import CovarianceComparison, CovarianceTrack

Shape = Literal["map", "globe"]
COMPUTING = "Looking for directions…"
HINT = "Open a scene: this shows from which directions its sound comes, and what the codec keeps of that."
_SCOPES: tuple[tuple[Scope, str], ...] = (
    ("playhead", "At the playhead"), ("selection", "Selection"), ("whole", "Whole scene"),
)  # fmt: skip
_ROOM = QSize(360, 146)
_SLIDER_WIDTH, _BAND_WIDTH = 72, 120
_AUTO = -80.0
# What is that close behind the moment before follows it.
_NEAR_HOPS, _FALL_DB = 3, 1.0


class EnergyView(QWidget):
    """``changed`` says that another stretch is wanted, ``told`` what lies below the pointer.

    Times are seconds of the timeline; the comparison begins at one of them.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.energy.view")
        self._compared: CovarianceComparison | None = None
        self._begins = 0.0
        self._decoded = ""
        self._span: tuple[int, int] | None = None
        self._held: tuple[Doubles, ...] = ()
        self._last_peak = (-_NEAR_HOPS - 1, 0.0)
        self.scope = QComboBox()
        self.band = BandSlider()
        self.band_text = label("", "number", name="codec.energy.band.text")
        self.peak = NumberBox(Scale(_AUTO, 20.0, integer=True, coarse=3.0, fine=1.0), "dB")
        self.range = NumberBox(Scale(6.0, 80.0, integer=True, coarse=3.0, fine=1.0), "dB")
        self.hold = CheckBox("Hold")
        self.pictures: dict[Shape, EnergyPicture] = {"map": FlatEnergy(), "globe": GlobeEnergy()}
        self.hint = label(HINT, "caption", name="codec.energy.hint")
        self._rooms = {shape: Fitted(picture, _ROOM) for shape, picture in self.pictures.items()}
        self._shape: Shape = "map"
        self._pages = QStackedWidget()
        self._describe()
        self._arrange()
        self.scope.activated.connect(self._on_scope)
        self.band.valueChanged.connect(self._on_band)
        for box in (self.peak, self.range):
            box.valueEdited.connect(self._on_scale)
        self.hold.toggled.connect(self._on_hold)
        for picture in self.pictures.values():
            picture.told.connect(self.told)
        self.say()

    # -- what the user chose -----------------------------------------------------------------

    @property
    def stretch(self) -> Scope:
        """Of what the maps are."""
        return self.scope.currentData()

    @property
    def band_index(self) -> int | None:
        """The band on show, None for all frequencies together."""
        return self.band.value() - 1 if self.band.value() else None

    @property
    def picture(self) -> EnergyPicture:
        """The one on show."""
        return self.pictures[self._shape]

    @property
    def compared(self) -> CovarianceComparison | None:
        """What is on show."""
        return self._compared

    def set_shape(self, shape: Shape) -> None:
        """Show maps spread out flat, or globes."""
        self._shape = shape
        self._show_page()
        self._draw()

    # -- what the controller tells -----------------------------------------------------------

    def say(self, *, computing: bool = False) -> None:
        """Show one line in the place of maps."""
        self._compared, self._span, self._held = None, None, ()
        self.hint.setText(COMPUTING if computing else HINT)
        self._show_page()

    def show_comparison(self, compared: CovarianceComparison, begins: float, decoded: str) -> None:
        """Show another comparison, which begins at a time; ``decoded`` is what the decoded scene is called."""
        self._compared, self._begins, self._decoded = compared, begins, decoded
        self._span, self._held = None, ()
        self._show_page()

    def show_stretch(self, start: float | None, stop: float | None) -> None:
        """Show the maps between two times; None for the beginning and the end."""
        if self._compared is None:
            return
        first = 0.0 if start is None else max(start - self._begins, 0.0)
        last = self._length if stop is None else min(stop - self._begins, self._length)
        self._look_at(self._compared.within(first, last))

    def show_moment(self, seconds: float) -> None:
        """Show the maps around a time, if that is what is wanted."""
        if self._compared is None or self.stretch != "playhead":
            return
        self._look_at(self._compared.moment(seconds - self._begins))

    @property
    def _length(self) -> float:
        return self._compared.reference.hops * self._compared.reference.hop_seconds

    def _look_at(self, span: tuple[int, int]) -> None:
        if span != self._span:
            self._span = span
            self._draw()

    # -- drawing -----------------------------------------------------------------------------

    def _draw(self) -> None:
        if self._compared is None or self._span is None:
            return
        maps = tuple(self._map_of(track) for track in self._tracks())
        if self.hold.isChecked():
            held = self._held or maps
            maps = self._held = tuple(np.maximum(one, other) for one, other in zip(held, maps, strict=True))
        scale = LevelScale(self._peak_of(maps), self.range.number)
        start, stop = (
            time_text(self._begins + place * self._compared.reference.hop_seconds, 1) for place in self._span
        )
        held_text = ", peaks held" if self.hold.isChecked() else ""
        what = f"{start} to {stop}, {band_text(self.band_index)}{held_text}"
        self.picture.show_maps(maps, scale, what, self._decoded)

    def _tracks(self) -> Sequence[CovarianceTrack]:
        return [track for track in (self._compared.reference, self._compared.decoded) if track is not None]

    def _map_of(self, track: CovarianceTrack) -> Doubles:
        covariance = track.covariances(*(np.array([place]) for place in self._span), self.band_index)[0]
        # Of an order that is cut in half nothing is known.
        whole = min(math.isqrt(track.channels), HIGHEST_ORDER + 1) ** 2
        return energy_map(covariance[:whole, :whole])

    def _peak_of(self, maps: Sequence[Doubles]) -> float:
        if self.peak.number > _AUTO:
            return self.peak.number
        if self.stretch != "playhead":
            return float(math.ceil(max(levels.max() for levels in maps)))
        # At once where it is louder, slowly where it is not: colours do not flicker while the playhead runs.
        moment, now = self._span[0], float(math.ceil(max(levels.max() for levels in maps)))
        before, peak = self._last_peak
        near = before <= moment <= before + _NEAR_HOPS
        self._last_peak = moment, max(now, peak - _FALL_DB) if near else now
        return self._last_peak[1]

    def _show_page(self) -> None:
        there = self._compared is not None
        self._pages.setCurrentWidget(self._rooms[self._shape] if there else self.hint)
        for widget in (self.band, self.band_text, self.peak, self.range, self.hold):
            widget.setEnabled(there)

    # -- answers -----------------------------------------------------------------------------

    def _on_band(self, _value: int) -> None:
        self.band_text.setText(band_text(self.band_index))
        self.band.setAccessibleDescription(self.band_text.text())
        self._held = ()
        self._draw()

    def _on_scale(self, _value: object) -> None:
        self._draw()

    def _on_hold(self, _checked: bool) -> None:
        self._held = ()
        self._draw()

    def _on_scope(self, _index: int) -> None:
        self._span, self._held = None, ()
        self.changed.emit()

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        for name, text in _SCOPES:
            self.scope.addItem(text, name)
        self.band.setFixedWidth(_SLIDER_WIDTH)
        self.band_text.setFixedWidth(_BAND_WIDTH)
        self.band_text.setText(band_text(None))
        self.peak.setSpecialValueText("auto")
        self.peak.set_number(_AUTO)
        self.range.set_number(LevelScale.range)
        for widget, name, text, tip in (
            (self.scope, "scope", "Stretch of the energy maps", "A third of a second around the playhead, which the "
             "maps then follow, or the mean over the selection or over all of the scene"),
            (self.band, "band", "Frequencies of the energy maps", "All frequencies at the left, then octave by octave"),
            (self.peak, "peak", "Peak of the energy maps", "The level of the brightest colour, in dB of full scale; "
             "the lowest value follows the scene. Reference and decoded always share it"),
            (self.range, "range", "Range of the energy maps", "How far below the peak the darkest colour lies"),
            (self.hold, "hold", "Hold peaks", "Keep the loudest that was seen of each direction, until this is off"),
        ):  # fmt: skip
            widget.setObjectName(f"codec.energy.{name}")
            widget.setAccessibleName(text)
            widget.setToolTip(tip)
            widget.setFixedHeight(CONTROL_HEIGHT)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for widget in (self.scope, self.band, self.band_text):
            head.addWidget(widget)
        head.addStretch(1)
        for text, box in (("Peak", self.peak), ("Range", self.range)):
            beside = label(text, "caption")
            beside.setBuddy(box)
            head.addWidget(beside)
            head.addWidget(box)
        head.addWidget(self.hold)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (*self._rooms.values(), self.hint):
            self._pages.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
