"""A small piece for two hands with known stems, for tests of methods that need a score."""

import numpy as np

from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import Note, Score

RATE = 8000
SECONDS = 2.5

NOTES = (
    Note(1, 0.0, 0.9, 48, track="left"),
    Note(2, 0.1, 0.6, 71, track="right"),
    Note(3, 0.9, 0.5, 74, track="right"),
    Note(4, 1.0, 1.2, 43, track="left"),
    Note(5, 1.5, 0.7, 71, track="right"),
)
SCORE = Score("piece", NOTES, ("right", "left"))


def tone(note, seconds=SECONDS, rate=RATE):
    """A decaying harmonic tone, [samples]."""
    time = np.arange(round(seconds * rate)) / rate - note.onset
    inside = (time >= 0) & (time < note.duration)
    frequency = 440 * 2 ** ((note.pitch - 69) / 12)
    partials = sum(np.sin(2 * np.pi * m * frequency * time) / m for m in range(1, 9) if m * frequency < rate / 2)
    return np.where(inside, 0.2 * np.exp(-2 * np.clip(time, 0, None)) * partials, 0).astype(np.float32)


def hand(track, pan):
    """The notes of a hand in stereo, [2, samples]."""
    mono = sum(tone(note) for note in NOTES if note.track == track)
    return np.stack([mono * (1 - pan), mono * pan]).astype(np.float32)


HANDS = {"right": hand("right", 0.7), "left": hand("left", 0.4)}


def piece():
    return AudioClip(HANDS["right"] + HANDS["left"], RATE)


def sdr(true, found):
    return 10 * np.log10((true**2).sum() / ((true - found) ** 2).sum())
