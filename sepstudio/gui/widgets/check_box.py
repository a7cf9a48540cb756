"""A check box whose mark is ours: a stylesheet can only show marks that lie in files of fixed colour."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from sepstudio.gui.theme import current_palette, icon


class CheckBox(QCheckBox):
    """A check box with a tick in the colours of the palette."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box as the style does, and the tick over it."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box: QRect = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter = QPainter(self)
        icon("check", current_palette().window).paint(painter, box)
        painter.end()
