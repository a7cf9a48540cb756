"""The cheat sheet of keys and gestures, and what the program says of itself."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMessageBox, QWidget

import sepstudio
from sepstudio.gui.actions import ACTIONS

GESTURES = (
    ("Click in the ruler", "Move the playhead"),
    ("Drag in the ruler or a pane", "Select time"),
    ("Alt+drag in a spectrogram", "Select time and frequencies"),
    ("Wheel", "Zoom in time at the cursor"),
    ("Ctrl+wheel, Shift+wheel, Alt+wheel", "Scroll in time, scroll and zoom in frequency"),
    ("Ctrl+Alt+click on S", "Solo this stem alone"),
    ("Double-click on a fader or slider", "Reset it"),
)


def keys_box(parent: QWidget) -> QMessageBox:
    """Return the cheat sheet, made from the table of actions."""
    rows = []
    for spec in ACTIONS:
        if spec.shortcuts and not (spec.id.startswith(("solo-", "mute-")) and not spec.id.endswith("-1")):
            keys = ", ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) for k in spec.shortcuts)
            rows.append((keys, spec.title + (" (to 9)" if spec.id.endswith("-1") else "")))
    table = "".join(f"<tr><td><b>{keys}</b>&nbsp;&nbsp;</td><td>{what}</td></tr>" for keys, what in (*rows, *GESTURES))
    box = QMessageBox(parent)
    box.setObjectName("keys-dialog")
    box.setWindowTitle("Keys and gestures")
    box.setText(f"<table>{table}</table>")
    return box


def about_box(parent: QWidget) -> QMessageBox:
    """Return the about box."""
    box = QMessageBox(parent)
    box.setObjectName("about-dialog")
    box.setWindowTitle("About SepStudio")
    box.setText(f"<b>SepStudio {sepstudio.__version__}</b>")
    box.setInformativeText(
        "Take music apart, see why it came apart that way, and hear every piece at once.\n\n"
        "BSD-3-Clause licence. Demo song: see its PROVENANCE file."
    )
    return box
