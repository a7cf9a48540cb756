"""How lanes are heard: solo, mute, gain and takes as undoable edits."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.session.commands import SetLane, SetTake
from sepstudio.session.records import LaneState


class LaneController(QObject):
    """Turns what the rows of the stems and the digits ask for into edits."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        stems = desk.tab.stems
        stems.laneEdited.connect(self._edit)
        stems.gestureBegun.connect(self._session.stack.beginMacro)
        stems.gestureEnded.connect(self._session.stack.endMacro)
        stems.audioChosen.connect(self._choose_audio)
        desk.panel.takeChosen.connect(self._choose_take)

    def handlers(self) -> Handlers:
        """Return what answers the digits."""
        solo = {f"solo-{n}": self._solo_by_key for n in range(1, 10)}
        mute = {f"mute-{n}": self._mute_by_key for n in range(1, 10)}
        return {**solo, **mute, "mixture": self._hear_mixture}

    def _edit(self, audio_id: str, state: LaneState, text: str) -> None:
        self._session.stack.push(SetLane(self._session, audio_id, state, text))

    def _choose_take(self, stem_id: str, take: int) -> None:
        if self._session.stems[stem_id].take != take:
            self._session.stack.push(SetTake(self._session, stem_id, take))

    def _choose_audio(self, audio_id: str) -> None:
        stem = self._session.stems.get(audio_id)
        run = self._session.runs.get(stem.run_id if stem is not None else audio_id.rpartition("/")[0])
        self._desk.player.hear(run.id if run is not None else audio_id)
        if not self._desk.tab.stems.aliases:
            self._desk.tab.show_audio(audio_id)

    def _solo_by_key(self) -> None:
        self._toggle(int(self.sender().objectName().rpartition("-")[2]), "solo")

    def _mute_by_key(self) -> None:
        self._toggle(int(self.sender().objectName().rpartition("-")[2]), "mute")

    def _toggle(self, number: int, what: str) -> None:
        reach = self._desk.player.stems_in_reach()
        if number <= len(reach):
            audio_id = reach[number - 1]
            state = self._session.lane(audio_id)
            on = not getattr(state, what)
            name = audio_id.rpartition("/")[2]
            text = f"{what.capitalize()} {name}" if on else f"End {what} of {name}"
            self._edit(audio_id, dataclasses.replace(state, **{what: on}), text)

    def _hear_mixture(self) -> None:
        source = self._session.current_source
        if source is None:
            return
        player = self._desk.player
        soloed = [audio_id for audio_id in player.everything() if self._session.lane(audio_id).solo]
        if soloed:
            self._session.stack.beginMacro("End all solos")
            for audio_id in soloed:
                self._edit(audio_id, dataclasses.replace(self._session.lane(audio_id), solo=False), "End solo")
            self._session.stack.endMacro()
        player.hear(source.id)
