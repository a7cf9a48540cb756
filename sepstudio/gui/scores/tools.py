"""The tools of a view of notes: what the mouse does, where times come to rest, and which track is worked on."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from sepstudio.gui.panes.choice import ChoiceButton
from sepstudio.gui.scores.board import ScoreBoard, Tool
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.io.scores.snapping import Snap

# Icon and words of each tool; its action goes by the same name.
TOOL_WORDS: dict[Tool, tuple[str, str]] = {
    "select": ("pointer", "Select, move and resize notes"),
    "pencil": ("pencil", "Draw notes"),
    "allow": ("allow", "Paint where a pitch may sound; Alt takes back what was painted"),
    "forbid": ("forbid", "Paint where a pitch must not sound; Alt takes back what was painted"),
}
SNAPS = {
    "Snap: notes": Snap("notes"),
    "Snap: frames": Snap("frames"),
    "Snap: 10 ms": Snap("grid", 0.01),
    "Snap: 50 ms": Snap("grid", 0.05),
    "Snap: 100 ms": Snap("grid", 0.1),
    "No snap": Snap("off"),
}
ALL_TRACKS = "All tracks"
_GAP = 2


def tool_action(tool: Tool) -> str:
    """Return the id of the action that takes a tool."""
    return f"notes-{tool}"


class ScoreTools(QWidget):
    """Shows how the board is worked on and lets the user choose."""

    def __init__(self, board: ScoreBoard, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = board
        self.setObjectName(f"{name}.tools")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.buttons: dict[Tool, IconButton] = {}
        self._group = QButtonGroup(self)
        self.snap = ChoiceButton(f"{name}.snap", "Where times come to rest; Alt while dragging ignores it", list(SNAPS))
        self.track = ChoiceButton(f"{name}.track", "The track that is worked on; the others are dimmed", [ALL_TRACKS])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        for tool, (icon_name, words) in TOOL_WORDS.items():
            button = IconButton(
                icon_name, words, action=tool_action(tool), name=f"{name}.{tool}", checkable=True, quiet=True
            )
            self._group.addButton(button)
            self.buttons[tool] = button
            row.addWidget(button)
        row.addWidget(self.snap)
        row.addWidget(self.track)
        self._connect()
        self._show_tracks()
        self._show()

    def _connect(self) -> None:
        self._group.buttonClicked.connect(self._on_tool)
        self.snap.chosen.connect(self._on_snap)
        self.track.chosen.connect(self._on_track)
        self._board.optionsChanged.connect(self._show)
        self._board.changed.connect(self._show_tracks)

    def _show(self) -> None:
        for tool, button in self.buttons.items():
            button.setChecked(tool == self._board.tool)
        self.snap.choose(next((words for words, snap in SNAPS.items() if snap == self._board.snap), "Snap: notes"))
        self.track.choose(self._board.track or ALL_TRACKS)

    def _show_tracks(self) -> None:
        tracks = self._board.tracks
        shown = [action.data() for action in self.track.menu().actions()]
        if shown != [ALL_TRACKS, *tracks]:
            self.track.set_choices([ALL_TRACKS, *tracks])
        self.track.setVisible(len(tracks) > 1)
        self.track.choose(self._board.track or ALL_TRACKS)

    def _on_tool(self, button: QWidget) -> None:
        self._board.set_tool(next(tool for tool, own in self.buttons.items() if own is button))

    def _on_snap(self, action: QAction) -> None:
        self._board.set_snap(SNAPS[action.data()])

    def _on_track(self, action: QAction) -> None:
        self._board.set_track("" if action.data() == ALL_TRACKS else action.data())
