"""The line of the queue that says with which settings recordings are added, and where their stems go."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.records import Placing
from sepstudio.errors import ParameterError
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import ElidedLabel, label

FORMATS: Mapping[str, FileFormat] = {
    "WAV 32-bit float": FileFormat(".wav", "FLOAT", False),
    "WAV 24 bit": FileFormat(".wav", "PCM_24", False),
    "WAV 16 bit": FileFormat(".wav", "PCM_16", False),
    "FLAC 24 bit": FileFormat(".flac", "PCM_24", False),
    "FLAC 16 bit": FileFormat(".flac", "PCM_16", False),
    "RF64 32-bit float": FileFormat(".wav", "FLOAT", True),
}
POLICIES: Mapping[str, Any] = {"Skip": "skip", "Rename": "rename", "Replace": "replace"}
_TEMPLATE_WIDTH = 120


@dataclasses.dataclass(frozen=True)
class Sample:
    """What is shown as an example: the settings in words, a track, a stem, and the id of the method."""

    title: str
    track: str
    stem: str
    method: str


class PlacingBar(QWidget):
    """Folder, names, format and what happens to existing files, for what is added from now on.

    ``placingChanged(placing)`` tells an edit that is valid; ``folderRequested`` asks for another folder.
    """

    placingChanged = Signal(object)
    folderRequested = Signal()

    def __init__(self, placing: Placing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue.placing")
        self._placing = placing
        self._sample = Sample("", "song", "stem", "method")
        self.settings = ElidedLabel()
        self.choose = QPushButton("Folder…")
        self.folder = ElidedLabel()
        self.template = QLineEdit()
        self.example = ElidedLabel()
        self.format = QComboBox()
        self.policy = QComboBox()
        self._describe()
        self._arrange()
        self.set_placing(placing)
        self.choose.clicked.connect(self.folderRequested)
        self.template.textEdited.connect(self._edit_template)
        self.format.activated.connect(self._edit_format)
        self.policy.activated.connect(self._edit_policy)

    @property
    def placing(self) -> Placing:
        """Where the stems of what is added go."""
        return self._placing

    def set_placing(self, placing: Placing) -> None:
        """Show another placing; emits nothing."""
        self._placing = placing
        self.folder.setText(str(placing.output))
        self.template.setText(placing.template.text)
        formats = list(FORMATS.values())
        self.format.setCurrentIndex(formats.index(placing.file_format) if placing.file_format in formats else 0)
        self.policy.setCurrentIndex(list(POLICIES.values()).index(placing.policy))
        self._show_example()

    def set_sample(self, sample: Sample) -> None:
        """Say with which settings recordings are added, and what an example of the names is made of."""
        self._sample = sample
        self.settings.setText(f"Adds with {sample.title}")
        self.settings.setToolTip(f"{sample.title}: the settings of the method panel when recordings are added")
        self._show_example()

    def _describe(self) -> None:
        self.format.addItems(list(FORMATS))
        self.policy.addItems(list(POLICIES))
        self.template.setFixedWidth(_TEMPLATE_WIDTH)
        names = {
            "settings": (self.settings, "Settings of what is added", ""),
            "folder": (self.choose, "Choose the folder", "Choose the folder for the stems of what is added"),
            "path": (self.folder, "Folder for the stems", ""),
            "template": (
                self.template,
                "Template of the names",
                "Names of the stems, made of {track}, {stem}, {method} and {number}",
            ),
            "example": (self.example, "Example of a name", ""),
            "format": (self.format, "File format", "Format of the stems; float keeps every level as it is"),
            "policy": (self.policy, "Existing files", "What happens when stems of these names exist already"),
        }
        for name, (widget, spoken, tip) in names.items():
            widget.setObjectName(f"queue.{name}")
            widget.setAccessibleName(spoken)
            if tip:
                widget.setToolTip(tip)
        for control in (self.choose, self.template, self.format, self.policy):
            control.setFixedHeight(CONTROL_HEIGHT)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.settings, 7)
        row.addWidget(self.choose)
        row.addWidget(self.folder, 4)
        for caption, widget in (("Names", self.template), ("", self.example), ("Existing files", self.policy)):
            if caption:
                row.addWidget(_caption(caption, widget))
            row.addWidget(widget, 4 if widget is self.example else 0)
        row.addWidget(_caption("Format", self.format))
        row.addWidget(self.format)
        self.folder.setProperty("role", "caption")

    # -- edits -------------------------------------------------------------------------------

    def _edit_template(self, text: str) -> None:
        try:
            self._change(template=NameTemplate(text))
        except ParameterError as error:
            self._tell(f"Must be {error.expected}", "error")

    def _edit_format(self) -> None:
        self._change(file_format=FORMATS[self.format.currentText()])

    def _edit_policy(self) -> None:
        self._change(policy=POLICIES[self.policy.currentText()])

    def _change(self, **changes: Any) -> None:
        self._placing = dataclasses.replace(self._placing, **changes)
        self._show_example()
        self.placingChanged.emit(self._placing)

    def _show_example(self) -> None:
        sample, placing = self._sample, self._placing
        name = placing.template.path(sample.track, sample.stem, sample.method, 1)
        self._tell(f"{name}{placing.file_format.extension}", "caption")

    def _tell(self, text: str, role: str) -> None:
        self.example.setText(text)
        self.example.setProperty("role", role)
        self.example.style().unpolish(self.example)
        self.example.style().polish(self.example)


def _caption(text: str, buddy: QWidget) -> QLabel:
    made = label(text, "caption")
    made.setBuddy(buddy)
    return made
