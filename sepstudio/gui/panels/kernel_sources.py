"""The list of sources that a kernel editor edits."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.panels.kernel_picture import size_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.separation.kernels import MAX_SOURCES, KamSource, SourceSet


class NameEdit(QLineEdit):
    """A line of text that tells when it is entered."""

    entered = Signal()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell, and select as usual."""
        super().focusInEvent(event)
        self.entered.emit()


class SourceRow(QFrame):
    """Colour, name and size of one source, and the button that removes it."""

    chosen = Signal(int)
    renamed = Signal(int, str)
    removed = Signal(int)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = index
        self._name = ""
        self.setObjectName(f"kernel.source.{index}")
        self.setProperty("role", "lane")
        self.swatch = Swatch("")
        self.edit = NameEdit()
        self.edit.setObjectName(f"kernel.name.{index}")
        self.edit.setProperty("role", "flat")
        self.edit.setFixedHeight(CONTROL_HEIGHT - 4)
        self.edit.setToolTip("Name of the source and of its stem")
        self.edit.setAccessibleName(f"Name of source {index + 1}")
        self.size = label("", "caption")
        self.remove = IconButton("remove", "Remove this source", name=f"kernel.remove.{index}", quiet=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID // 2, 0, GRID // 2, 0)
        row.setSpacing(GRID // 2)
        for widget in (self.swatch, self.edit, self.size, self.remove):
            row.addWidget(widget)
        self.edit.editingFinished.connect(self._rename)
        self.edit.entered.connect(self._choose)
        self.remove.clicked.connect(self._remove)

    def show_source(self, source: KamSource, *, selected: bool, removable: bool) -> None:
        """Show a source; emits nothing."""
        self._name = source.name
        self.swatch.set_stem(source.name)
        if self.edit.text() != source.name:
            self.edit.setText(source.name)
        self.size.setText(size_text(source.kernel))
        self.remove.setEnabled(removable)
        self.setProperty("shown", selected)
        self.style().unpolish(self)
        self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the source."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose()

    def _choose(self) -> None:
        self.chosen.emit(self._index)

    def _rename(self) -> None:
        if self.edit.text() != self._name:
            self.renamed.emit(self._index, self.edit.text().strip())

    def _remove(self) -> None:
        self.removed.emit(self._index)


class SourceList(QWidget):
    """One row per source and a button for one more."""

    chosen = Signal(int)
    renamed = Signal(int, str)
    removed = Signal(int)
    added = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._rows = [SourceRow(index) for index in range(MAX_SOURCES)]
        for row in self._rows:
            self._column.addWidget(row)
            row.chosen.connect(self.chosen)
            row.renamed.connect(self.renamed)
            row.removed.connect(self.removed)
        self.add = QPushButton("Add source")
        self.add.setObjectName("kernel.add")
        self.add.setProperty("role", "link")
        self.add.setToolTip(f"Add a source with a kernel of its own, up to {MAX_SOURCES}")
        self.add.setAccessibleName("Add source")
        self.add.clicked.connect(self.added)
        line = QHBoxLayout()
        line.addWidget(self.add)
        line.addStretch(1)
        self._column.addLayout(line)

    def show_sources(self, sources: SourceSet, selected: int) -> None:
        """Show the sources and which one is being edited; emits nothing."""
        count = len(sources.sources)
        for index, row in enumerate(self._rows):
            row.setVisible(index < count)
            if index < count:
                row.show_source(sources.sources[index], selected=index == selected, removable=count > 1)
        self.add.setEnabled(count < MAX_SOURCES)
