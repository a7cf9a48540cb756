"""How much sound comes from each direction, in the scene, in what was decoded of it, and by how much these differ."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sepstudio.dsp.energy_map import COLUMNS, ROWS, grid, loudest
from sepstudio.gui.codec.sphere import Sampler, cell_of
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import signed_table
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.items.colours import Table as Pixels
from sepstudio.gui.items.colours import gradient, image_of, pack
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import DARK, Palette
from sepstudio.tiles.decibels import TOP_CODE
from sepstudio.tiles.mixing import EVEN_ENTRY

Doubles = npt.NDArray[np.float64]

# Differences beyond it are as red or as blue as they can be.
LIMIT_DB = 12.0
COLOURS = "magma"
_MARGIN, _TOP, _BOTTOM = 8, 18, 14
_GAP, _BAR, _BAR_ROOM = 14, 8, 70
_RING = 4.0
_COLUMNS = ("reference_db", "decoded_db", "difference_db")


@dataclass(frozen=True)
class LevelScale:
    """The levels, in dB of full scale, between which colours pass from their quiet to their loud end."""

    peak: float = 0.0
    range: float = 24.0

    @property
    def floor(self) -> float:
        """The quiet end."""
        return self.peak - self.range


class EnergyPicture(Picture):
    """Up to three spheres side by side; an index is the number of a sphere and row and column of its grid."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._maps: tuple[Doubles, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._what = ""
        self._scale = LevelScale()
        self._size = QSize(1, 1)
        self._room = QSize(1, 1)

    # -- what kinds of spheres say -----------------------------------------------------------

    @property
    @abc.abstractmethod
    def shape(self) -> QSize:
        """How wide and how high a sphere is, one to the other."""

    @abc.abstractmethod
    def sampler(self, width: int, height: int) -> Sampler:
        """Return what reads maps at the pixels of a sphere of this size."""

    @abc.abstractmethod
    def place_of(self, azimuth: float, elevation: float, field: QRectF) -> QPointF | None:
        """Return where a direction in degrees lies in a sphere, or None where it is not seen."""

    @abc.abstractmethod
    def direction_at(self, place: QPointF, field: QRectF) -> tuple[float, float] | None:
        """Return the direction, in degrees, of a place in a sphere, or None beside it."""

    @abc.abstractmethod
    def draw_lines(self, painter: QPainter, colours: Palette, ink: Palette, field: QRectF) -> None:
        """Draw what tells directions: beside a sphere in ``colours``, over it in those of ``ink``."""

    # -- what is shown -----------------------------------------------------------------------

    def show_maps(self, maps: Sequence[Doubles], scale: LevelScale, what: str, decoded: str = "") -> None:
        """Show levels in dB [ROWS, COLUMNS] of the reference and, if there is one, of the decoded scene.

        ``what`` says of which time and frequencies they are, ``decoded`` what the second is called.
        """
        before = len(self._maps)
        both = tuple(maps)
        self._maps = (*both, both[1] - both[0]) if len(both) > 1 else both
        self._titles = ("Reference", decoded or "Decoded", "Difference")[: len(self._maps)]
        self._scale, self._what = scale, what
        if before != len(self._maps):
            self.point_at(None)
            self.fit(self._room.width(), self._room.height())
        self.tell()
        self.update()

    @property
    def maps(self) -> tuple[Doubles, ...]:
        """What is on show: the reference, the decoded scene and their difference, in dB."""
        return self._maps

    @property
    def scale(self) -> LevelScale:
        """What colours mean."""
        return self._scale

    @property
    def figure_title(self) -> str:
        """What the picture is of."""
        return f"Energy map, {self._what}" if self._what else "Energy map"

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._maps)

    @property
    def weight(self) -> float:
        """There is no other picture beside this one."""
        return 1.0

    def fit(self, width: int, height: int) -> None:
        """Make spheres as large as the room allows."""
        self._room = QSize(width, height)
        across = (width - self._beside()) // self._count
        field = self.shape.scaled(across, height - _TOP - _BOTTOM, Qt.AspectRatioMode.KeepAspectRatio)
        self._size = field.expandedTo(QSize(8, 8))
        right = self._beside() + self._count * self._size.width()
        self.setFixedSize(right, _TOP + self._size.height() + _BOTTOM)
        self.update()

    @property
    def _count(self) -> int:
        return 3 if len(self._maps) == 3 else 1

    def _beside(self) -> int:
        return _MARGIN + (_GAP + 2 * _BAR_ROOM if self._count == 3 else _BAR_ROOM)

    # -- cells -------------------------------------------------------------------------------

    def field(self, number: int) -> QRectF:
        """Return where a sphere lies; the scale of levels stands between the second and the third."""
        wide = self._size.width()
        left = _MARGIN + number * wide + min(number, 1) * _GAP + (_BAR_ROOM if number == 2 else 0)
        return QRectF(left, _TOP, wide, self._size.height())

    def index_at(self, place: QPointF) -> Index | None:
        """Return sphere, row and column at a place."""
        for number in range(len(self._maps)):
            field = self.field(number)
            found = self.direction_at(place, field) if field.contains(place) else None
            if found is not None:
                return number, *cell_of(*found)
        return None

    def rect_of(self, index: Index) -> QRectF:
        """Return a mark where a direction lies; nothing where it is not seen."""
        place = self.place_of(*_direction(index), self.field(index[0]))
        if place is None:
            return QRectF()
        return QRectF(place.x() - _RING, place.y() - _RING, 2 * _RING, 2 * _RING)

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the direction beside another, or straight ahead."""
        if index is None:
            return 0, ROWS // 2, COLUMNS // 2
        return index[0], min(max(index[1] + down, 0), ROWS - 1), (index[2] + across) % COLUMNS

    def text_of(self, index: Index) -> str:
        """Return a direction and its levels."""
        azimuth, elevation = _direction(index)
        values = []
        for title, levels in zip(self._titles, self._maps, strict=True):
            value, signed = levels[index[1], index[2]], title == "Difference"
            values.append(f"{title.lower()} {decibel_text(value, signed=signed)}")
        return f"azimuth {degree_text(azimuth)}, elevation {degree_text(elevation)}: {', '.join(values)}"

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw titles, spheres and the bars of colours."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, title in enumerate(self._titles):
            field = self.field(number)
            painter.setFont(small_font())
            painter.setPen(QColor(colours.text))
            room = QRectF(field.left(), 0, field.width(), _TOP - 2)
            told = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), told)
            painter.setFont(self.font())
            self._draw_sphere(painter, colours, number)
        if self._maps:
            self._draw_bars(painter, colours)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_sphere(self, painter: QPainter, colours: Palette, number: int) -> None:
        field = self.field(number)
        ratio = painter.deviceTransform().m11()
        sampler = self.sampler(*(max(round(side * ratio), 1) for side in (field.width(), field.height())))
        if number == 2:
            values = sampler(self.seen_difference()) / LIMIT_DB
            entries = EVEN_ENTRY + np.clip(values, -1.0, 1.0) * (TOP_CODE - EVEN_ENTRY)
            table = signed_table(colours.panel)
        else:
            values = (sampler(self._maps[number]) - self._scale.floor) / self._scale.range
            entries = np.clip(values, 0.0, 1.0) * TOP_CODE
            table = level_pixels()
        shown = np.rint(entries).astype(np.uint16)
        # One entry more for what is beside the sphere.
        shown[~sampler.inside] = TOP_CODE + 1
        pixels = np.append(table, np.uint32(QColor(colours.panel).rgb()))
        painter.drawImage(field, image_of(shown, pixels, 1.0))
        # Levels are dark where they are low, whatever the theme.
        self.draw_lines(painter, colours, colours if number == 2 else DARK, field)
        if number < 2:
            self._draw_loudest(painter, number, field)

    def seen_difference(self) -> Doubles:
        """Return the difference of what is seen: below the floor all is alike."""
        first, second = (np.maximum(levels, self._scale.floor) for levels in self._maps[:2])
        return np.asarray(second - first)

    def _draw_loudest(self, painter: QPainter, number: int, field: QRectF) -> None:
        azimuth, elevation, level = loudest(self._maps[number])
        place = self.place_of(azimuth, elevation, field)
        if place is None or level <= self._scale.floor:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Told apart on every colour of the map.
        for pen in (QPen(QColor(DARK.window), 3.0), QPen(QColor(DARK.text), 1.2)):
            painter.setPen(pen)
            painter.drawEllipse(place, _RING, _RING)

    def _draw_bars(self, painter: QPainter, colours: Palette) -> None:
        scale, last = self._scale, self.field(min(len(self._maps), 2) - 1)
        ticks = [(share, _plain(scale.peak - share * scale.range)) for share in (0.0, 0.5, 1.0)]
        _draw_bar(painter, colours, last, level_pixels(), ticks)
        if len(self._maps) == 3:
            ends = [(0.0, f"+{LIMIT_DB:g}"), (0.5, "0"), (1.0, f"{MINUS}{LIMIT_DB:g}")]
            _draw_bar(painter, colours, self.field(2), signed_table(colours.panel)[1:], ends)

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the spheres are drawn as a figure, or None where there are none."""
        if not self._maps:
            return None
        return SheetFigure(self.figure_title, self.draw, (self.width(), self.height()), None)

    def table(self) -> Table:
        """Return a row for each direction."""
        across, down = grid()
        azimuth, elevation = np.meshgrid(across, down)
        values = dict(zip(_COLUMNS, (levels.ravel() for levels in self._maps), strict=False))
        return Table(
            self.figure_title,
            {"azimuth_deg": azimuth.ravel(), "elevation_deg": elevation.ravel(), **values},
            {"quantity": "power of max-rE beams, dB of full scale", "difference": "decoded minus reference"},
        )


