"""Transforms of real signals, before and after scipy is loaded."""

import subprocess
import sys

import numpy as np
import pytest

from sepstudio.dsp.fourier import irfft, rfft, rfft_at_once

SIGNALS = np.random.default_rng(1).standard_normal((3, 2000)).astype(np.float32)


@pytest.mark.parametrize("size", [1024, 2000, 4096])
def test_a_transform_at_once_equals_the_usual_one(monkeypatch, size):
    usual = rfft(SIGNALS, size)
    assert np.array_equal(rfft_at_once(SIGNALS, size), usual)
    monkeypatch.delitem(sys.modules, "scipy.fft")
    at_once = rfft_at_once(SIGNALS, size)
    assert at_once.dtype == np.complex64
    assert np.abs(at_once - usual).max() <= 1e-6 * np.abs(usual).max()


def test_a_transform_there_and_back_gives_the_signal():
    back = irfft(rfft(SIGNALS), SIGNALS.shape[1])
    assert back.dtype == np.float32
    assert np.allclose(back, SIGNALS, atol=1e-6)


def test_a_transform_at_once_loads_no_scipy():
    program = (
        "import sys, numpy as np; from sepstudio.dsp.fourier import rfft_at_once; "
        "rfft_at_once(np.zeros(64, np.float32)); print(any(name.startswith('scipy') for name in sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
