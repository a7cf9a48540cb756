"""Plays what the session says: which lanes sound, where the playhead is, what A and B are."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from sepstudio.gui.timeline import Timeline
from sepstudio.playback.transport import Lane, Transport
from sepstudio.session.records import Run
from sepstudio.session.session import Session

TICK_MS = 16
IDLE_TICKS = 120
DIM_DB = -20.0


class Player(QObject):
    """Connects session, transport and timeline.

    Heard is one *group* at a time: the mixture (a source id) or the stems of a run (a run id).
    A solo anywhere on the current source takes precedence, so that stems of different runs can
    be heard against each other.
    """

    groupChanged = Signal(str)
    audibleChanged = Signal(object)
    ticked = Signal()
    loopChanged = Signal(bool)

    def __init__(
        self, session: Session, transport: Transport, timeline: Timeline, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._transport = transport
        self._timeline = timeline
        self._group = ""
        self._other = ""
        self._looping = False
        self._master_db = 0.0
        self._dimmed = False
        self._idle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        session.currentSourceChanged.connect(self._on_source)
        session.runAdded.connect(self._on_run_added)
        session.runRemoved.connect(self._on_run_removed)
        session.stemChanged.connect(self._on_lane)
        session.laneChanged.connect(self._on_lane)
        session.selectionChanged.connect(self._apply_loop)
        timeline.seekRequested.connect(self.seek)

    # -- transport ---------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether the playhead runs."""
        return self._transport.playing

    @property
    def position(self) -> int:
        """The playhead in samples of the current source."""
        return self._transport.position

    @property
    def note(self) -> str:
        """Why there is no sound, or empty."""
        return self._transport.note

    def peaks(self) -> tuple[float, float]:
        """Return the linear peaks since the last call."""
        return self._transport.peaks()

    def toggle(self) -> None:
        """Play, or pause."""
        if self._session.current_source is None:
            return
        if self._transport.playing:
            self._transport.pause()
        else:
            self._transport.play()
            self._timer.start()
        self._tick()

    def seek(self, seconds: float) -> None:
        """Move the playhead."""
        source = self._session.current_source
        if source is not None:
            self._transport.seek(round(seconds * source.sample_rate))
            self._tick()

    def to_start(self) -> None:
        """Go to the start of the loop, or of the recording."""
        selection = self._session.selection
        source = self._session.current_source
        if source is not None:
            start = selection.start if self._looping and selection is not None else 0
            self.seek(start / source.sample_rate)

    def to_end(self) -> None:
        """Go to the end."""
        self.seek(self._timeline.duration)

    def skip(self, seconds: float) -> None:
        """Move the playhead by some seconds."""
        self.seek(max(self._timeline.playhead + seconds, 0.0))

    def set_looping(self, looping: bool) -> None:
        """Repeat the selection (or everything) from now on, or not."""
        if looping != self._looping:
            self._looping = looping
            self._apply_loop()
            self.loopChanged.emit(looping)

    def set_master(self, gain_db: float) -> None:
        """Set the gain of everything."""
        self._master_db = gain_db
        self._apply_master()

    def set_dimmed(self, dimmed: bool) -> None:
        """Lower everything by 20 dB, to talk; or no more."""
        self._dimmed = dimmed
        self._apply_master()

    # -- what is heard -----------------------------------------------------------------------

    @property
    def group(self) -> str:
        """The source id or run id that is heard."""
        return self._group

    def set_group(self, group: str) -> None:
        """Hear the mixture or the stems of a run; the group before becomes the other side of A/B."""
        if group and group != self._group:
            self._group, self._other = group, self._group
            self._apply_lanes()
            self.groupChanged.emit(group)

    def flip(self) -> None:
        """Hear the other one of the last two groups."""
        self.set_group(self._other if self._exists(self._other) else self._newest())

    def stems_in_reach(self) -> tuple[str, ...]:
        """Return the stems that digits stand for: those of the group, or of the newest run."""
        group = self._group if self._group in self._session.runs else self._newest()
        run = self._session.runs.get(group)
        return (*run.stem_ids, run.residual_id) if run is not None else ()

    def everything(self) -> tuple[str, ...]:
        """Return all audio ids of the current source."""
        source = self._session.current_source
        if source is None:
            return ()
        runs = self._session.runs_of(source.id)
        return (source.id, *(audio_id for run in runs for audio_id in self._members(run.id)))

    def audible(self) -> tuple[str, ...]:
        """Return the audio ids that sound now."""
        lanes = {audio_id: self._session.lane(audio_id) for audio_id in self.everything()}
        chosen = [audio_id for audio_id, lane in lanes.items() if lane.solo] or self._members(self._group)
        return tuple(audio_id for audio_id in chosen if not lanes[audio_id].mute or lanes[audio_id].solo)

    def _members(self, group: str) -> list[str]:
        run = self._session.runs.get(group)
        if run is not None:
            return [*run.stem_ids, run.residual_id]
        return [group] if group in self._session.sources else []

    def _exists(self, group: str) -> bool:
        return group in self._session.sources or group in self._session.runs

    def _newest(self) -> str:
        source = self._session.current_source
        if source is None:
            return ""
        runs: tuple[Run, ...] = self._session.runs_of(source.id)
        newest = runs[-1].id if runs else source.id
        return newest if newest != self._group else source.id

    # -- answers -----------------------------------------------------------------------------

    def _on_source(self, source_id: str) -> None:
        source = self._session.sources.get(source_id)
        if source is None:
            self._transport.open(44100, 0)
            self._timeline.set_duration(0.0)
            self._group = self._other = ""
        else:
            self._transport.open(source.sample_rate, source.length)
            self._timeline.set_duration(source.length / source.sample_rate)
            self._timeline.fit()
            self._group = self._other = source_id
        self._apply_lanes()
        self._apply_master()
        self._apply_loop()
        self.groupChanged.emit(self._group)
        self._tick()

    def _on_run_added(self, run_id: str) -> None:
        source = self._session.current_source
        if source is not None and self._session.runs[run_id].source_id == source.id:
            self.set_group(run_id)

    def _on_run_removed(self, run_id: str) -> None:
        source = self._session.current_source
        if self._other == run_id and source is not None:
            self._other = source.id
        if self._group == run_id and source is not None:
            self._group = self._other if self._exists(self._other) else source.id
            self.groupChanged.emit(self._group)
        self._apply_lanes()

    def _on_lane(self, _audio_id: str) -> None:
        self._apply_lanes()

    def _apply_lanes(self) -> None:
        audible = self.audible()
        self._transport.set_lanes([self._lane(audio_id) for audio_id in audible])
        self.audibleChanged.emit(audible)

    def _lane(self, audio_id: str) -> Lane:
        session = self._session
        gain = _linear(session.lane(audio_id).gain_db)
        return Lane(audio_id, session.clip(audio_id), session.offset(audio_id), gain)

    def _apply_loop(self) -> None:
        source, selection = self._session.current_source, self._session.selection
        if source is None or not self._looping or source.length == 0:
            self._transport.set_loop(None)
        elif selection is None:
            self._transport.set_loop((0, source.length))
        else:
            self._transport.set_loop((selection.start, selection.stop))

    def _apply_master(self) -> None:
        self._transport.set_master(_linear(self._master_db + (DIM_DB if self._dimmed else 0.0)))

    def _tick(self) -> None:
        source = self._session.current_source
        if source is not None:
            self._timeline.set_playhead(self._transport.position / source.sample_rate)
        # The meters fall for a while after the sound has ended.
        self._idle = 0 if self._transport.playing else self._idle + 1
        if self._idle > IDLE_TICKS:
            self._timer.stop()
        self.ticked.emit()


def _linear(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))
