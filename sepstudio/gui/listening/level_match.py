"""The gains that make what is compared equally loud."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from sepstudio.errors import UserError
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.listening.folding import Folding
from sepstudio.gui.listening.hearing import Hearing
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.steps import part
from sepstudio.jobs.runner import JobState
from sepstudio.playback.loudness import loudness_steps, match_gains
from sepstudio.playback.rendering import Rendering
from sepstudio.session.session import Session

# What a hand does within this time is measured once.
SETTLE_MS = 250
# Of longer recordings the middle is measured: enough for a level, and heard soon.
LONGEST_SECONDS = 120.0

# The lanes with their takes and gains, the stretch over which they are measured, and how they are heard.
Key = tuple[tuple[tuple[str, tuple[int, ...], float], ...], int, int, Rendering | None]


class LevelMatch(QObject):
    """Measures each group against the recording over the same stretch, while it is on.

    A run of a selection is thereby matched to one of the whole recording. Nothing is ever made
    louder. ``changed`` says that ``gain_db`` may answer otherwise.
    """

    changed = Signal()

    def __init__(
        self, session: Session, hearing: Hearing, folding: Folding, bridge: JobBridge, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._hearing = hearing
        self._folding = folding
        self._bridge = bridge
        self._on = False
        self._job = 0
        self._measured: dict[Key, float] = {}
        self._gains: Mapping[str, float] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._measure)
        for signal in (session.laneChanged, session.stemChanged, session.runAdded, session.runRemoved):
            signal.connect(self.refresh)
        session.selectionChanged.connect(self.refresh)
        session.sourceChanged.connect(self._forget)
        folding.changed.connect(self.refresh)
        session.currentSourceChanged.connect(self._on_source)
        bridge.ended.connect(self._on_ended)

    @property
    def on(self) -> bool:
        """Whether levels are matched."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Match the levels from now on, or not."""
        if on != self._on:
            self._on = on
            self._gains = {}
            self.changed.emit()
            self.refresh()

    def gain_db(self, group: str) -> float:
        """Return by how much a group is changed, in dB: zero or less; zero until it is measured."""
        return self._gains.get(group, 0.0) if self._on else 0.0

    def refresh(self, _id: object = None) -> None:
        """Look soon whether something must be measured."""
        if self._on:
            self._timer.start()

    def _on_source(self, source_id: str) -> None:
        if not source_id:
            # Another document comes, in which the same ids mean other sounds.
            self._forget()
        self.refresh()

    def _forget(self, _source_id: str = "") -> None:
        self._measured = {}
        self.refresh()

    # -- measuring ---------------------------------------------------------------------------

    def _measure(self) -> None:
        if not self._on or self._job:
            return
        wanted = {key: clip for group in self._groups() for key, clip in self._clips(group)}
        missing = {key: clip for key, clip in wanted.items() if key not in self._measured}
        if missing:
            self._job = self._bridge.start("Matching levels", _measure(missing), self._take)
        else:
            self._apply()

    def _take(self, measured: Mapping[Key, float]) -> None:
        self._measured |= measured
        self._apply()

    def _on_ended(self, job_id: int, state: str, _message: str) -> None:
        if job_id == self._job:
            self._job = 0
            if state == JobState.DONE.value:
                # Something may have changed meanwhile.
                self.refresh()

    def _apply(self) -> None:
        levels = {}
        for group in self._groups():
            found = [self._measured.get(key) for key, _ in self._clips(group)]
            if found and None not in found and found[1] > -math.inf:
                levels[group] = found[0] - found[1]
        gains = match_gains(levels)
        if gains != self._gains:
            self._gains = gains
            self.changed.emit()

    def _groups(self) -> tuple[str, ...]:
        source = self._session.current_source
        if source is None:
            return ()
        runs = tuple(run.id for run in self._session.runs_of(source.id))
        return tuple(dict.fromkeys((source.id, *runs, *self._hearing.pair)))

    def _clips(self, group: str) -> tuple[tuple[Key, AudioClip], ...]:
        """Return what is heard of a group, and the recording, over the same stretch."""
        source = self._session.current_source
        heard = self._hearing.audible_of(group)
        if source is None or not heard:
            return ()
        start, stop = self._stretch(heard)
        return tuple(
            (
                (tuple(map(self._name, lanes)), start, stop, self._folding.of(lanes[0])),
                MixClip([self._part(lane) for lane in lanes], source.length),
            )
            for lanes in (heard, (source.id,))
        )

    def _part(self, audio_id: str) -> Part:
        return Part(self._session.clip(audio_id), self._session.offset(audio_id), self._gain(audio_id))

    def _name(self, audio_id: str) -> tuple[str, tuple[int, ...], float]:
        run_id = audio_id.rpartition("/")[0]
        stems = self._session.runs[run_id].stem_ids if run_id in self._session.runs else ()
        return audio_id, tuple(self._session.stems[stem_id].take for stem_id in stems), self._gain(audio_id)

    def _gain(self, audio_id: str) -> float:
        return float(10.0 ** (self._session.lane(audio_id).gain_db / 20.0))

    def _stretch(self, heard: tuple[str, ...]) -> tuple[int, int]:
        session = self._session
        start = max(session.offset(audio_id) for audio_id in heard)
        stop = min(session.offset(audio_id) + session.clip(audio_id).length for audio_id in heard)
        selection = session.selection
        if selection is not None and max(start, selection.start) < min(stop, selection.stop):
            start, stop = max(start, selection.start), min(stop, selection.stop)
        longest = round(LONGEST_SECONDS * session.clip(heard[0]).sample_rate)
        if stop - start > longest:
            start += (stop - start - longest) // 2
            stop = start + longest
        return start, stop


def _measure(clips: Mapping[Key, AudioClip]) -> Generator[float, None, dict[Key, float]]:
    found = {}
    for number, (key, clip) in enumerate(clips.items()):
        _, start, stop, rendering = key
        try:
            found[key] = yield from part(loudness_steps(clip, start, stop, rendering), number, len(clips))
        except UserError:
            # A recording that is missing is silent, which the player tells.
            found[key] = -math.inf
    return found
