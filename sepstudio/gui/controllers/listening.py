"""Hearing one thing against another: A, B and X, matched levels, mono and dim."""

from __future__ import annotations

import secrets

from PySide6.QtCore import QObject

from sepstudio.gui.codec.reach import is_decoded, title_of
from sepstudio.gui.desk import Desk, Handlers


class ListeningController(QObject):
    """Joins the sides of the transport strip, the badges in the list of stems, and the player."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._player = desk.player
        bar, player, stems = desk.bar, desk.player, desk.tab.stems
        bar.sideChosen.connect(self._choose_side)
        bar.levelMatchToggled.connect(player.set_level_matched)
        bar.monoToggled.connect(player.set_mono)
        bar.dimToggled.connect(player.set_dimmed)
        stems.sideChosen.connect(self._assign)
        stems.soloHeld.connect(self._hold)
        stems.aliasesChanged.connect(self._show)
        player.heardChanged.connect(self._on_heard)
        player.comparisonChanged.connect(self._show)
        desk.session.runRenamed.connect(self._show)
        self._show()

    def handlers(self) -> Handlers:
        """Return what answers the actions about comparing."""
        return {
            "flip": self._player.flip, "hear-a": self._hear_a, "hear-b": self._hear_b, "hear-x": self._hear_x,
            "match-levels": self._desk.bar.level_match.click,
            "mono": self._desk.bar.mono.click, "dim": self._desk.bar.dim.click,
        }  # fmt: skip

    def _hear_a(self) -> None:
        self._choose_side("A")

    def _hear_b(self) -> None:
        self._choose_side("B")

    def _hear_x(self) -> None:
        self._choose_side("X")

    def _choose_side(self, letter: str) -> None:
        if letter == "X" and self._player.abx is None:
            self._player.start_abx(secrets.randbits(32))
        else:
            self._player.hear_letter(letter)

    def _assign(self, what: str, letter: str) -> None:
        a, b = self._player.pair
        self._player.set_pair(*((what, b) if letter == "A" else (a, what)))
        self._player.hear_letter(letter)

    def _hold(self, audio_id: str, held: bool) -> None:
        self._player.hold(audio_id if held else "")

    def _on_heard(self, heard: str) -> None:
        # In a blind test the pictures would tell which run is heard.
        if heard in self._desk.session.runs and not self._desk.tab.stems.aliases:
            self._desk.tab.show_run(heard)
        self._show()

    def _show(self, _id: str = "") -> None:
        a, b = self._player.pair
        there = bool(a) and a != b
        self._desk.bar.set_sides(self._player.letter, (self._name(a), self._name(b)) if there else ())
        self._desk.tab.stems.set_ab(*((a, b) if there else ("", "")))

    def _name(self, group: str) -> str:
        session = self._desk.session
        if group in session.runs:
            return self._title(group)
        if group in session.stems:
            stem = session.stems[group]
            return f"{stem.name} of {self._title(stem.run_id)}"
        if group in session.sources:
            return session.sources[group].name
        run_id = group.rpartition("/")[0]
        left = "coding error" if is_decoded(session.runs[run_id]) else "residual"
        return f"{left} of {self._title(run_id)}"

    def _title(self, run_id: str) -> str:
        aliases = self._desk.tab.stems.aliases
        return aliases.get(run_id, "another run") if aliases else title_of(self._desk.session.runs[run_id])
