"""A small listening test with real files, and listeners that answer as they are told."""

from pathlib import Path

import numpy as np

from sepstudio.io.audio import write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.listening_tests.definition import ConditionLabel, ListeningTest, Stimulus, Trial
from sepstudio.listening_tests.definition_files import write_test
from sepstudio.listening_tests.session import begin

RATE = 8000
LABELS = (
    ConditionLabel("reference", "Hidden reference", "reference"),
    ConditionLabel("low", "Low-pass 3.5 kHz", "low-anchor"),
    ConditionLabel("mid", "Low-pass 7 kHz", "mid-anchor"),
    ConditionLabel("codec", "Codec, 16 kbit/s"),
)
OPINION = {"reference": 100, "low": 20, "mid": 55, "codec": 80}


class Hand:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def noise(seed=0, seconds=1.0, channels=4):
    values = np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE)))
    return AudioClip(0.1 * values, RATE)


def mushra_without_files(folder, trials=1, **options):
    """Return a MUSHRA test whose files are not there."""
    made = []
    for number in range(trials):
        paths = {label.name: folder / "audio" / f"{number}_{label.name}.wav" for label in LABELS}
        stimuli = tuple(Stimulus(name, path) for name, path in paths.items())
        made.append(Trial(f"scene {number + 1}", stimuli, paths["reference"]))
    return ListeningTest("mushra", "A small test", LABELS, tuple(made), **options)


def mushra(folder, trials=3, **options):
    """Return a MUSHRA test in a folder whose conditions are noise at equal levels."""
    test = mushra_without_files(folder, trials, **options)
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    for seed, path in enumerate(test.files()):
        write_audio(path, noise(seed))
    write_test(folder / "test.yaml", test)
    return test


def pair(kind, repetitions=1, folder=None):
    """Return an AB or ABX test of two conditions."""
    root = folder or Path("nowhere")
    labels = (ConditionLabel("old"), ConditionLabel("new"))
    stimuli = (Stimulus("old", root / "old.wav"), Stimulus("new", root / "new.wav"))
    return ListeningTest(kind, "A pair", labels, (Trial("scene", stimuli),), repetitions=repetitions)


def rate_page(session, opinion):
    """Play and rate everything on a page, and turn it."""
    for label in session.page.labels:
        session.play(label)
        session.rate(label, opinion[session.page.condition(label)])
    session.turn()


def take(test, folder, listener, opinion=OPINION):
    """Take a whole MUSHRA test with the same opinion on every page."""
    session = begin(test, folder, listener)
    while not session.is_finished:
        rate_page(session, opinion)
    session.close()
    return session.path
