"""The tools of painting: which one, how large, how sure, and how many partials."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.tools import (
    OPACITIES,
    PARTIALS,
    SIZED,
    SIZES,
    TOOLS,
    USUAL_PARTIALS,
    USUAL_SIZE,
    tool_action,
)
from sepstudio.gui.panels.param_form import LABEL_WIDTH
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import ValueSlider
from sepstudio.io.strokes.records import Tool

_ROW_GAP = 4
_PERCENT = 100.0


class PaintTools(QWidget):
    """Shows how the board is painted on, and lets the user choose."""

    def __init__(self, board: PaintBoard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paint.tools")
        self._board = board
        self.buttons: dict[Tool, IconButton] = {}
        for tool, words in TOOLS.items():
            self.buttons[tool] = IconButton(
                words.icon, f"{words.title}: {words.does.lower()}", action=tool_action(tool),
                name=f"paint.tool.{tool}", checkable=True,
            )  # fmt: skip
        self.shown = IconButton("show", "Hide what is painted", action="paint-show", name="paint.shown")
        self.size = ValueSlider(Scale(*SIZES, integer=True), USUAL_SIZE, "px")
        self.opacity = ValueSlider(
            Scale(*(share * _PERCENT for share in OPACITIES), step=5, integer=True, coarse=10), _PERCENT, "%"
        )
        self.partials = ValueSlider(Scale(*PARTIALS, integer=True), USUAL_PARTIALS)
        self._labels: dict[str, QWidget] = {}
        self._arrange()
        self._connect()
        self._show()

    def _arrange(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID // 2)
        for button in self.buttons.values():
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(self.shown)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(_ROW_GAP)
        grid.setColumnStretch(1, 1)
        helps = {
            "Size": "How wide the brush is on the screen; [ and ] change it too",
            "Opacity": "How sure you are: uncertain strokes count for less",
            "Partials": "How many partials the harmonic brush paints, the fundamental among them",
        }
        for number, (name, control) in enumerate(zip(helps, (self.size, self.opacity, self.partials), strict=True)):
            title = label(name)
            title.setFixedWidth(LABEL_WIDTH)
            title.setToolTip(helps[name])
            title.setBuddy(control)
            self._labels[name] = title
            control.describe(f"paint.{name.lower()}", name, helps[name])
            grid.addWidget(title, number, 0)
            grid.addWidget(control, number, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(tools)
        column.addLayout(grid)

    def _connect(self) -> None:
        for tool, button in self.buttons.items():
            button.clicked.connect(self._taker(tool))
        self.shown.clicked.connect(self._turn_shown)
        self.size.valueChanged.connect(self._board.set_size)
        self.opacity.valueChanged.connect(self._fade)
        self.partials.valueChanged.connect(self._board.set_partials)
        self._board.optionsChanged.connect(self._show)

    def _taker(self, tool: Tool) -> Callable[[bool], None]:
        def take(checked: bool) -> None:
            # A second click lays the tool down.
            self._board.set_tool(tool if checked else None)

        return take

    def _turn_shown(self) -> None:
        self._board.set_shown(not self._board.shown)

    def _fade(self, percent: float) -> None:
        self._board.set_opacity(percent / _PERCENT)

    def _show(self) -> None:
        board = self._board
        for tool, button in self.buttons.items():
            button.setChecked(tool == board.tool)
        self.shown.set_icon("show" if board.shown else "hide")
        self.shown.describe("Hide what is painted" if board.shown else "Show what is painted")
        self.size.set_value(round(board.size))
        self.size.setEnabled(board.tool is None or board.tool in SIZED)
        self.opacity.set_value(round(board.opacity * _PERCENT))
        self.opacity.setEnabled(board.tool != "eraser")
        self.partials.set_value(board.partials)
        for part in (self.partials, self._labels["Partials"]):
            part.setVisible(board.tool == "harmonic")
