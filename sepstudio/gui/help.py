"""The cheat sheet of keys and gestures, and what the program says of itself."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import sepstudio
from sepstudio.gui.key_map import KeyMap, native
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import label

SIZE = (960, 720)
COLUMNS = 2
_KEYS_WIDTH = 168

GESTURES = (
    ("Click in the ruler", "Move the playhead"),
    ("Drag the playhead", "Scrub"),
    ("Drag in the ruler or a pane", "Select time"),
    ("Alt+drag or Shift+drag", "Select time and frequencies in a spectrogram"),
    ("Drag with the middle button", "Move the view"),
    ("Double-click in a pane", "Move the playhead there"),
    ("Ctrl+click in a spectrogram", "See why this is here: stems, neighbours, their sound"),
    ("Wheel", "Zoom in time at the cursor, or scroll (preferences)"),
    ("Ctrl+wheel", "Scroll in time, or zoom (preferences)"),
    ("Shift+wheel, Alt+wheel", "Scroll and zoom in frequency"),
    ("Click in templates or activations", "Hear a component alone; in activations, around that time"),
    ("Wheel in templates", "Zoom the components; Alt+wheel zooms the frequencies they share with the mixture"),
    ("Drag in templates while painting", "Allow energy there; with Alt or the right button, forbid it"),
    ("Drag with a tool of painting", "Say whose sound it is; over a stem: whose it is not"),
    ("Click with a brush", "Leave one dab"),
    ("Shift, Alt, Ctrl+drag while painting", "Keep to an axis, erase, select as without a tool"),
    ("Double-click over notes", "Add a note, or delete the one that is there"),
    ("Drag a note, its ends, its brackets", "Move it, change its length, its tolerances"),
    ("Shift, Alt, Ctrl+drag a note", "Keep to an axis, ignore the snap, leave a copy"),
    ("Alt while painting cells", "Take back what was painted"),
    ("Drag the header of a pane", "Move the pane up or down"),
    ("Drop a .safetensors file", "Import a model"),
    ("Right click on a header", "Change, move or remove the pane"),
)
CONTROLS = (
    ("S, M", "Solo, mute the stem that has the focus"),
    ("Return", "Show the stem that has the focus"),
    ("Ctrl+Alt+click on S", "Solo this stem alone"),
    ("Middle button on S", "Solo for as long as it is held"),
    ("Double-click on a slider", "Reset it"),
    ("Shift while dragging", "Move finely"),
    ("Tab, Shift+Tab", "Next, previous control"),
)

# What there is nine of.
_FAMILIES = {"solo": "Solo stem", "mute": "Mute stem", "paint-source": "Paint source"}

Row = tuple[str, str]


class KeysWindow(QDialog):
    """All keys and gestures in two columns, by menu; a word in the search leaves the rows that hold it."""

    def __init__(self, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keys-dialog")
        self.setWindowTitle("Keys and gestures")
        self.setModal(False)
        self.resize(*SIZE)
        self._keys = keys
        self.search = QLineEdit()
        self._content = QScrollArea()
        self._arrange()
        self._fill()
        keys.changed.connect(self._fill)
        self.search.textChanged.connect(self._fill)

    def rows(self) -> list[Row]:
        """Return the keys and what they do, as far as the search leaves them."""
        return [row for _, rows in self._groups() for row in rows]

    def _groups(self) -> Iterator[tuple[str, list[Row]]]:
        words = self.search.text().casefold().split()
        for title, rows in (*self._menus().items(), ("With the mouse", list(GESTURES)), ("Controls", list(CONTROLS))):
            left = [row for row in rows if all(word in f"{title} {row[0]} {row[1]}".casefold() for word in words)]
            if left:
                yield title, left

    def _menus(self) -> dict[str, list[Row]]:
        """Return the actions with keys by menu; the nine digits share a row while they lie in their places."""
        menus: dict[str, list[Row]] = {}
        for spec in self._keys.specs:
            family, _, number = spec.id.rpartition("-")
            whole = family in _FAMILIES and all(self._keys.is_default(f"{family}-{n}") for n in range(1, 10))
            keys = native(self._keys.keys(spec.id))
            if whole and number == "1":
                last = native(self._keys.keys(f"{family}-9"))
                menus.setdefault(spec.menu, []).append((f"{keys} to {last}", f"{_FAMILIES[family]} 1 to 9"))
            elif keys and not whole:
                menus.setdefault(spec.menu, []).append((keys, spec.title))
        return menus

    def _arrange(self) -> None:
        self.search.setObjectName("keys-dialog.search")
        self.search.setPlaceholderText("Search keys and what they do")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search keys and what they do")
        self.search.setToolTip("Shows the rows that hold these words")
        self.search.setFixedHeight(CONTROL_HEIGHT)
        self._content.setObjectName("keys-dialog.rows")
        self._content.setAccessibleName("Keys and gestures")
        self._content.setToolTip("Other keys can be chosen in the preferences")
        self._content.setWidgetResizable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(self.search)
        column.addWidget(self._content, 1)

    def _fill(self, _changed: str = "") -> None:
        groups, menus = list(self._groups()), self._menus()
        total = sum(len(rows) + 1 for _, rows in groups)
        content = QWidget()
        halves = QHBoxLayout(content)
        halves.setContentsMargins(0, 0, 0, 0)
        halves.setSpacing(4 * GRID)
        columns = [QVBoxLayout() for _ in range(COLUMNS)]
        placed = 0
        for title, rows in groups:
            # A group belongs where its middle lies.
            middle = placed + (len(rows) + 1) / 2
            role = "number" if title in menus else ""
            columns[min(int(COLUMNS * middle / total), COLUMNS - 1)].addWidget(_group(title, rows, role))
            placed += len(rows) + 1
        for column in columns:
            column.setSpacing(2 * GRID)
            column.addStretch(1)
            halves.addLayout(column, 1)
        if not groups:
            columns[0].insertWidget(0, label("No key and no gesture holds these words.", "caption"))
        self._content.setWidget(content)


def _group(title: str, rows: list[Row], role: str) -> QWidget:
    group = QWidget()
    grid = QGridLayout(group)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(GRID)
    grid.setVerticalSpacing(2)
    grid.setColumnMinimumWidth(0, _KEYS_WIDTH)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(title, "title"), 0, 0, 1, 2)
    for number, (keys, what) in enumerate(rows, 1):
        grid.addWidget(_wrapped(keys, role), number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_wrapped(what), number, 1, Qt.AlignmentFlag.AlignTop)
    return group


def _wrapped(text: str, role: str = "") -> QLabel:
    made = label(text, role)
    made.setWordWrap(True)
    return made


def about_box(parent: QWidget) -> QMessageBox:
    """Return the about box."""
    box = QMessageBox(parent)
    box.setObjectName("about-dialog")
    box.setWindowTitle("About SepStudio")
    box.setText(f"<b>SepStudio {sepstudio.__version__}</b>")
    box.setInformativeText(
        "Take music apart, see why it came apart that way, and hear every piece at once.\n\n"
        "BSD-3-Clause licence. Demo song and scene: see their PROVENANCE file."
    )
    return box
