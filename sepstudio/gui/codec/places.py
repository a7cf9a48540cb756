"""Places of the codec tab that parts of it are put into when the tab is looked at for the first time."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget


class Place(QWidget):
    """Takes no room while it is empty."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.hide()

    def hold(self, widget: QWidget) -> None:
        """Put a widget below those that are here."""
        self._column.addWidget(widget)
        self.show()
