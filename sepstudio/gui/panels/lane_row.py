"""One audio lane in the list of sources and stems: colour, name, solo, mute, pan and gain."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.fader import Fader
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.pan_slider import PanSlider, pan_text
from sepstudio.gui.widgets.swatch import SIDE, Swatch
from sepstudio.gui.widgets.toggle import LetterButton
from sepstudio.session.records import LaneState

BADGE_HEIGHT = 18


class LaneRow(QFrame):
    """Shows how one audio id is heard and says what the user wants changed.

    ``edited(audio_id, LaneState, text)``, ``soloedAlone(audio_id)`` for Ctrl+Alt-click on S,
    ``soloHeld(audio_id, held)`` for the middle button on it, ``sideChosen(audio_id, "A" or "B")``,
    ``chosen(audio_id)`` for a click on the row, ``exportRequested(audio_id)``, and for recordings
    ``removeRequested(audio_id)`` and ``trueStemsRequested(audio_id)``.
    """

    # What the focused row answers itself, whatever the keys of the window are.
    own_keys = frozenset({Qt.Key.Key_S, Qt.Key.Key_M, Qt.Key.Key_Return, Qt.Key.Key_Enter})

    edited = Signal(str, object, str)
    soloedAlone = Signal(str)
    chosen = Signal(str)
    exportRequested = Signal(str)
    removeRequested = Signal(str)
    trueStemsRequested = Signal(str)
    soloHeld = Signal(str, bool)
    sideChosen = Signal(str, str)

    def __init__(
        self, audio_id: str, name: str, *, stem: str = "", hollow: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.audio_id = audio_id
        self._removable = stem == "mixture"
        self.name = name
        self._state = LaneState()
        self._dimmed = False
        self.setObjectName(f"lane.{audio_id}")
        self.setProperty("role", "lane")
        self.setAccessibleName(name)
        self.setToolTip(f"{name}: click to show it; with the focus, S solos and M mutes it")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.swatch = Swatch(stem or name, hollow=hollow)
        self.title = ElidedLabel(name)
        self.badge = label("", "badge", name=f"lane.{audio_id}.badge")
        self.solo = LetterButton("S", "solo", f"lane.{audio_id}.solo", f"Solo {name}")
        self.mute = LetterButton("M", "mute", f"lane.{audio_id}.mute", f"Mute {name}")
        self.export = IconButton("export", f"Export {name}", name=f"lane.{audio_id}.export", quiet=True)
        self.pan = PanSlider(f"lane.{audio_id}.pan", name)
        self.fader = Fader(f"lane.{audio_id}.gain", name)
        self._arrange()
        self._connect()

    # -- what the panel tells ----------------------------------------------------------------

    @property
    def state(self) -> LaneState:
        """The state on show."""
        return self._state

    @property
    def dimmed(self) -> bool:
        """Whether the row is drawn as not heard."""
        return self._dimmed

    def show_state(self, state: LaneState) -> None:
        """Show solo, mute, pan and gain; emits nothing."""
        self._state = state
        self.solo.setChecked(state.solo)
        self.mute.setChecked(state.mute)
        self.fader.set_value(state.gain_db)
        self.pan.set_pan(state.pan)

    def set_dimmed(self, dimmed: bool) -> None:
        """Draw the row as not heard, or as heard."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.swatch.set_dimmed(dimmed)
            _set_property(self.title, "role", "caption" if dimmed else "")

    def set_current(self, current: bool) -> None:
        """Write the name of the current source in bold."""
        _set_property(self.title, "current", current)

    def set_shown(self, shown: bool) -> None:
        """Mark the row whose spectrogram is on show."""
        _set_property(self, "shown", shown)

    def set_missing(self, missing: bool) -> None:
        """Say that the recording is not there, or that it is."""
        self.title.setText(f"Missing: {self.name}" if missing else self.name)

    def set_badge(self, letter: str) -> None:
        """Show A or B beside the name, or nothing."""
        self.badge.setText(letter)
        self.badge.setVisible(bool(letter))
        self.badge.setToolTip(f"{letter} of the comparison: X flips between A and B")

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.chosen.emit(self.audio_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """S and M act on the focused row, Return chooses it."""
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_S:
            self._set_solo(not self._state.solo)
        elif event.key() == Qt.Key.Key_M:
            self._set_mute(not self._state.mute)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.audio_id)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the lane."""
        menu = self.context_menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def context_menu(self) -> QMenu:
        """Return the menu of the row."""
        menu = QMenu(self)
        menu.addAction("Show spectrogram").triggered.connect(self._choose)
        menu.addAction("Solo alone\tCtrl+Alt+Click").triggered.connect(self._solo_alone)
        menu.addAction("Reset gain and pan").triggered.connect(self._reset)
        menu.addSeparator()
        menu.addAction("Compare as A").triggered.connect(self._choose_a)
        menu.addAction("Compare as B").triggered.connect(self._choose_b)
        menu.addSeparator()
        menu.addAction(f"Export {self.name}…").triggered.connect(self._export)
        if self._removable:
            menu.addAction("True stems…").triggered.connect(self._ask_true_stems)
            menu.addAction(f"Remove {self.name}").triggered.connect(self._remove)
        return menu

    def _ask_true_stems(self) -> None:
        self.trueStemsRequested.emit(self.audio_id)

    def _remove(self) -> None:
        self.removeRequested.emit(self.audio_id)

    def _choose(self) -> None:
        self.chosen.emit(self.audio_id)

    def _solo_alone(self) -> None:
        self.soloedAlone.emit(self.audio_id)

    def _export(self) -> None:
        self.exportRequested.emit(self.audio_id)

    def _choose_a(self) -> None:
        self.sideChosen.emit(self.audio_id, "A")

    def _choose_b(self) -> None:
        self.sideChosen.emit(self.audio_id, "B")

    def _hold_solo(self, held: bool) -> None:
        self.soloHeld.emit(self.audio_id, held)

    def _reset(self) -> None:
        self._edit(f"Reset gain and pan of {self.name}", gain_db=0.0, pan=0.0)

    def _set_solo(self, solo: bool) -> None:
        self._edit(f"{'Solo' if solo else 'End solo of'} {self.name}", solo=solo)

    def _set_mute(self, mute: bool) -> None:
        self._edit(f"{'Mute' if mute else 'Unmute'} {self.name}", mute=mute)

    def _set_gain(self, gain_db: float) -> None:
        self._edit(f"Gain of {self.name} {gain_db:+.1f} dB".replace("-", MINUS), gain_db=gain_db)

    def _set_pan(self, pan: float) -> None:
        self._edit(f"Pan of {self.name}: {pan_text(pan)}", pan=pan)

    def _edit(self, text: str, **changes: object) -> None:
        state = dataclasses.replace(self._state, **changes)
        if state != self._state:
            self.edited.emit(self.audio_id, state, text)
        # The session decides: until it answers, the row goes on showing what is.
        self.show_state(self._state)

    # -- building ----------------------------------------------------------------------------

    def _arrange(self) -> None:
        for button, key in ((self.solo, "S; Ctrl+Alt-click: alone; middle button: while held"), (self.mute, "M")):
            button.setToolTip(f"{button.accessibleName()} ({key})")
        self.badge.setFixedHeight(BADGE_HEIGHT)
        self.title.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.badge.hide()
        top = QHBoxLayout()
        top.setSpacing(GRID // 2)
        top.addWidget(self.swatch)
        top.addSpacing(GRID // 2)
        top.addWidget(self.title, 1)
        for widget in (self.badge, self.solo, self.mute, self.export):
            top.addWidget(widget)
        bottom = QHBoxLayout()
        bottom.addSpacing(SIDE + GRID)
        bottom.addWidget(self.pan)
        bottom.addSpacing(GRID // 2)
        bottom.addWidget(self.fader, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, 2, GRID // 2, 2)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self.solo.clicked.connect(self._set_solo)
        self.solo.exclusiveClicked.connect(self._solo_alone)
        self.solo.held.connect(self._hold_solo)
        self.pan.panChanged.connect(self._set_pan)
        self.mute.clicked.connect(self._set_mute)
        self.fader.valueChanged.connect(self._set_gain)
        self.export.clicked.connect(self._export)


def _set_property(widget: QLabel | QFrame, name: str, value: object) -> None:
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
