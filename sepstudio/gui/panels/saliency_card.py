"""How much amplitudes and phases had a part in one estimate, and where around the point these lie."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.panels.saliency_picture import SaliencyPicture
from sepstudio.gui.panels.share_bars import percent_text
from sepstudio.gui.theme import GRID, PADDING, current_palette, number_font, stem_colour, text_font
from sepstudio.gui.widgets.labels import ElidedLabel
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.separation.explanation import Attribution

# Four instruments stand beside the shares of a point in a window of 1280 pixels.
WIDTH = 162
_ROW, _BAR = 18, 8
_NAME_WIDTH, _PERCENT_WIDTH = 70, 42


class InputBars(QWidget):
    """A bar for each group of inputs, as long as its part in an estimate."""

    def __init__(self, attribution: Attribution, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares, self._colour = attribution.shares, stem_colour(attribution.stem)
        told = ", ".join(f"{name} {percent_text(share)}" for name, share in self._shares)
        self.setObjectName(f"probe.inputs.{attribution.stem}")
        self.setAccessibleName(f"What {attribution.stem} was estimated from")
        self.setAccessibleDescription(told)
        self.setToolTip(f"Parts in the estimate of {attribution.stem}, for it and against it: {told}")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return a row for each group."""
        return QSize(WIDTH, _ROW * len(self._shares))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        colours = current_palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (name, share) in enumerate(self._shares):
            top = row * _ROW
            painter.setFont(text_font())
            painter.setPen(QColor(colours.text))
            painter.drawText(QRectF(0, top, _NAME_WIDTH, _ROW), int(middle), name)
            room = QRectF(_NAME_WIDTH, top + (_ROW - _BAR) / 2, self.width() - _NAME_WIDTH - _PERCENT_WIDTH, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            for colour, length in ((colours.line, 1.0), (self._colour, share)):
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(room.left(), room.top(), room.width() * length, _BAR), 2, 2)
            painter.setFont(number_font())
            painter.setPen(QColor(colours.text))
            right = QRectF(self.width() - _PERCENT_WIDTH, top, _PERCENT_WIDTH, _ROW)
            painter.drawText(right, int(Qt.AlignmentFlag.AlignRight | middle), percent_text(share))
        painter.end()


class SaliencyCard(QFrame):
    """What a model looked at for one stem."""

    def __init__(self, attribution: Attribution, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attribution = attribution
        self.setObjectName(f"probe.saliency.{attribution.stem}")
        self.setProperty("role", "card")
        self.setFixedWidth(WIDTH + 2 * PADDING)
        self.bars = InputBars(attribution)
        count = len(attribution.maps)
        width = (WIDTH - (count - 1) * GRID) // max(count, 1)
        self.pictures = tuple(SaliencyPicture(attribution, one, width) for one in attribution.maps)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(Swatch(attribution.stem))
        head.addWidget(ElidedLabel(attribution.stem), 1)
        maps = QHBoxLayout()
        maps.setSpacing(GRID)
        for picture in self.pictures:
            maps.addWidget(picture)
        maps.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING - 1, GRID, PADDING - 1, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.bars)
        column.addLayout(maps)
