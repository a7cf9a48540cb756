"""The parts that inputs around a point had in an estimate, as a small picture over frames and frequencies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from sepstudio.gui.items.colours import difference_of_shares, image_of
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.texts import MINUS, frequency_text
from sepstudio.gui.theme import current_palette
from sepstudio.separation.explanation import Attribution, InputMap
from sepstudio.tiles.decibels import TOP_CODE
from sepstudio.tiles.mixing import EVEN_ENTRY
from sepstudio.tiles.rows import row_map
from sepstudio.tiles.scales import FrequencyScale

HEIGHT, TITLE_HEIGHT = 84, 16
_RING = 3.0
# A few parts are large and most are small: the root shows both.
_BEND = 0.5
_MIDDLE_LIGHTNESS = 128


class SaliencyPicture(QWidget):
    """One kind of input: time to the right, mel frequencies upwards, blue against the stem and red for it.

    All pictures of a card have one scale. A row shows the largest part of its bins; the tooltip tells it.
    """

    def __init__(self, attribution: Attribution, shown: InputMap, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attribution, self._map = attribution, shown
        self._largest = max(float(np.abs(one.values).max(initial=0.0)) for one in attribution.maps) or 1.0
        self._scale = FrequencyScale("mel", 0.0, float(attribution.hertz[-1]))
        self._rows, self._bins = _largest_of_rows(shown.values, attribution.hertz, self._scale, HEIGHT)
        self.setObjectName(f"probe.saliency.{attribution.stem}.{shown.name}")
        self.setAccessibleName(f"Parts of {shown.name} in the estimate of {attribution.stem}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(QSize(width, HEIGHT + TITLE_HEIGHT))
        self.setFont(axis_font())

    @property
    def entries(self) -> npt.NDArray[np.uint8]:
        """Entries of a table of differences [rows, frames], highest frequency first; 128 is no part at all."""
        share = self._rows / self._largest
        bent = np.sign(share) * np.abs(share) ** _BEND
        return np.asarray(np.rint(EVEN_ENTRY + bent * (TOP_CODE - EVEN_ENTRY)), np.uint8)

    def text_at(self, place: QPointF) -> str:
        """Return what there is to say about a place, or nothing."""
        if not self._field().contains(place):
            return ""
        frames = self._rows.shape[1]
        frame = min(int(place.x() / self.width() * frames), frames - 1)
        row = min(int(place.y()), HEIGHT - 1)
        one = self._attribution
        away = 1000.0 * (one.seconds[frame] - one.seconds[one.frame])
        hertz = float(one.hertz[self._bins[row, frame]])
        part = float(self._rows[row, frame]) / self._largest
        side = "for" if part > 0 else "against" if part < 0 else "neither for nor against"
        strength = f", {abs(part):.0%} of the largest part".replace("%", " %") if part else ""
        return f"{self._map.name}, {_signed(away)} ms, {frequency_text(hertz)}: {side} {one.stem}{strength}"

    # -- drawing -----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tell the part under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the parts, the ring round the point and the kind of input."""
        colours = current_palette()
        painter = QPainter(self)
        painter.drawImage(self._field(), self._image())
        painter.setPen(QColor(colours.muted))
        below = QRectF(0, HEIGHT, self.width(), TITLE_HEIGHT)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._map.symbol)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((colours.window, 3.0), (colours.text, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(self.point, _RING, _RING)
        painter.end()

    @property
    def point(self) -> QPointF:
        """Where the point in question lies in the widget."""
        one = self._attribution
        across = (one.frame + 0.5) * self.width() / len(one.seconds)
        return QPointF(across, (1.0 - float(self._scale.to_unit(one.hertz[one.bin]))) * HEIGHT)

    def _image(self) -> QImage:
        dark = QColor(current_palette().panel).lightness() < _MIDDLE_LIGHTNESS
        return image_of(np.ascontiguousarray(self.entries), difference_of_shares(on_dark=dark), 1.0)

    def _field(self) -> QRectF:
        return QRectF(0, 0, self.width(), HEIGHT)


def _largest_of_rows(
    values: npt.NDArray[np.float32], hertz: npt.NDArray[np.float64], scale: FrequencyScale, rows: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Return the value of largest size that falls into each row [rows, frames], and its bin."""
    bins = len(hertz)
    spread = row_map(scale, 0.0, 1.0, rows, bin_hz=float(hertz[-1]) / max(bins - 1, 1), bins=bins, blends=False)
    chosen = np.stack(
        [
            first + np.abs(values[:, first : last + 1]).argmax(axis=1)
            for first, last in zip(spread.first, spread.last, strict=True)
        ]
    )
    return np.take_along_axis(values.T, chosen, axis=0), np.asarray(chosen, np.intp)


def _signed(value: float) -> str:
    rounded = round(value)
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else ''}{abs(rounded)}"
