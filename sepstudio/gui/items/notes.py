"""All notes of a score as one item of a view, and the overtones of one note."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.items.markers import SELECTION_ALPHA, cosmetic_pen
from sepstudio.gui.items.note_geometry import Geometry
from sepstudio.gui.items.note_painting import BoxStyle, NotePainter, NoteStyle
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.rows import Rows
from sepstudio.gui.scores.table import NoteTable
from sepstudio.gui.texts import A4_HZ, A4_MIDI
from sepstudio.gui.theme import DARK
from sepstudio.io.scores.records import Score
from sepstudio.tiles.scales import FrequencyScale

HANDLE_PIXELS = 5.0
# More selected notes than this are moved together, not pulled one by one.
MOST_HANDLES = 200
_Z, _LADDER_Z = 60, 55
_PARTIALS = 24
# Beyond any recording, so that nothing is cut that is dragged out of one.
_FAR_S = 1e6


class NotesItem(pg.GraphicsObject):
    """Notes of a board over a picture, at the heights that ``rows`` give to pitches.

    What rests is painted once for each view and kept as an image; what is selected, hovered or dragged is
    painted over it each time. ``framed`` boxes cover whole frames of the method, as its matrices do.
    """

    def __init__(self, board: ScoreBoard, rows: Rows, *, framed: bool = False) -> None:
        super().__init__()
        self._framed = framed
        self.setZValue(_Z)
        self._board = board
        self._rows = rows
        self._band: QRectF | None = None
        self._image: QImage | None = None
        self._drawn: tuple[Canvas, frozenset[int], Score | None] | None = None
        for signal in (board.changed, board.optionsChanged):
            signal.connect(self._paint_anew)
        for signal in (board.previewed, board.selectionChanged, board.hoverChanged):
            signal.connect(self._paint_marks)

    @property
    def board(self) -> ScoreBoard:
        """Whose notes are drawn."""
        return self._board

    @property
    def rows(self) -> Rows:
        """Where pitches lie."""
        return self._rows

    def set_rows(self, rows: Rows) -> None:
        """Let pitches lie elsewhere."""
        self._rows = rows
        self._paint_anew()

    def set_band(self, band: QRectF | None) -> None:
        """Draw a rubber band, in seconds and heights, or none."""
        self._band = band
        self.update()

    def boundingRect(self) -> QRectF:
        """Return all times, and the heights of the view."""
        return QRectF(-_FAR_S, 0.0, 2 * _FAR_S, 1.0)

    def _paint_anew(self) -> None:
        self._drawn = None
        self.update()

    def _paint_marks(self) -> None:
        if not self._board.busy:
            self._band = None
        self.update()

    # -- painting ----------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the part that is in view."""
        canvas = canvas_of(self, painter)
        if canvas is None:
            return
        edit = self._board.preview
        touched = frozenset(note.id for note in edit.notes) | edit.removed if edit is not None else frozenset()
        if self._drawn != (canvas, touched, self._board.patches):
            self._drawn = (canvas, touched, self._board.patches)
            self._image = self._picture(canvas, touched)
        canvas.draw(painter, self._image)
        self._paint_over(painter, canvas)
        if self._band is not None:
            self._paint_band(painter, self._band)

    def _picture(self, canvas: Canvas, without: frozenset[int]) -> QImage:
        image = QImage(canvas.width, canvas.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        board, notes = self._board, NotePainter(painter, Geometry(canvas, self._rows))
        if board.patches is not None:
            notes.patches(board.patches.activation_patches)
        table = board.table
        rows = table.within(canvas.start, canvas.stop, self._widest_tolerance(table))
        near = table.part(rows)
        if without:
            near = near.where(~near.marked(without))
        notes.notes(near, self._style(near))
        painter.end()
        image.setDevicePixelRatio(canvas.ratio)
        return image

    def _widest_tolerance(self, table: NoteTable) -> float:
        own = np.concatenate([table.before, table.after])
        return max(self._board.before, self._board.after, float(np.nanmax(own, initial=0.0)))

    def _style(self, table: NoteTable) -> NoteStyle:
        board = self._board
        dimmed = np.zeros(table.count, bool)
        if board.track:
            dimmed = table.tracks != board.tracks.index(board.track)
        wrong = np.full(table.count, True) if not board.aligned else table.marked(board.overlapping | board.beyond)
        return NoteStyle(dimmed, wrong, self._boxes())

    def _boxes(self) -> BoxStyle:
        return BoxStyle(self._board.before, self._board.after, self._board.frame_s if self._framed else 0.0)

    def _paint_over(self, painter: QPainter, canvas: Canvas) -> None:
        painter.save()
        painter.resetTransform()
        painter.translate(canvas.corner)
        painter.scale(1.0 / canvas.ratio, 1.0 / canvas.ratio)
        painter.setClipRect(QRectF(0.0, 0.0, canvas.width, canvas.height))
        notes, board = NotePainter(painter, Geometry(canvas, self._rows)), self._board
        moving = NoteTable.of(board.preview.notes if board.preview is not None else (), board.tracks)
        if moving.count:
            right = np.zeros(moving.count, bool)
            notes.notes(moving, NoteStyle(right, right, self._boxes()))
        self._paint_marked(notes, moving)
        painter.restore()

    def _paint_marked(self, notes: NotePainter, moving: NoteTable) -> None:
        board = self._board
        resting = board.selected - set(moving.ids.tolist())
        selected = board.table.where(board.table.marked(resting)) if resting else NoteTable.of((), ())
        for table in (selected, moving):
            if table.count:
                notes.frames(table, DARK.text, 2.0)
                if table.count <= MOST_HANDLES:
                    notes.handles(table, self._boxes(), DARK.text, HANDLE_PIXELS)
        hovered = board.note(board.hovered) if board.hovered is not None else None
        if hovered is not None and hovered.id not in board.selected and not moving.count:
            notes.frames(NoteTable.of((hovered,), board.tracks), DARK.text, 1.0)

    def _paint_band(self, painter: QPainter, band: QRectF) -> None:
        fill = QColor(DARK.text)
        fill.setAlpha(SELECTION_ALPHA)
        painter.fillRect(band, fill)
        painter.setPen(cosmetic_pen(DARK.text))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(band)


class OvertoneLadder(pg.GraphicsObject):
    """Where the partials of the hovered note lie on a frequency axis, for as long as it sounds."""

    def __init__(self, board: ScoreBoard) -> None:
        super().__init__()
        self.setZValue(_LADDER_Z)
        self._board = board
        self._scale = FrequencyScale()
        board.hoverChanged.connect(self._follow)
        board.changed.connect(self._follow)

    def set_scale(self, scale: FrequencyScale) -> None:
        """Use another frequency axis."""
        self._scale = scale
        self.update()

    def rungs(self) -> list[QLineF]:
        """Return the partials above the fundamental, in seconds and heights."""
        note = self._board.note(self._board.hovered) if self._board.hovered is not None else None
        if note is None:
            return []
        hertz = A4_HZ * 2.0 ** ((note.pitch - A4_MIDI) / 12) * np.arange(2, _PARTIALS + 1)
        heights = self._scale.to_unit(hertz)
        return [QLineF(note.onset, height, note.offset, height) for height in heights.tolist() if 0 <= height <= 1]

    def boundingRect(self) -> QRectF:
        """Return all times, and the heights of the view."""
        return QRectF(-_FAR_S, 0.0, 2 * _FAR_S, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the rungs."""
        rungs = self.rungs()
        if rungs:
            for colour, width in ((DARK.window, 3.0), (DARK.accent, 1.0)):
                painter.setPen(cosmetic_pen(colour, width))
                painter.drawLines(rungs)

    def _follow(self) -> None:
        self.update()