def level_pixels() -> Pixels:
    """Return the pixel of each step between the floor and the peak."""
    return pack(gradient(COLOURS))


def _draw_bar(
    painter: QPainter, colours: Palette, field: QRectF, pixels: Pixels, ticks: Sequence[tuple[float, str]]
) -> None:
    bar = QRectF(field.right() + 8, field.top(), _BAR, field.height())
    column = np.ascontiguousarray(np.arange(len(pixels) - 1, -1, -1).astype(np.uint8)[:, None])
    painter.drawImage(bar, image_of(column, pixels, 1.0))
    painter.setPen(QColor(colours.muted))
    for share, text in ticks:
        # The unit stands once, on top.
        told = f"{text} dB" if share == 0.0 else text
        room = QRectF(bar.right() + 3, bar.top() + share * (bar.height() - 10) - 3, _BAR_ROOM - 20, 16)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), told)


def _direction(index: Index) -> tuple[float, float]:
    across, down = grid()
    return float(across[index[2]]), float(down[index[1]])


def degree_text(angle: float) -> str:
    """Return an angle in words of a musician's signs, for example ``−30°``."""
    return f"{round(angle):d}°".replace("-", MINUS)


def decibel_text(level: float, *, signed: bool = False) -> str:
    """Return a level, for example ``−12.3 dB``."""
    return (f"{level:+.1f} dB" if signed else f"{level:.1f} dB").replace("-", MINUS)


def _plain(level: float) -> str:
    return f"{level:.0f}".replace("-", MINUS)
