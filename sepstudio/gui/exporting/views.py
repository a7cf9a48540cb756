"""What of each kind of pane is exported: its figure, and the data of each recording in it."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from sepstudio.gui.exporting.derived_data import DifferenceData, ShareData
from sepstudio.gui.exporting.figure import ColourBar, Figure, FigureSource, Look, Marks
from sepstudio.gui.exporting.matrix_views import GREY, TIME_NAME, CellData, ModelData, matrix_figure
from sepstudio.gui.exporting.phase_views import PhaseData, phase_bar, phase_table
from sepstudio.gui.exporting.view_data import LevelData, SampleData, Span, ViewData
from sepstudio.gui.items.colours import Table, image_of, level_table
from sepstudio.gui.panes.base import Pane, Sound
from sepstudio.gui.panes.mask import MaskPane
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.panes.models import ModelPane
from sepstudio.gui.panes.pair import DifferencePane, OverlayPane
from sepstudio.gui.panes.phases import PhasePane
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.panes.ticks import Tick, frequency_ticks, time_ticks
from sepstudio.gui.panes.waveform import WaveformPane
from sepstudio.gui.texts import MINUS
from sepstudio.tiles.decibels import TOP_CODE, db_to_code
from sepstudio.tiles.mixing import EVEN_ENTRY, Alone, Entries
from sepstudio.tiles.pictures import PictureComposer

LEAST_HEIGHT = 160
# Tiles may fall out of the cache again before all are there.
_MOST_ROUNDS = 4
_BAR_STEPS = 4


def figure_source(pane: Pane) -> FigureSource | None:
    """Return how a pane is drawn as a figure as it is now, or None for an empty one."""
    if isinstance(pane, PicturePane) and pane.item.composer is not None:
        return PictureFigure(pane)
    if isinstance(pane, MatrixPane):
        return matrix_figure(pane, _plot_size(pane))
    return WaveformFigure(pane) if isinstance(pane, WaveformPane) and pane.pyramids is not None else None


def view_data(pane: Pane, sound: Sound, span: Span | None, band: Span | None) -> ViewData:
    """Return the data of one recording in a pane: samples of a waveform, levels of any spectrogram."""
    if isinstance(pane, WaveformPane):
        return SampleData(sound.clip, sound.offset_s, span, sound.title)
    if isinstance(pane, ModelPane) and pane.model is not None:
        return ModelData(pane.model, sound.offset_s, span, band, sound.title, remainder=pane.remainder)
    if isinstance(pane, PhasePane):
        return PhaseData(sound.clip, sound.offset_s, pane.analysis, span, band, sound.title)
    return LevelData(sound.clip, sound.offset_s, pane.analysis, span, band, sound.title)


def derived_data(pane: Pane, span: Span | None, band: Span | None) -> ViewData | None:
    """Return the data of a matrix, or of what a pane makes of several recordings; None where it shows each itself."""
    if isinstance(pane, MatrixPane):
        return CellData(pane.matrix, span) if pane.matrix is not None else None
    sounds = pane.sounds
    if not pane.settled or len({sound.clip.sample_rate for sound in sounds}) > 1:
        return None
    placed = [(sound.clip, sound.offset_s) for sound in sounds]
    if isinstance(pane, MaskPane):
        return ShareData(placed, pane.index, pane.analysis, span, band, title_of(pane))
    if isinstance(pane, DifferencePane) and pane.display.of_signal:
        return LevelData(*pane.placed_clips()[0], pane.analysis, span, band, title_of(pane))
    if isinstance(pane, DifferencePane):
        return DifferenceData(placed, pane.analysis, span, band, title_of(pane))
    return None


def title_of(pane: Pane) -> str:
    """Return what a pane shows."""
    return " + ".join(title for title, _ in pane.entries())


class PictureFigure:
    """A picture over time and frequency, composed anew from the tiles that its size calls for."""

    def __init__(self, pane: PicturePane) -> None:
        self._pane = pane
        self._visible, self._heights, self._scale = pane.timeline.visible, pane.heights, pane.scale
        self._size = _plot_size(pane)
        shown = pane.item.composer
        self._composer = PictureComposer(shown.layers, shown.mixing, common=pane.common_time, budget_s=math.inf)
        self._ratio = 1.0

    def prepare(self, scale: float) -> Generator[float, None, Entries]:
        """Compose the picture, and compute what it lacks."""
        self._ratio = scale
        size = self._size * scale
        self._composer.set_axis(self._scale, *self._heights, size.height())
        for _ in range(_MOST_ROUNDS):
            picture = self._composer.compose(*self._visible, size.width())
            if picture.finished:
                break
            for number, (pyramid, level, index) in enumerate(picture.missing):
                pyramid.compute(level, index)
                yield 0.9 * number / len(picture.missing)
        yield 0.9
        return np.ascontiguousarray(picture.entries)

    def figure(self, prepared: Entries, look: Look) -> Figure:
        """Return the figure."""
        pane, table = self._pane, _table(self._pane, look)
        return Figure(
            title=title_of(pane),
            plot=image_of(prepared, table, 1.0),
            width=self._size.width(),
            height=self._size.height(),
            across=_time_marks(self._visible, self._size.width()),
            up=Marks("Frequency (Hz)", frequency_ticks(self._scale, *self._heights, self._size.height())),
            look=look,
            bar=phase_bar(pane, look) if isinstance(pane, PhasePane) else _colour_bar(pane, table),
        )


class WaveformFigure:
    """A waveform, drawn by the item of its pane."""

    def __init__(self, pane: WaveformPane) -> None:
        self._pane = pane
        # The pane may be emptied while another thread reads.
        self._pyramid, self._offset_s = pane.pyramids.waveform, pane.offset_s
        self._visible = pane.timeline.visible
        self._size = _plot_size(pane)
        self._ratio = 1.0

    def prepare(self, scale: float) -> Generator[float, None, None]:
        """Read the samples that a close view takes."""
        self._ratio = scale
        pyramid = self._pyramid
        start, stop = ((time - self._offset_s) * pyramid.clip.sample_rate for time in self._visible)
        yield 0.0
        if pyramid.level_for((stop - start) / (self._size.width() * scale)) is None:
            chunks = pyramid.chunks_for(int(start) - 1, int(stop) + 3)
            for number, index in enumerate(chunks):
                pyramid.compute(0, index)
                yield (number + 1) / len(chunks)

    def figure(self, prepared: Any, look: Look) -> Figure:
        """Return the figure."""
        pane = self._pane
        names = "Amplitude" if pane.item.lanes == 1 else "Channel"
        return Figure(
            title=title_of(pane),
            plot=self._paint(look),
            width=self._size.width(),
            height=self._size.height(),
            across=_time_marks(self._visible, self._size.width()),
            up=Marks(names, pane.axis.ticks),
            look=look,
        )

    def _paint(self, look: Look) -> QImage:
        image = QImage(self._size * self._ratio, QImage.Format.Format_RGB32)
        image.fill(QColor(look.colours.panel))
        image.setDevicePixelRatio(self._ratio)
        item, (start, stop) = self._pane.item, self._visible
        across, height = self._size.width() / (stop - start), self._size.height()
        painter = QPainter(image)
        # From seconds of the recording and heights upwards to pixels.
        painter.setTransform(QTransform(across, 0, 0, -height, (item.pos().x() - start) * across, height))
        self._pane.wear(look.colours)
        item.paint(painter)
        self._pane.apply_colours()
        painter.end()
        image.setDevicePixelRatio(1.0)
        return image


def _plot_size(pane: Pane) -> QSize:
    """Return the size of the pane on the screen; one that was squeezed there gets room for its marks."""
    return QSize(max(pane.view.width(), 1), max(pane.view.height(), LEAST_HEIGHT))


def _time_marks(visible: Span, width: int) -> Marks:
    return Marks(TIME_NAME, time_ticks(*visible, width))


def _table(pane: PicturePane, look: Look) -> Table:
    """Return the colours of the pane, or grey ones for its levels."""
    if isinstance(pane, PhasePane):
        return phase_table(pane, look)
    if look.name == "grey" and isinstance(pane.mixing(), Alone):
        return level_table(GREY, *pane.display.levels, pane.display.gamma)
    return pane.table()


def _colour_bar(pane: PicturePane, table: Table) -> ColourBar | None:
    """Return what the colours of a pane mean; two colours at once have no bar."""
    if isinstance(pane, OverlayPane):
        return None
    if isinstance(pane, MaskPane):
        return _bar(table, (1, TOP_CODE), (0.0, 100.0), "%")
    if isinstance(pane, DifferencePane) and not pane.display.of_signal:
        limit = pane.display.limit_db
        reach = db_to_code(limit - 120.0)
        return _bar(table, (EVEN_ENTRY - reach, min(EVEN_ENTRY + reach, TOP_CODE)), (-limit, limit), "dB")
    levels = pane.display.levels
    return _bar(table, (db_to_code(levels[0]), db_to_code(levels[1])), levels, "dBFS")


def _bar(table: Table, entries: tuple[int, int], ends: Span, unit: str) -> ColourBar:
    column = np.arange(entries[1], entries[0] - 1, -1).astype(np.uint8)[:, None]
    values = np.linspace(*ends, _BAR_STEPS + 1)
    ticks = tuple(
        Tick(k / _BAR_STEPS, f"{round(float(value), 1):g}".replace("-", MINUS)) for k, value in enumerate(values)
    )
    return ColourBar(image_of(np.ascontiguousarray(column), table, 1.0), Marks(unit, ticks))
