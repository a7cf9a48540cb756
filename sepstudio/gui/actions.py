"""The one table of actions: menus, shortcuts, tooltips and the cheat sheet come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from sepstudio.gui.icons import icon
from sepstudio.gui.theme import current_palette

Menu = Literal["File", "Edit", "Play", "View", "Score", "Notes", "Paint", "Separate", "Codec", "Help"]
Needs = Literal["", "source", "run", "selection", "job", "score", "strokes", "decoded"]
# Where keys count: everywhere in the window, or in views of notes, whose keys go before those of the window.
Scope = Literal["", "notes"]


@dataclass(frozen=True)
class ActionSpec:
    """An action of the window. ``needs`` names what must be there for it to be possible.

    Its keys may be those of another action with another ``scope``.
    """

    id: str
    title: str
    menu: Menu
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    needs: Needs = ""
    checkable: bool = False
    separated: bool = False
    scope: Scope = ""


def _digits() -> list[ActionSpec]:
    solo = [ActionSpec(f"solo-{n}", f"Solo stem {n}", "Play", (str(n),), needs="run") for n in range(1, 10)]
    mute = [ActionSpec(f"mute-{n}", f"Mute stem {n}", "Play", (f"Shift+{n}",), needs="run") for n in range(1, 10)]
    return [*solo, *mute]


def _note(action_id: str, title: str, *keys: str, needs: Needs = "score", separated: bool = False) -> ActionSpec:
    return ActionSpec(action_id, title, "Notes", keys, needs=needs, separated=separated, scope="notes")


_NOTES = (
    _note("notes-select", "Select", "V", needs="source"),
    _note("notes-pencil", "Draw", "B", needs="source"),
    _note("notes-allow", "Paint allowed cells", "A"),
    _note("notes-forbid", "Paint forbidden cells", "E"),
    _note("notes-all", "Select all notes", "Ctrl+A", separated=True),
    _note("notes-none", "Let go of drag or notes", "Esc"),
    _note("note-next", "Next note", "Tab"),
    _note("note-previous", "Previous note", "Shift+Tab"),
    _note("note-up", "Semitone up", "Up", separated=True),
    _note("note-down", "Semitone down", "Down"),
    _note("note-octave-up", "Octave up", "Ctrl+Up"),
    _note("note-octave-down", "Octave down", "Ctrl+Down"),
    _note("note-earlier", "Earlier", "Left"),
    _note("note-later", "Later", "Right"),
    _note("note-start-earlier", "Begin earlier", ","),
    _note("note-start-later", "Begin later", "Alt+,"),
    _note("note-end-later", "End later", "."),
    _note("note-end-earlier", "End earlier", "Alt+."),
    _note("note-snap", "Snap", "Q"),
    _note("note-split", "Split", "S", separated=True),
    _note("note-join", "Join", "J"),
    _note("note-duplicate", "Duplicate", "Ctrl+D"),
    _note("note-delete", "Delete", "Del", "Backspace"),
    _note("note-tolerances", "Usual tolerances", separated=True),
    _note("notes-unpaint", "Take back all painted cells"),
)


def _paint(action_id: str, title: str, *keys: str, icon: str = "", separated: bool = False) -> ActionSpec:
    return ActionSpec(f"paint-{action_id}", title, "Paint", keys, icon, "source", separated=separated)


def _painted_sources() -> list[ActionSpec]:
    return [_paint(f"source-{n}", f"Paint source {n}", f"Alt+{n}", separated=n == 1) for n in range(1, 10)]


_PAINTING = (
    _paint("add-source", "Add source", "Alt+A", icon="add"),
    _paint("brush", "Brush", "B", icon="paint", separated=True),
    _paint("box", "Box", "R", icon="paint-box"),
    _paint("lasso", "Lasso", "G", icon="paint-lasso"),
    _paint("harmonic", "Harmonic brush", "N", icon="paint-harmonic"),
    _paint("eraser", "Eraser", "E", icon="paint-eraser"),
    _paint("none", "Lay the tool down", "V", icon="pointer"),
    _paint("smaller", "Smaller brush", "[", separated=True),
    _paint("larger", "Larger brush", "]"),
    _paint("fainter", "Less sure", "Ctrl+["),
    _paint("surer", "More sure", "Ctrl+]"),
    *_painted_sources(),
    ActionSpec("paint-show", "Show what is painted", "Paint", ("K",), "show", "source", checkable=True, separated=True),
    ActionSpec("paint-live", "Learn while I paint", "Paint", ("Shift+P",), needs="source", checkable=True),
    ActionSpec("strokes-apply", "Apply strokes to the run on show", "Paint", ("Ctrl+R",), needs="run"),
    ActionSpec("strokes-import", "Import strokes…", "Paint", (), "open", "source", separated=True),
    ActionSpec("strokes-export", "Export strokes…", "Paint", needs="strokes"),
    ActionSpec("paint-clear", "Take all strokes away", "Paint", needs="strokes", separated=True),
)

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new", "New project", "File", ("Ctrl+N",)),
    ActionSpec("open-project", "Open project…", "File", ("Ctrl+Shift+O",)),
    ActionSpec("save", "Save project", "File", ("Ctrl+S",), needs="source"),
    ActionSpec("save-as", "Save project as…", "File", ("Ctrl+Shift+S",), needs="source"),
    ActionSpec("model-import", "Import model…", "File"),
    ActionSpec("consolidate", "Copy recordings into the project…", "File", needs="source"),
    ActionSpec("relink", "Locate recordings…", "File", needs="source"),
    ActionSpec("recover", "Restore unsaved work…", "File"),
    ActionSpec("open", "Open recording…", "File", ("Ctrl+O",), "open", separated=True),
    ActionSpec("demo", "Open the demo song", "File", icon="demo"),
    ActionSpec("export", "Export stems…", "File", ("Ctrl+Shift+E",), "export", "run", separated=True),
    ActionSpec("export-heard", "Export what is heard…", "File", ("Ctrl+Alt+H",), needs="source"),
    ActionSpec("export-picture", "Export picture…", "File", needs="source"),
    ActionSpec("export-data", "Export data…", "File", needs="source"),
    ActionSpec("preferences", "Preferences…", "File", ("Ctrl+,",), separated=True),
    ActionSpec("quit", "Quit", "File", ("Ctrl+Q",)),
    ActionSpec("undo", "Undo", "Edit", ("Ctrl+Z",), "undo"),
    ActionSpec("redo", "Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec("select-all", "Select everything", "Edit", ("Ctrl+A",), "selection", "source", separated=True),
    ActionSpec("select-none", "Select nothing", "Edit", ("Ctrl+Shift+A",), needs="selection"),
    ActionSpec("let-go", "Let go of drag, selection or preview", "Edit", ("Esc",), needs="source"),
    ActionSpec("play", "Play or pause", "Play", ("Space",), "play", "source"),
    ActionSpec("stop", "Stop", "Play", (), "stop", "source"),
    ActionSpec("play-selection", "Play the selection", "Play", ("Shift+Space",), needs="selection"),
    ActionSpec("to-start", "To the start", "Play", ("Home",), "to-start", "source"),
    ActionSpec("to-anchor", "Back to where playing began", "Play", ("Return", "Enter"), needs="source"),
    ActionSpec("to-end", "To the end", "Play", ("End",), "to-end", "source"),
    ActionSpec("back", "Back 2 seconds", "Play", ("Left",), needs="source"),
    ActionSpec("forward", "Forward 2 seconds", "Play", ("Right",), needs="source"),
    ActionSpec("far-back", "Back 10 seconds", "Play", ("Shift+Left",), needs="source"),
    ActionSpec("far-forward", "Forward 10 seconds", "Play", ("Shift+Right",), needs="source"),
    ActionSpec("loop", "Loop", "Play", ("L",), "loop", "source", checkable=True),
    ActionSpec("loop-in", "Loop from here", "Play", ("I",), needs="source"),
    ActionSpec("loop-out", "Loop to here", "Play", ("O",), needs="source"),
    ActionSpec("flip", "Flip A and B", "Play", ("X",), "ab", "run", separated=True),
    ActionSpec("hear-a", "Hear A", "Play", (), needs="run"),
    ActionSpec("hear-b", "Hear B", "Play", (), needs="run"),
    ActionSpec("hear-x", "Hear X: A or B, hidden", "Play", ("Shift+X",), needs="run"),
    ActionSpec("match-levels", "Match levels of what is compared", "Play", ("Shift+L",), "level-match", "source"),
    ActionSpec("mono", "Mono", "Play", ("Shift+M",), "mono", "source"),
    ActionSpec("dim", "Dim", "Play", ("Shift+D",), "dim", "source"),
    ActionSpec("rescan", "Look for sound devices", "Play", separated=True),
    ActionSpec("mixture", "Hear the mixture", "Play", ("0",), needs="source"),
    *_digits(),
    ActionSpec("zoom-in", "Zoom in", "View", ("Ctrl+=", "Ctrl++"), "zoom-in", "source"),
    ActionSpec("zoom-out", "Zoom out", "View", ("Ctrl+-",), "zoom-out", "source"),
    ActionSpec("zoom-selection", "Zoom to the selection", "View", ("Z",), "zoom-selection", "selection"),
    ActionSpec("fit", "Fit everything", "View", ("F", "Ctrl+F"), "zoom-fit", "source"),
    ActionSpec("probe", "Why is this here?", "View", ("W",), needs="source", separated=True),
    ActionSpec("probe-playhead", "Why is this here, at the playhead?", "View", ("Shift+W",), needs="source"),
    ActionSpec("phase-histograms", "Phase histograms", "View", ("Ctrl+H",), needs="source"),
    ActionSpec("look-inside", "Look inside the network", "View", ("Ctrl+L",)),
    ActionSpec("pane-add", "Add a pane…", "View", ("P",), "pane-add", separated=True),
    ActionSpec("pane-menu", "Change the pane…", "View", ("Ctrl+Shift+M",), "more"),
    ActionSpec("pane-display", "Display of the pane…", "View", ("D",), "display"),
    ActionSpec("pane-auto", "Contrast that follows the recording", "View", ("C",)),
    ActionSpec("pane-up", "Move the pane up", "View", ("Alt+Up",)),
    ActionSpec("pane-down", "Move the pane down", "View", ("Alt+Down",)),
    ActionSpec("pane-taller", "Make the pane taller", "View", ("Alt+Shift+Up",)),
    ActionSpec("pane-lower", "Make the pane lower", "View", ("Alt+Shift+Down",)),
    ActionSpec("pane-remove", "Remove the pane", "View", ("Ctrl+Shift+W",)),
    ActionSpec("panes-reset", "Reset panes", "View", ()),
    ActionSpec("tab-separation", "Separation", "View", ("Ctrl+1",), separated=True),
    ActionSpec("tab-codec", "HOA codec", "View", ("Ctrl+2",)),
    ActionSpec("tab-models", "Models", "View", ("Ctrl+3",)),
    ActionSpec("follow", "Follow the playhead", "View", (), "follow", checkable=True, separated=True),
    ActionSpec("theme", "Light theme", "View", (), "theme", checkable=True, separated=True),
    ActionSpec("full-screen", "Full screen", "View", ("F11",), checkable=True),
    ActionSpec("score-import", "Import score…", "Score", ("Ctrl+I",), "open", "source"),
    ActionSpec("score-align", "Align to the recording", "Score", needs="score"),
    ActionSpec("score-move", "Move and stretch…", "Score", needs="score"),
    ActionSpec("score-live", "Live: hear each edit", "Score", needs="score", checkable=True),
    ActionSpec("score-hear", "Hear the selected notes", "Score", ("H",), needs="score", separated=True),
    ActionSpec("score-hear-clicked", "Hear what is clicked", "Score", checkable=True),
    ActionSpec("score-take-out", "Take out the selected notes", "Score", needs="score", separated=True),
    ActionSpec("score-notes-export", "Export notes as audio…", "Score", needs="score"),
    ActionSpec("score-midi", "Export as MIDI…", "Score", needs="score", separated=True),
    ActionSpec("score-csv", "Export as CSV…", "Score", needs="score"),
    ActionSpec("score-remove", "Remove score", "Score", needs="score", separated=True),
    *_NOTES,
    *_PAINTING,
    ActionSpec("separate", "Separate", "Separate", ("Ctrl+Return",), "separate", "source"),
    ActionSpec("preview", "Preview", "Separate", ("Ctrl+Shift+Return",), "preview", "source"),
    ActionSpec("cancel", "Cancel", "Separate", ("Ctrl+.",), "close", "job"),
    ActionSpec("queue", "Batch queue", "Separate", ("Ctrl+B",), "queue", separated=True),
    ActionSpec("queue-add", "Add to the batch queue", "Separate", ("Ctrl+Shift+B",), "add", "source"),
    ActionSpec("compare", "Compare runs", "Separate", ("Ctrl+Shift+C",), separated=True),
    ActionSpec("error-curves", "Error curves", "Separate", ("Ctrl+E",)),
    ActionSpec("codec-open", "Open encoded file…", "Codec", ("Ctrl+Alt+O",), "open"),
    ActionSpec("codec-save", "Save encoded file…", "Codec", ("Ctrl+Alt+S",), "export", "decoded"),
    ActionSpec("codec-export", "Export decoded audio…", "Codec", ("Ctrl+Alt+E",), needs="decoded"),
    ActionSpec("codec-error", "Hear the coding error", "Codec", ("Alt+X",), needs="decoded", separated=True),
    ActionSpec("codec-channel-next", "Next channel", "Codec", ("Alt+Right",), needs="source", separated=True),
    ActionSpec("codec-channel-previous", "Previous channel", "Codec", ("Alt+Left",), needs="source"),
    ActionSpec("head-left", "Turn the head to the left", "Codec", ("Alt+J",), needs="source", separated=True),
    ActionSpec("head-right", "Turn the head to the right", "Codec", ("Alt+L",), needs="source"),
    ActionSpec("head-up", "Look up", "Codec", ("Alt+I",), needs="source"),
    ActionSpec("head-down", "Look down", "Codec", ("Alt+K",), needs="source"),
    ActionSpec("head-tilt-left", "Tilt the head to the left", "Codec", ("Alt+U",), needs="source"),
    ActionSpec("head-tilt-right", "Tilt the head to the right", "Codec", ("Alt+O",), needs="source"),
    ActionSpec("head-front", "Look straight ahead", "Codec", ("Alt+Home",), needs="source"),
    ActionSpec("head-tracker", "Follow a head tracker", "Codec", ("Alt+H",), checkable=True),
    ActionSpec("codec-demo", "Open the demo scene", "Codec", icon="demo", separated=True),
    ActionSpec("keys", "Keys and gestures", "Help", ("F1", "F2", "?"), "keyboard"),
    ActionSpec("report", "Copy report", "Help", (), "copy", separated=True),
    ActionSpec("log-folder", "Show log folder", "Help", (), "folder"),
    ActionSpec("about", "About SepStudio", "Help", (), "info"),
)


def build_actions(
    window: QMainWindow, handlers: Mapping[str, Callable[..., None]], submenus: Mapping[str, QMenu]
) -> dict[str, QAction]:
    """Create all actions, put them into the menus of the window, and return them by id.

    ``submenus`` follow the action whose id they go by.

    Raises
    ------
    KeyError
        If an action has no handler: a menu entry that does nothing must not ship.
    """
    actions: dict[str, QAction] = {}
    menus = {}
    for spec in ACTIONS:
        if spec.menu not in menus:
            menus[spec.menu] = window.menuBar().addMenu(spec.menu)
        action = QAction(spec.title, window)
        action.setObjectName(f"action.{spec.id}")
        action.setCheckable(spec.checkable)
        # An icon would stand in the place of the check mark.
        action.setIconVisibleInMenu(not spec.checkable)
        if spec.scope:
            # The menu names the keys; views of notes answer them themselves.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        action.triggered.connect(handlers[spec.id])
        if spec.separated:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(action)
        if spec.id in submenus:
            menus[spec.menu].addMenu(submenus[spec.id])
        actions[spec.id] = action
    recolour(actions)
    return actions


def recolour(actions: Mapping[str, QAction]) -> None:
    """Draw the icons in the colours of the palette in force."""
    for spec in ACTIONS:
        if spec.icon:
            actions[spec.id].setIcon(icon(spec.icon, current_palette().text))


def enable(actions: Mapping[str, QAction], present: frozenset[str]) -> None:
    """Enable the actions whose needs are in ``present``."""
    for spec in ACTIONS:
        actions[spec.id].setEnabled(not spec.needs or spec.needs in present)
