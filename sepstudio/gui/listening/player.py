"""Plays what the session says: which lanes sound, where the playhead is, what A and B are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.listening.abx import AbxTest, Letter
from sepstudio.gui.listening.audition import Audition
from sepstudio.gui.listening.ears import Ears
from sepstudio.gui.listening.folding import Folding
from sepstudio.gui.listening.hearing import Hearing, Pair
from sepstudio.gui.listening.level_match import LevelMatch
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.playback.devices import DeviceInfo
from sepstudio.playback.heard import HeardClip
from sepstudio.playback.meter import Levels
from sepstudio.playback.transport import Lane, Transport
from sepstudio.session.records import Run
from sepstudio.session.session import Session

TICK_MS = 16
IDLE_TICKS = 120
DIM_DB = -20.0


class Player(QObject):
    """Connects session, transport and timeline; ``Hearing`` says what is heard.

    ``heardChanged`` carries the group that is heard from now on, ``comparisonChanged`` says that A,
    B or the trials with X are others.
    """

    heardChanged = Signal(str)
    comparisonChanged = Signal()
    audibleChanged = Signal(object)
    ticked = Signal()
    loopChanged = Signal(bool)

    def __init__(
        self,
        session: Session,
        transport: Transport,
        timeline: Timeline,
        bridge: JobBridge,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._transport = transport
        self._timeline = timeline
        self._hearing = Hearing(session)
        self.ears = Ears(bridge, self)
        self.folding = Folding(session, self.ears, self)
        self.levels_match = LevelMatch(session, self._hearing, self.folding, bridge, self)
        self.returns_to_start = False
        self._abx: AbxTest | None = None
        self._audition: Audition | None = None
        self._hears_x = False
        self._looping = False
        self._master_db = 0.0
        self._dimmed = False
        self._anchor = 0
        self._idle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        # A new run is listed at once, and heard and drawn a moment later, so that nothing holds up the window for long.
        self._arrived = ""
        self._arrival = QTimer(self)
        self._arrival.setSingleShot(True)
        self._arrival.setInterval(TICK_MS)
        self._arrival.timeout.connect(self._hear_arrived)
        self._listen()

    def _listen(self) -> None:
        session = self._session
        session.currentSourceChanged.connect(self._on_source)
        session.runAdded.connect(self._on_run_added)
        session.runRemoved.connect(self._on_run_removed)
        session.stemChanged.connect(self._on_lane)
        session.laneChanged.connect(self._on_lane_edited)
        session.selectionChanged.connect(self._apply_loop)
        self._timeline.seekRequested.connect(self.seek)
        self._timeline.scrubbed.connect(self.scrub)
        self._timeline.scrubEnded.connect(self.end_scrub)
        self.levels_match.changed.connect(self._apply_lanes)
        self.folding.changed.connect(self._apply_lanes)

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

    def levels(self) -> Levels:
        """Return what was heard since the last call."""
        return self._transport.levels()

    def channel_levels(self) -> Levels:
        """Return what was heard of each channel of a scene since the last call."""
        return self._transport.channel_levels()

    def toggle(self) -> None:
        """Play, or pause."""
        if self._session.current_source is None:
            return
        if self._audition is not None:
            self._end_audition()
        elif self._transport.playing:
            self._transport.pause()
            if self.returns_to_start:
                self._transport.seek(self._anchor)
        else:
            self._anchor = self._transport.position
            self._transport.play()
            self._timer.start()
        self._tick()

    def stop(self) -> None:
        """Stop, and go back to the start of the loop or of the recording."""
        self._transport.pause()
        self.to_start()

    def to_anchor(self) -> None:
        """Go to where playing began the last time."""
        source = self._session.current_source
        if source is not None:
            self.seek(self._anchor / source.sample_rate)

    def seek(self, seconds: float) -> None:
        """Move the playhead."""
        source = self._session.current_source
        if source is not None:
            self._end_audition()
            self._transport.seek(round(seconds * source.sample_rate))
            self._tick()

    def scrub(self, seconds: float) -> None:
        """Let a short stretch from a time on be heard, while a hand drags the playhead."""
        source = self._session.current_source
        if source is not None:
            self._end_audition()
            self._transport.scrub(round(seconds * source.sample_rate))
            self._timer.start()
            self._tick()

    def end_scrub(self) -> None:
        """Play on from there, or rest there, as before."""
        self._transport.end_scrub()
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

    def set_mono(self, mono: bool) -> None:
        """Hear the sum of both channels from both sides, or each from its own."""
        self._transport.set_mono(mono)

    def use_device(self, key: str) -> None:
        """Play through another output from here on; an empty key is the usual one of the system."""
        self._transport.use_device(key or None)

    def rescan(self, found: Callable[[list[DeviceInfo]], None]) -> None:
        """Look for outputs that were plugged in or out; ``found`` is called on another thread."""
        self._transport.rescan(found)

    def rest(self) -> None:
        """Stop, and begin nothing any more: the window goes."""
        self._arrival.stop()
        self._transport.pause()
        self.set_level_matched(False)

    # -- what is heard -----------------------------------------------------------------------

    @property
    def heard(self) -> str:
        """The group that is heard: a source id, a run id, or the id of a single lane."""
        return self._hearing.group

    def hear(self, group: str) -> None:
        """Hear a group from now on, at the same position; solos elsewhere stay in force."""
        self._hear(group, compares=False)

    def compare(self, group: str) -> None:
        """Hear a group from now on whatever is soloed elsewhere."""
        self._hear(group, compares=True)

    def _hear(self, group: str, *, compares: bool) -> None:
        hearing = self._hearing
        self._arrival.stop()
        if not hearing.exists(group) or (group, compares, False) == (hearing.group, hearing.compares, self._hears_x):
            return
        hearing.group, hearing.compares, self._hears_x = group, compares, False
        self._apply_lanes()
        self.heardChanged.emit(group)

    def hold(self, audio_id: str) -> None:
        """Hear one lane alone for as long as something is held; empty lets go."""
        self._hearing.held = audio_id
        self._apply_lanes()

    def audition(self, clip: AudioClip, start: int) -> None:
        """Hear only a clip that begins at a sample of the timeline, over and over until ``let_go``."""
        before = (self.playing, self.position) if self._audition is None else self._audition.before
        self._audition = Audition(clip, start, before)
        self._apply_lanes()
        self._apply_loop()
        self._transport.seek(start)
        self._transport.play()
        self._timer.start()

    def let_go(self) -> None:
        """Let what is auditioned end; then what was heard before is heard again, where it was."""
        if self._audition is not None:
            self._audition = dataclasses.replace(self._audition, held=False)
            self._apply_loop()

    def _end_audition(self) -> None:
        if self._audition is None:
            return
        (playing, position), self._audition = self._audition.before, None
        if not playing:
            self._transport.pause()
        self._apply_lanes()
        self._apply_loop()
        self._transport.seek(position)

    def stems_in_reach(self) -> tuple[str, ...]:
        """Return the stems that digits stand for: those of the run that is heard, or of the newest run."""
        return self._hearing.reach()

    def everything(self) -> tuple[str, ...]:
        """Return all audio ids of the current source."""
        return self._hearing.everything()

    def audible(self) -> tuple[str, ...]:
        """Return the audio ids that sound now."""
        return self._hearing.audible()

    def heard_clip(self) -> AudioClip | None:
        """Return what sounds now over the length of the recording, at the gains of its lanes and as the head is now."""
        source = self._session.current_source
        if source is None:
            return None
        return HeardClip([self._lane(audio_id) for audio_id in self.audible()], source.sample_rate, source.length)

    # -- A, B and X --------------------------------------------------------------------------

    @property
    def pair(self) -> Pair:
        """What A and B are."""
        return self._hearing.pair

    @property
    def letter(self) -> str:
        """What is heard: A, B, X, or empty when it is none of them."""
        return "X" if self._hears_x else self._hearing.letter

    @property
    def abx(self) -> AbxTest | None:
        """The trials with a hidden X, while there are any."""
        return self._abx

    def set_pair(self, a: str, b: str) -> None:
        """Choose what A and B are; empty for the recording and its newest run."""
        self._hearing.choose_pair(a, b)
        self._abx, self._hears_x = None, False
        self.levels_match.refresh()
        self.comparisonChanged.emit()

    def offer(self, offered: Callable[[Run], bool]) -> None:
        """Say which runs are listed where one looks: unless others were chosen, A and B are of these."""
        self._hearing.offered = offered
        self.levels_match.refresh()
        self.comparisonChanged.emit()

    def flip(self) -> None:
        """Hear the other one of A and B."""
        a, b = self.pair
        self.compare(a if self.heard == b else b)

    def hear_letter(self, letter: str) -> None:
        """Hear A, B or the hidden X."""
        if letter == "X":
            self._hear_x()
        else:
            self.compare(self.pair["AB".index(letter)])

    def start_abx(self, seed: int) -> None:
        """Begin a series of trials in which X is A or B."""
        self._abx = AbxTest(seed)
        self._hear_x()
        self.comparisonChanged.emit()

    def answer_abx(self, letter: Letter) -> bool:
        """Say what X is; returns whether that is right. Another X is heard then."""
        if self._abx is None:
            return False
        right = self._abx.answer(letter)
        self._hear_x()
        self.comparisonChanged.emit()
        return right

    def end_abx(self) -> None:
        """End the trials; A is heard."""
        self._abx = None
        self.hear_letter("A")
        self.comparisonChanged.emit()

    def _hear_x(self) -> None:
        if self._abx is not None:
            # The group is told by its letter only: whoever shows what is heard must not give X away.
            hearing = self._hearing
            hearing.group, hearing.compares, self._hears_x = self.pair["AB".index(self._abx.hidden)], True, True
            self._apply_lanes()
            self.heardChanged.emit("")

    def set_level_matched(self, on: bool) -> None:
        """Make what is compared equally loud from now on, or not."""
        self.levels_match.set_on(on)

    @property
    def level_matched(self) -> bool:
        """Whether what is compared is made equally loud."""
        return self.levels_match.on

    # -- answers -----------------------------------------------------------------------------

    def _on_source(self, source_id: str) -> None:
        source = self._session.sources.get(source_id)
        self._audition = None
        hearing = self._hearing
        hearing.group, hearing.compares, hearing.held = source_id, False, ""
        hearing.choose_pair("", "")
        self._abx, self._hears_x, self._anchor = None, False, 0
        if source is None:
            self._transport.open(44100, 0)
            self._timeline.set_duration(0.0)
        else:
            self._transport.open(source.sample_rate, source.length)
            self._timeline.set_duration(source.length / source.sample_rate)
            self._timeline.fit()
        self._apply_lanes()
        self._apply_master()
        self._apply_loop()
        self.heardChanged.emit(source_id)
        self._tick()

    def _on_run_added(self, run_id: str) -> None:
        source = self._session.current_source
        if source is not None and self._session.runs[run_id].source_id == source.id:
            self._arrived = run_id
            self._arrival.start()
            # A stem that comes back with its solo on counts at once.
            self._apply_lanes()
            self.comparisonChanged.emit()

    def _hear_arrived(self) -> None:
        self.hear(self._arrived)

    def _on_run_removed(self, _run_id: str) -> None:
        source = self._session.current_source
        if source is not None and not self._hearing.exists(self.heard):
            self._abx, self._hears_x = None, False
            self.hear(self.pair[1])
        self._apply_lanes()
        self.comparisonChanged.emit()

    def _on_lane_edited(self, _audio_id: str) -> None:
        # A solo elsewhere is a wish to hear it, whatever was compared before.
        hearing = self._hearing
        if hearing.compares and not self._hears_x:
            soloed = hearing.soloed_among(hearing.everything())
            hearing.compares = set(soloed) <= set(hearing.members(hearing.group))
        self._apply_lanes()

    def _on_lane(self, _audio_id: str) -> None:
        self._apply_lanes()

    def _apply_lanes(self) -> None:
        if self._audition is not None:
            self._transport.set_lanes([self._audition.lane])
            self.audibleChanged.emit(())
            return
        audible = self.audible()
        self._transport.set_lanes([self._lane(audio_id) for audio_id in audible])
        self.audibleChanged.emit(audible)

    def _lane(self, audio_id: str) -> Lane:
        session, state = self._session, self._session.lane(audio_id)
        gain_db = state.gain_db + self.levels_match.gain_db(self.heard)
        clip, rendering = session.clip(audio_id), self.folding.of(audio_id)
        return Lane(audio_id, clip, session.offset(audio_id), _linear(gain_db), state.pan, rendering)

    def _apply_loop(self) -> None:
        source, selection = self._session.current_source, self._session.selection
        if self._audition is not None:
            self._transport.set_loop(self._audition.loop)
        elif source is None or not self._looping or source.length == 0:
            self._transport.set_loop(None)
        elif selection is None:
            self._transport.set_loop((0, source.length))
        else:
            self._transport.set_loop((selection.start, selection.stop))

    def _apply_master(self) -> None:
        self._transport.set_master(_linear(self._master_db + (DIM_DB if self._dimmed else 0.0)))

    def _tick(self) -> None:
        source, audition = self._session.current_source, self._audition
        if audition is not None and not audition.held and (not self.playing or self.position >= audition.stop):
            self._end_audition()
            if audition.before[0]:
                # It had ended with the recording.
                self._transport.play()
        if source is not None:
            self._timeline.set_playhead(self._transport.position / source.sample_rate)
        # The meters fall for a while after the sound has ended.
        self._idle = 0 if self._transport.playing else self._idle + 1
        if self._idle > IDLE_TICKS:
            self._timer.stop()
        self.ticked.emit()


def _linear(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))
