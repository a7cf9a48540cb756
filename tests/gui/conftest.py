"""A studio that tests start as a user does, and recordings to open in it."""

import gc

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication

from sepstudio import cli
from sepstudio.gui.main_window import MainWindow

RATE = 44100
TONE_HZ = 1000.0
CLICK_EVERY = RATE // 2


class Killed(BaseException):
    """Ends a window as nothing in it expects."""


def tone_and_clicks(seconds: float, channels: int = 2) -> np.ndarray:
    """A steady tone (harmonic) and short noise bursts (percussive), float32 [channels, samples]."""
    time = np.arange(round(seconds * RATE)) / RATE
    signal = 0.3 * np.sin(2 * np.pi * TONE_HZ * time)
    noise = np.random.default_rng(1).standard_normal(200) * np.exp(-np.arange(200) / 40)
    for start in range(CLICK_EVERY // 2, signal.size - noise.size, CLICK_EVERY):
        signal[start : start + noise.size] += 0.5 * noise
    return np.stack([signal * (1.0 - 0.3 * c) for c in range(channels)]).astype(np.float32)


@pytest.fixture(autouse=True)
def nothing_left_over(qapp):
    """Delete what a test has closed, and on this thread alone: a worker must not collect widgets."""
    gc.disable()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    gc.enable()


@pytest.fixture
def recording(tmp_path):
    """A stereo recording of four seconds."""
    path = tmp_path / "tone and clicks.wav"
    soundfile.write(path, tone_and_clicks(4.0).T, RATE, "FLOAT")
    return path


@pytest.fixture
def long_recording(tmp_path):
    """A stereo recording of a minute, long enough to be interrupted."""
    path = tmp_path / "long.wav"
    soundfile.write(path, tone_and_clicks(60.0).T, RATE, "PCM_16")
    return path


@pytest.fixture
def in_studio(qapp, qtbot, monkeypatch, own_home):
    """Return a function that starts the program with arguments and lets a scenario act on its window."""
    # Qt asks the environment for this folder only once in the life of the process.
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(own_home / ".config"))

    def start(arguments, scenario):
        acted = []

        def act(*_):
            window = next(w for w in qapp.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible())
            window.resize(1280, 800)
            with qtbot.waitExposed(window):
                window.show()
            scenario(window)
            acted.append(True)
            return 0

        monkeypatch.setattr(QApplication, "exec", act)
        assert cli.main([str(argument) for argument in arguments]) == 0
        assert acted

    return start


@pytest.fixture
def crashing(in_studio):
    """Return a function like ``in_studio`` whose window ends in the middle, as by a defect."""

    def start(arguments, scenario):
        def act(window):
            scenario(window)
            raise Killed

        with pytest.raises(BaseException) as caught:  # noqa: PT011
            in_studio(arguments, act)
        assert isinstance(caught.value, Killed | AssertionError | SystemExit)

    return start
