"""One picture that is as large as its room allows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.inside.picture import Picture


class Fitted(QWidget):
    """Fits a picture into itself whenever its size is another one; the picture never asks for more."""

    def __init__(self, picture: Picture, least: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.setMinimumSize(least)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(picture, 1, Qt.AlignmentFlag.AlignLeft)

    def fit(self) -> None:
        """Fit the picture again: what it shows may have another shape."""
        self._picture.fit(self.width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture."""
        super().resizeEvent(event)
        self.fit()
