"""Clicks a note in the real window, lets it be heard and notes what came of it; run as a program of its own.

    python tests/pulse_window.py OUTPUT.npz

A process of its own, because PortAudio looks for devices once, when it is first loaded.
"""

import functools
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import soundfile
from gui.gestures import wait_until
from gui.rolls import Roll
from PySide6.QtTest import QTest

from sepstudio.gui.app import application, studio
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.scores.records import Note, Score
from sepstudio.playback.tones import tone
from sepstudio.separation.registry import method
from sepstudio.separation.score_constraints import pitch_frequency
from sepstudio.separation.score_params import NmfParams
from sepstudio.session.score_commands import SetScore

# That of the sound server, so that nothing is resampled on the way.
RATE = 48000
SECONDS = 4.0
REST = 3.5
# The note that is heard lies amid a louder one, which still sounds where it has ended.
HEARD = Note(3, 2.2, 0.6, 64, 70, "right")
OTHER = Note(2, 2.0, 1.8, 57, 90, "left")
SCORE = Score("notes", (Note(1, 0.2, 0.8, 69, 80, "right"), OTHER, HEARD), ("right", "left"))
# Left and right; none is the level of the tone that stands for notes that no run knows.
LEVELS = {1: (0.8, 0.8), 2: (1.6, 0.8), 3: (0.4, 0.7)}
PARAMS = NmfParams(iterations=40, after=0.2)
SILENCE_MS = 400


def recording(*notes):
    """The notes, each at its time and level, as long as the recording."""
    sounds = {note: tone(pitch_frequency(note.pitch), note.duration, RATE, 2).samples for note in notes}
    parts = [
        Part(AudioClip(np.array(LEVELS[note.id])[:, None] * sound, RATE), round(note.onset * RATE))
        for note, sound in sounds.items()
    ]
    return MixClip(parts, round(SECONDS * RATE))


def listen_in(transport):
    """Return a list of what the transport is told from now on: the method and what it was given."""
    told = []

    def note(name, act, *given):
        told.append((name, *given))
        return act(*given)

    for name in ("set_lanes", "set_loop", "seek", "play", "pause", "stop"):
        setattr(transport, name, functools.partial(note, name, getattr(transport, name)))
    return told


def in_words(told):
    """Say what the transport was told, with lanes by their keys."""
    said = []
    for name, *given in told:
        values = [lane.key for lane in given[0]] if name == "set_lanes" else given
        said.append(" ".join([name, *map(str, values)]))
    return said


def separate(window, path):
    """Open the recording, give it its score, and factorise it."""
    window.open_paths([path])
    wait_until(lambda: window.session.current_source is not None)
    source = window.session.current_source
    window.session.stack.push(SetScore(window.session, source.id, SCORE, "Import"))
    window.workbench.separate(method("nmf"), PARAMS)
    wait_until(lambda: len(window.session.runs) == 1 and not window.bridge.busy)


def hear_note(window, told):
    """Click the note where the playhead rests elsewhere, and return what came of it when all is still again."""
    roll = Roll(window, SimpleNamespace(waitUntil=lambda done, timeout=None: wait_until(done)), score=None)
    window.player.seek(REST)
    QTest.qWait(SILENCE_MS)
    before = len(told)
    roll.click((HEARD.onset + HEARD.offset) / 2, HEARD.pitch)
    wait_until(lambda: ("play",) in told[before:] and not window.player.playing)
    QTest.qWait(SILENCE_MS)
    lane = next(lane for name, *given in told[before:] if name == "set_lanes" for lane in given[0])
    return {
        "selected": sorted(roll.board.selected),
        "told_before": in_words(told[:before]),
        "told": in_words(told[before:]),
        "clip": lane.clip.samples,
        "start": lane.offset,
        "position": window.player.position,
        "playhead": window.timeline.playhead,
    }


def main(output):
    path = Path(output).with_name("notes.wav")
    mixture = recording(*SCORE.notes)
    soundfile.write(path, mixture.samples.T, RATE, "FLOAT")
    application()
    with studio() as window:
        window.resize(1280, 800)
        window.show()
        transport = window.player._transport
        told = listen_in(transport)
        separate(window, path)
        noted = hear_note(window, told)
        stretch = (noted["start"], noted["start"] + noted["clip"].shape[1])
        for name, clip in {"mixture": mixture, "note": recording(HEARD), "other": recording(OTHER)}.items():
            noted[name] = clip.read(*stretch)
        np.savez(output, underruns=transport.underruns, note_of_device=transport.note, **noted)


if __name__ == "__main__":
    main(*sys.argv[1:])
