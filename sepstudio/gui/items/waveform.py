"""The envelope of a recording, one lane for each channel; single samples when they are far apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.colours import Table, blend_table, image_of
from sepstudio.gui.items.composed import ComposedItem
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.tiles.waveform import Envelope, WaveformPyramid

# More channels than these share one lane: sixteen lanes of a few pixels would show nothing.
MOST_LANES = 4
LANE_FILL = 0.94
FULL_SCALE = 1.0
# Samples this many physical pixels apart, or farther, are drawn as a line, and as dots too when there is room.
LINE_SPACING_PIXELS = 1.5
DOT_SPACING_PIXELS = 8.0
_DOT_RADIUS_PIXELS = 2.0
_PEAK_ENTRY, _RMS_ENTRY, _CLIP_ENTRY = 127, 254, 255
_CLIP_MARK_PIXELS = 3

OnMissing = Callable[[tuple[int, ...]], None]
Floats = npt.NDArray[np.float32]


class WaveformItem(ComposedItem):
    """A waveform in a view box whose x axis is seconds and whose y axis runs from 0 to 1.

    Peaks are drawn in the colour of the stem mixed with the ground, the effective level in
    the full colour, columns beyond full scale carry a mark at the edge of their lane.
    ``on_missing`` hears the numbers of chunks of samples that a close view lacked.
    """

    def __init__(self, on_missing: OnMissing | None = None, turns: PaintTurns | None = None) -> None:
        super().__init__(turns)
        self._on_missing = on_missing
        self._pyramid: WaveformPyramid | None = None
        self._gain = 1.0
        self._table: Table = blend_table(["black", "white", "white", "white"], [0, 127, 254, 255])
        self._line_colour = QColor("white")
        self._zero_colour = QColor("grey")
        self._lacks_something = True

    def set_pyramid(self, pyramid: WaveformPyramid | None, offset_s: float = 0.0) -> None:
        """Show a recording that begins at ``offset_s``, or nothing."""
        self.prepareGeometryChange()
        self._pyramid = pyramid
        self.setPos(offset_s, 0.0)
        self.forget_picture()

    def set_colours(self, *, ground: str, peak: str, rms: str, clipped: str, zero: str) -> None:
        """Set the colours, as ``#rrggbb``."""
        entries = [0, _PEAK_ENTRY, _RMS_ENTRY, _CLIP_ENTRY]
        self._table = blend_table([ground, peak, rms, clipped], entries)
        self._line_colour = QColor(rms)
        self._zero_colour = QColor(zero)
        self.paint_anew()

    @property
    def gain(self) -> float:
        """How many times the picture is taller than the sound; of the view only."""
        return self._gain

    def set_gain(self, gain: float) -> None:
        """Make the picture taller or flatter."""
        self._gain = gain
        self.paint_anew()

    @property
    def lanes(self) -> int:
        """How many lanes there are: one a channel, or one for all of many channels."""
        channels = self._pyramid.clip.channels if self._pyramid is not None else 1
        return channels if channels <= MOST_LANES else 1

    def refresh(self) -> None:
        """Paint again if something was lacking, because more is ready."""
        if self._lacks_something:
            self.paint_anew()

    def boundingRect(self) -> QRectF:
        """Return the whole recording."""
        return QRectF(0.0, 0.0, self._pyramid.clip.duration if self._pyramid is not None else 0.0, 1.0)

    def paint_picture(self, painter: QPainter, canvas: Canvas, widget: QWidget | None) -> None:
        """Draw the envelope, or a line where samples are far apart."""
        start, stop = self._samples_in(canvas)
        if canvas != self._canvas:
            self._lacks_something = not self._pyramid.complete
            self._ask_for_samples(start, stop, canvas.width)
        samples = self._samples_to_connect(start, stop, canvas.width)
        if samples is not None:
            self._draw_line(painter, canvas, samples)
        else:
            super().paint_picture(painter, canvas, widget)

    def _samples_in(self, canvas: Canvas) -> tuple[float, float]:
        rate = self._pyramid.clip.sample_rate
        return canvas.start * rate, canvas.stop * rate

    def _ask_for_samples(self, start: float, stop: float, width: int) -> None:
        if self._pyramid.level_for((stop - start) / width) is not None or self._on_missing is None:
            return
        chunks = self._pyramid.chunks_for(int(start) - 1, int(np.ceil(stop)) + 2)
        missing = tuple(index for index in chunks if not self._pyramid.has_chunk(index))
        if missing:
            self._lacks_something = True
            self._on_missing(missing)

    def _samples_to_connect(self, start: float, stop: float, width: int) -> Floats | None:
        if width / (stop - start) < LINE_SPACING_PIXELS:
            return None
        return self._pyramid.samples(int(start) - 1, int(np.ceil(stop)) + 2)

    def compose(self, canvas: Canvas) -> QImage | None:
        """Return the picture of the envelope in view."""
        envelope = self._pyramid.envelope(np.linspace(*self._samples_in(canvas), canvas.width + 1))
        if envelope is None:
            return None
        envelope = envelope if self.lanes > 1 else _merged(envelope)
        borders = np.linspace(0, canvas.height, self.lanes + 1).round().astype(int)
        lanes = [
            self._lane(Envelope(*(field[lane] for field in (envelope.minimum, envelope.maximum, envelope.rms))), height)
            for lane, height in enumerate(np.diff(borders))
        ]
        return image_of(np.concatenate(lanes), self._table, canvas.ratio)

    def _lane(self, envelope: Envelope, height: int) -> npt.NDArray[np.uint8]:
        """Return entries of the colour table [height, columns] for one lane."""
        scale = self._gain * LANE_FILL * height / 2
        lowest, highest = _touching(envelope.minimum, envelope.maximum)
        peaks = _coverage(height, height / 2 - highest * scale, height / 2 - lowest * scale)
        inner = np.minimum(envelope.rms, np.maximum(highest, -lowest))
        within = _coverage(
            height,
            height / 2 - np.minimum(inner, highest) * scale,
            height / 2 - np.maximum(-inner, lowest) * scale,
        )
        peaks *= _PEAK_ENTRY
        within *= _RMS_ENTRY - _PEAK_ENTRY
        entries = np.add(peaks, within, out=peaks).astype(np.uint8)
        entries[:_CLIP_MARK_PIXELS, envelope.maximum > FULL_SCALE] = _CLIP_ENTRY
        entries[max(height - _CLIP_MARK_PIXELS, 0) :, envelope.minimum < -FULL_SCALE] = _CLIP_ENTRY
        return entries

    def _draw_line(self, painter: QPainter, canvas: Canvas, samples: Floats) -> None:
        rate = self._pyramid.clip.sample_rate
        first = max(int(canvas.start * rate) - 1, 0)
        spacing = canvas.width / canvas.ratio / ((canvas.stop - canvas.start) * rate)
        across = canvas.corner.x() + (np.arange(first, first + samples.shape[1]) - canvas.start * rate) * spacing
        height = canvas.height / canvas.ratio / self.lanes
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for channel, values in enumerate(samples[:MOST_LANES]):
            middle = canvas.corner.y() + (min(channel, self.lanes - 1) + 0.5) * height
            clipped = np.clip(values * self._gain * LANE_FILL, -1.0, 1.0)
            points = [QPointF(x, y) for x, y in zip(across, middle - clipped * height / 2, strict=True)]
            self._draw_points(painter, points, middle, dots=spacing * canvas.ratio >= DOT_SPACING_PIXELS)
        painter.restore()

    def _draw_points(self, painter: QPainter, points: list[QPointF], middle: float, *, dots: bool) -> None:
        painter.setPen(QPen(self._zero_colour, 1.0))
        painter.drawLine(QPointF(points[0].x(), middle), QPointF(points[-1].x(), middle))
        painter.setPen(QPen(self._line_colour, 1.25))
        painter.drawPolyline(QPolygonF(points))
        if dots:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._line_colour)
            for point in points:
                painter.drawEllipse(point, _DOT_RADIUS_PIXELS, _DOT_RADIUS_PIXELS)


def _merged(envelope: Envelope) -> Envelope:
    """Join all channels into one lane."""
    return Envelope(
        envelope.minimum.min(axis=0, keepdims=True),
        envelope.maximum.max(axis=0, keepdims=True),
        envelope.rms.max(axis=0, keepdims=True),
    )


def _touching(minimum: Floats, maximum: Floats) -> tuple[Floats, Floats]:
    """Extend each column to meet the one before, so that a steep wave is drawn without gaps."""
    lowest, highest = minimum.copy(), maximum.copy()
    lowest[1:] = np.minimum(minimum[1:], maximum[:-1])
    highest[1:] = np.maximum(maximum[1:], minimum[:-1])
    return lowest, highest


def _coverage(height: int, top: Floats, bottom: Floats) -> Floats:
    """Return how much of each pixel [height, columns] lies between two edges; no bar is thinner than a pixel."""
    middle, half = (top + bottom) / 2, np.maximum(bottom - top, 1.0) / 2
    rows = np.arange(height, dtype=np.float32)[:, None]
    covered = np.minimum(middle + half, rows + 1)
    covered -= np.maximum(middle - half, rows)
    return np.clip(covered, 0.0, 1.0, out=covered)
