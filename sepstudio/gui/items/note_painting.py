"""Draws notes, their constraint boxes and painted cells with a painter over the pixels of a canvas."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QImage, QPainter

from sepstudio.gui.items.note_geometry import Geometry, Rects
from sepstudio.gui.scores.table import Floats, Ints, NoteTable
from sepstudio.gui.texts import pitch_text
from sepstudio.gui.theme import DARK, blend, track_colour
from sepstudio.io.scores.records import ActivationPatch

# More notes than this are drawn as one picture of all rows: each is a few pixels then.
MOST_SINGLE = 500
MOST_NAMED = 300
_LEAST_BOX = 3.0
_LEAST_OUTLINE = (4.0, 4.0)
_NAME_HEIGHT, _NAME_WIDTH, _NAME_PIXELS = 12.0, 26.0, 10
# From the softest to the loudest.
_SHARES = (0.25, 0.9)
_STEPS = 8
_DIMMED = 0.3
_MARKED_SHARE = 0.6
_BOX_SHARE, _BOX_LIGHT, _EDGE_SHARE, _PATCH_SHARE = 0.7, 0.5, 0.8, 0.22
# Lines of an image begin at multiples of four bytes.
_ALIGNED = 4


@dataclass(frozen=True)
class BoxStyle:
    """How far boxes reach: the usual tolerances in seconds, and the frame that they fill up (0: none)."""

    before: float
    after: float
    frame_s: float = 0.0

    def ends(self, table: NoteTable) -> tuple[Floats, Floats]:
        """Return from when until when each note may sound, in seconds."""
        starts, stops = table.starts(self.before), table.stops(self.after)
        if self.frame_s > 0:
            # Frame n counts from half a frame before its time to half a frame after, as for the method.
            starts = (np.floor(starts / self.frame_s + 0.5) - 0.5) * self.frame_s
            stops = (np.floor(stops / self.frame_s + 0.5) + 0.5) * self.frame_s
        return starts, stops


@dataclass(frozen=True, eq=False)
class NoteStyle:
    """How rows of a table are drawn: ``dimmed`` and ``wrong`` are masks of notes, [notes]."""

    dimmed: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_]
    boxes: BoxStyle


class NotePainter:
    """Paints over one canvas, in physical pixels from its upper left."""

    def __init__(self, painter: QPainter, geometry: Geometry) -> None:
        self._painter = painter
        self._geometry = geometry
        self._ratio = geometry.canvas.ratio

    # -- notes -------------------------------------------------------------------------------

    def notes(self, table: NoteTable, style: NoteStyle) -> None:
        """Draw notes and the boxes in which each may sound."""
        rects = self._geometry.rects(table.onsets, table.offsets, table.pitches)
        boxes = self._geometry.rects(*style.boxes.ends(table), table.pitches)
        seen = self._geometry.seen(boxes)
        if np.count_nonzero(seen) > MOST_SINGLE:
            self._overview(table, rects, seen, style)
            return
        self._fill(table, rects, seen, style)
        self._outline(table, rects, seen, style)
        # Above the fill: the box of a note reaches into its neighbours.
        self._boxes(table, boxes, seen, style)
        self._hatch(rects.where(seen & style.wrong))
        if np.count_nonzero(seen) <= MOST_NAMED:
            self._names(table, rects, seen & ~style.dimmed)

    def _boxes(self, table: NoteTable, boxes: Rects, seen: npt.NDArray[np.bool_], style: NoteStyle) -> None:
        with np.errstate(invalid="ignore"):
            seen = seen & (boxes.width >= _LEAST_BOX * self._ratio)
        for track, dimmed, group in _groups(table.tracks, style.dimmed, seen):
            light = blend(DARK.text, track_colour(track), _BOX_LIGHT)
            self._frame(boxes.where(group), light, _BOX_SHARE * (_DIMMED if dimmed else 1.0))

    def _fill(self, table: NoteTable, rects: Rects, seen: npt.NDArray[np.bool_], style: NoteStyle) -> None:
        loudness = np.rint(table.velocities / 127 * _STEPS).astype(np.int64)
        for track, dimmed, group in _groups(table.tracks, style.dimmed, seen):
            for step in np.unique(loudness[group]):
                shade = _shade(track_colour(track), _share(step / _STEPS, dimmed=dimmed))
                self._fill_rects(rects.where(group & (loudness == step)), QBrush(shade))

    def _outline(self, table: NoteTable, rects: Rects, seen: npt.NDArray[np.bool_], style: NoteStyle) -> None:
        least_width, least_height = (side * self._ratio for side in _LEAST_OUTLINE)
        with np.errstate(invalid="ignore"):
            seen = seen & (rects.width >= least_width) & (rects.height >= least_height)
        # Dark: the notes of a repeated pitch touch each other.
        self._frame(rects.where(seen & style.dimmed), DARK.window, _EDGE_SHARE * _DIMMED)
        self._frame(rects.where(seen & ~style.dimmed), DARK.window, _EDGE_SHARE)

    def _hatch(self, rects: Rects) -> None:
        if not rects.left.size:
            return
        # The lines keep apart from those of the notes: dark ground first.
        self._fill_rects(rects, QBrush(_shade(DARK.window, 0.45)))
        self._fill_rects(rects, QBrush(QColor(DARK.warning), Qt.BrushStyle.BDiagPattern))
        self._frame(rects, DARK.warning, 1.0)

    def _names(self, table: NoteTable, rects: Rects, seen: npt.NDArray[np.bool_]) -> None:
        with np.errstate(invalid="ignore"):
            roomy = seen & (rects.height >= _NAME_HEIGHT * self._ratio) & (rects.width >= _NAME_WIDTH * self._ratio)
        font = QFont(self._painter.font())
        font.setPixelSize(round(_NAME_PIXELS * self._ratio))
        self._painter.setFont(font)
        bounds = QRect(0, 0, self._geometry.canvas.width, self._geometry.canvas.height)
        for rect, pitch in zip(rects.where(roomy).listed(), table.pitches[roomy].tolist(), strict=True):
            inside = rect.intersected(bounds).adjusted(round(4 * self._ratio), 0, 0, 0)
            for colour, shift in ((DARK.window, round(self._ratio)), (DARK.text, 0)):
                self._painter.setPen(QColor(colour))
                place = inside.translated(shift, shift)
                self._painter.drawText(
                    place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, pitch_text(pitch)
                )

    # -- very many notes ---------------------------------------------------------------------

    def _overview(self, table: NoteTable, rects: Rects, seen: npt.NDArray[np.bool_], style: NoteStyle) -> None:
        loudness = table.velocities / 127
        for track, dimmed, group in _groups(table.tracks, style.dimmed, seen):
            shares = _share(loudness[group], dimmed=dimmed)
            self._lines(rects.where(group), table.pitches[group], shares, track_colour(track))
        wrong = seen & style.wrong
        self._lines(rects.where(wrong), table.pitches[wrong], loudness[wrong], DARK.warning)

    def _lines(self, rects: Rects, pitches: Ints, shares: npt.NDArray[np.float64], colour: str) -> None:
        if not pitches.size:
            return
        width = self._geometry.canvas.width
        upper, lower = self._geometry.rows()
        present, rows = np.unique(pitches, return_inverse=True)
        strip = _strip(rects, rows, shares, width, colour)
        for row, pitch in enumerate(present.tolist()):
            place = QRectF(0.0, upper[pitch], width, lower[pitch] - upper[pitch])
            self._painter.drawImage(place, strip, QRectF(0.0, row, width, 1.0))

    # -- marks -------------------------------------------------------------------------------

    def frames(self, table: NoteTable, colour: str, pixels: float) -> None:
        """Draw frames around notes."""
        rects = self._geometry.rects(table.onsets, table.offsets, table.pitches)
        seen = self._geometry.seen(rects)
        rects = rects.where(seen)
        if rects.left.size > MOST_SINGLE:
            self._lines(rects, table.pitches[seen], np.full(rects.left.size, _MARKED_SHARE), colour)
            return
        for drawn, width, out in ((DARK.window, pixels + 2.0, 2.0), (colour, pixels, 1.0)):
            self._frame(rects.grown(out * self._ratio), drawn, 1.0, width)

    def handles(self, table: NoteTable, style: BoxStyle, colour: str, reach: float) -> None:
        """Draw brackets at the ends of the boxes of notes, by which their tolerances are pulled."""
        boxes = self._geometry.rects(*style.ends(table), table.pitches)
        boxes = boxes.where(self._geometry.seen(boxes))
        for drawn, out in ((DARK.window, 2.0), (colour, 1.0)):
            self._fill_rects(
                boxes.grown(out * self._ratio).brackets(reach * self._ratio, 2 * out * self._ratio),
                QBrush(QColor(drawn)),
            )

    def patches(self, patches: tuple[ActivationPatch, ...]) -> None:
        """Draw painted cells: allowed ones tinted, forbidden ones crossed out."""
        for allowed, colour, pattern in (
            (True, DARK.ok, Qt.BrushStyle.SolidPattern), (False, DARK.error, Qt.BrushStyle.DiagCrossPattern),
        ):  # fmt: skip
            for part in ("note", "onset"):
                cells = [patch for patch in patches if patch.allowed is allowed and patch.part == part]
                pitches = np.array([patch.pitch for patch in cells], np.int64)
                starts, stops = (np.array([getattr(p, end) for p in cells], np.float64) for end in ("start", "stop"))
                rects = self._geometry.rects(starts, stops, pitches, part)
                rects = rects.where(self._geometry.seen(rects))
                self._fill_rects(rects, QBrush(_shade(colour, _PATCH_SHARE if allowed else 0.8), pattern))
                self._frame(rects, colour, 0.9)

    def _fill_rects(self, rects: Rects, brush: QBrush) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(brush)
        self._painter.drawRects(rects.listed())

    def _frame(self, rects: Rects, colour: str, share: float, pixels: float = 1.0) -> None:
        self._fill_rects(rects.edges(pixels * self._ratio), QBrush(_shade(colour, share)))


def _groups(
    tracks: Ints, dimmed: npt.NDArray[np.bool_], seen: npt.NDArray[np.bool_]
) -> list[tuple[int, bool, npt.NDArray[np.bool_]]]:
    """Return the notes of each track, the dimmed ones first: what is worked on lies above them."""
    found = []
    for is_dimmed in (True, False):
        some = seen & (dimmed == is_dimmed)
        found += [(track, is_dimmed, some & (tracks == track)) for track in np.unique(tracks[some]).tolist()]
    return found


def _share(loudness: npt.NDArray[np.float64] | float, *, dimmed: bool) -> npt.NDArray[np.float64] | float:
    return (_SHARES[0] + (_SHARES[1] - _SHARES[0]) * loudness) * (_DIMMED if dimmed else 1.0)


def _shade(colour: str, share: float) -> QColor:
    shade = QColor(colour)
    shade.setAlphaF(min(max(float(share), 0.0), 1.0))
    return shade


@functools.lru_cache(maxsize=16)
def _levels_of(colour: str) -> list[int]:
    """Return a colour at 256 opacities."""
    return [_shade(colour, level / 255).rgba() for level in range(256)]


def _strip(rects: Rects, rows: Ints, shares: npt.NDArray[np.float64], width: int, colour: str) -> QImage:
    """Return a picture with a line for each row, as opaque as its notes are there."""
    first = np.clip(np.floor(rects.left), 0, width - 1).astype(np.int64)
    last = np.clip(np.ceil(rects.left + rects.width), first + 1, width).astype(np.int64)
    count, places = int(rows.max()) + 1, rows * (width + 1)
    edges = np.bincount(places + first, shares, count * (width + 1))
    edges -= np.bincount(places + last, shares, count * (width + 1))
    opacity = np.cumsum(edges.reshape(count, width + 1).astype(np.float32), axis=1)
    levels = np.zeros((count, -(-width // _ALIGNED) * _ALIGNED), np.uint8)
    levels[:, :width] = np.minimum(opacity[:, :width], 1.0) * 255 + 0.5
    picture = QImage(levels.data, width, count, levels.shape[1], QImage.Format.Format_Indexed8)
    picture.setColorTable(_levels_of(colour))
    return picture.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
