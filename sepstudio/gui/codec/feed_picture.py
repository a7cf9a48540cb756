"""How loud each loudspeaker of a layout plays, for the scene and for what was decoded of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sepstudio.dsp.layouts import Layout
from sepstudio.gui.codec.energy_picture import decibel_text, degree_text
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.picture import Index, Picture
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import Palette, stem_colour

Doubles = npt.NDArray[np.float64]

FLOOR_DB, TOP_DB = -72.0, 0.0
_TIP = (
    "How loud each loudspeaker plays, RMS in dB of full scale: the scene at the left of each pair, what was decoded at "
    "the right. Below are level (M of ears, U upper, T top, B bottom) and azimuth. Point at one, or go with the arrow "
    "keys"
)
_LEFT, _TOP, _NAMES, _BETWEEN = 34, 8, 30, 2
_STEP_DB = 24.0
_WIDEST = 56
_COLUMNS = ("reference_db", "decoded_db")


class FeedPicture(Picture):
    """A pair of bars for each loudspeaker; an index is the number of one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.feeds", parent)
        self.setAccessibleName("Levels of loudspeakers")
        self.setToolTip(_TIP)
        self._layout: Layout | None = None
        self._levels: tuple[Doubles, ...] = ()
        self._what = ""

    def show_feeds(self, layout: Layout, levels: Sequence[Doubles], what: str) -> None:
        """Show levels in dB [speakers] of the reference and, if there is one, of the decoded scene."""
        before, self._layout = self._layout, layout
        self._levels, self._what = tuple(levels), what
        if before is not layout:
            self.point_at(None)
        self.tell()
        self.update()

    @property
    def levels(self) -> tuple[Doubles, ...]:
        """What is on show, in dB."""
        return self._levels

    @property
    def figure_title(self) -> str:
        """What the picture is of."""
        return f"Loudspeakers of {self._layout.name}, {self._what}" if self._layout is not None else "Loudspeakers"

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._levels)

    @property
    def weight(self) -> float:
        """There is no other picture beside this one."""
        return 1.0

    def fit(self, width: int, height: int) -> None:
        """Become as large as the room."""
        self.setFixedSize(max(width, 1), max(height, 1))
        self.update()

    # -- loudspeakers ------------------------------------------------------------------------

    @property
    def _wide(self) -> float:
        return min((self.width() - _LEFT) / max(len(self._layout.speakers), 1), _WIDEST)

    def _high(self) -> float:
        return self.height() - _TOP - _NAMES

    def index_at(self, place: QPointF) -> Index | None:
        """Return the loudspeaker at a place."""
        number = int((place.x() - _LEFT) // self._wide)
        return (number,) if 0 <= number < len(self._layout.speakers) else None

    def rect_of(self, index: Index) -> QRectF:
        """Return where the bars of a loudspeaker lie."""
        return QRectF(_LEFT + index[0] * self._wide + 1, _TOP, self._wide - 2, self._high())

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the loudspeaker beside another, or the first one."""
        return (0,) if index is None else (min(max(index[0] + across, 0), len(self._layout.speakers) - 1),)

    def text_of(self, index: Index) -> str:
        """Return where a loudspeaker stands and how loud it plays."""
        speaker = self._layout.speakers[index[0]]
        if speaker.lfe:
            return f"{speaker.name}: low-frequency effects, which are no part of a scene"
        values = [f"{name} {decibel_text(levels[index[0]])}" for name, levels in self._named()]
        where = f"azimuth {degree_text(speaker.azimuth)}, elevation {degree_text(speaker.elevation)}"
        return f"{speaker.name}, {where}: {', '.join(values)}"

    def _named(self) -> list[tuple[str, Doubles]]:
        return list(zip(("reference", "decoded"), self._levels, strict=False))

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the scale, the bars and the names."""
        if self._layout is None or not self._levels:
            return
        painter.setFont(self.font())
        end = _LEFT + self._wide * len(self._layout.speakers)
        for level in np.arange(TOP_DB, FLOOR_DB - 1, -_STEP_DB):
            y = self._height_of(float(level))
            painter.setPen(QPen(QColor(colours.line), 1.0))
            painter.drawLine(QPointF(_LEFT, y), QPointF(end, y))
            painter.setPen(QColor(colours.muted))
            room = QRectF(0, y - 8, _LEFT - 5, 16)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), _plain(level))
        for number in range(len(self._layout.speakers)):
            self._draw_speaker(painter, colours, number)
        self._draw_names(painter, colours, end)

    def _draw_names(self, painter: QPainter, colours: Palette, right: float) -> None:
        """Tell which bars are of what, where loud feeds seldom reach."""
        for (name, _), colour in reversed(list(zip(self._named(), _bar_colours(colours), strict=False))):
            wide = painter.fontMetrics().horizontalAdvance(name)
            painter.setPen(QColor(colours.muted))
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(right - wide, _TOP + 2, wide + 2, 14), flags, name)
            painter.fillRect(QRectF(right - wide - 12, _TOP + 5, 8, 8), QColor(colour))
            right -= wide + 24

    def _draw_speaker(self, painter: QPainter, colours: Palette, number: int) -> None:
        room, speaker = self.rect_of((number,)), self._layout.speakers[number]
        inner = room.adjusted(room.width() * 0.12, 0, -room.width() * 0.12, 0)
        wide = (inner.width() - _BETWEEN) / 2
        ground = self._height_of(FLOOR_DB)
        for side, (levels, colour) in enumerate(zip(self._levels, _bar_colours(colours), strict=False)):
            top = self._height_of(float(np.clip(levels[number], FLOOR_DB, TOP_DB)))
            left = inner.left() + side * (wide + _BETWEEN)
            painter.fillRect(QRectF(left, top, wide, ground - top), QColor(colour))
        painter.setPen(QColor(colours.muted if speaker.lfe else colours.text))
        letters = 3 if speaker.lfe else 1
        for line, text in enumerate((speaker.name[:letters], speaker.name[letters:])):
            below = QRectF(room.left() - 4, room.bottom() + 2 + line * 13, room.width() + 8, 14)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), text.replace("-", MINUS))

    def _height_of(self, level: float) -> float:
        return _TOP + (TOP_DB - level) / (TOP_DB - FLOOR_DB) * self._high()

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the bars are drawn as a figure, or None where there are none."""
        if not self._levels:
            return None
        return SheetFigure(self.figure_title, self.draw, (self.width(), self.height()), None)

    def table(self) -> Table:
        """Return a row for each loudspeaker."""
        layout = self._layout
        values = dict(zip(_COLUMNS, self._levels, strict=False))
        columns = {"speaker": layout.names, "azimuth_deg": layout.azimuths, "elevation_deg": layout.elevations}
        return Table(self.figure_title, {**columns, **values}, {"quantity": "RMS, dB of full scale"})


def _bar_colours(colours: Palette) -> tuple[str, str]:
    return colours.accent, stem_colour("decoded")


def _plain(level: float) -> str:
    return f"{level:.0f}".replace("-", MINUS)
