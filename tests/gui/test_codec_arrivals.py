"""Directions over time on the codec tab: what rows and colours tell, what is read, and what is exported."""

import csv

import numpy as np
import pytest
import soundfile
from codec_scenes import install_codec
from gui.scenes import RATE, controller, decode, show_codec, write_scene
from PySide6.QtWidgets import QFileDialog

from sepstudio.dsp.ambisonics import degrees, spherical_harmonics
from sepstudio.dsp.intensity import arrival
from sepstudio.gui.codec.arrival_pane import EMPTY
from sepstudio.gui.codec.arrival_view import ArrivalView
from sepstudio.gui.controllers.codec_arrivals import TITLE, CodecArrivalController
from sepstudio.metrics.covariance_track import BANDS

SECONDS = 2.0
# 440 Hz lies between 354 and 707 Hz.
TONE = 3


def ready(window, qtbot):
    show_codec(window, qtbot)
    window.codec.tab.lower.choose(TITLE)
    panes = controller(window, CodecArrivalController)
    qtbot.waitUntil(lambda: panes.reference.filled, timeout=20_000)
    return panes


def pick(choice, word):
    next(action for action in choice.menu().actions() if action.data() == word).trigger()


def test_directions_lie_below_the_same_seconds_and_are_compared(in_studio, qtbot, tmp_path, monkeypatch):
    path = write_scene(tmp_path / "scene.wav", SECONDS)
    install_codec()

    def scenario(window):
        panes = ready(window, qtbot)
        view = panes.reference.arrivals
        assert (view.bands, view.hops) == (BANDS, 20)
        wanted = 90.0 - 180.0 * (np.arange(20) + 0.5) / 20
        np.testing.assert_allclose(view.arrival.azimuth[TONE], wanted, atol=5.0)
        assert view.arrival.diffuseness[TONE].max() < 0.2
        # Rows go upwards with their frequency; hops of the noise come from behind.
        told = panes.reference.readout(1.05, (TONE + 0.5) / BANDS)
        assert told.startswith("350–710 Hz: azimuth −")
        np.testing.assert_allclose(view.arrival.azimuth[7], 150.0, atol=3.0)
        assert panes.other.arrivals is None
        left, above = (
            pane.view.mapTo(window, pane.view.rect().topLeft()).x()
            for pane in (panes.reference, window.codec.views.panes["reference"])
        )
        assert left == above
        decode(window, qtbot)
        qtbot.waitUntil(lambda: panes.other.filled, timeout=20_000)
        assert panes.other.arrivals.reference is not None
        assert "off, diffuseness" in panes.other.readout(1.05, (TONE + 0.5) / BANDS)
        pick(panes.quantity, "diffuseness")
        assert panes.reference.entries()[0][0] == "reference, diffuseness"
        pick(panes.shown, "decoded")
        assert panes.other.arrivals.reference is None
        for name in ("directions.csv", "directions.png"):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name, **__: (str(tmp_path / name), ""))
            menu = panes.reference.menu()
            picked = [action for action in menu.actions() if action.text().startswith("Export data")]
            if name.endswith("png"):
                picked = menu.actions()[0].menu().actions()
            picked[0].trigger()
            qtbot.waitUntil((tmp_path / name).exists, timeout=20_000)
        lines = (tmp_path / "directions.csv").read_text().splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert len(rows) == 20 * BANDS
        assert float(rows[TONE * 20]["azimuth_deg"]) == pytest.approx(view.arrival.azimuth[TONE, 0], abs=1e-3)

    in_studio([path], scenario)


def test_stereo_has_a_line_that_says_what_belongs_here(in_studio, qtbot, recording):
    def scenario(window):
        show_codec(window, qtbot)
        window.codec.tab.lower.choose(TITLE)
        panes = controller(window, CodecArrivalController)
        assert panes.reference.arrivals is None
        assert panes.reference._empty.text() == panes.other._empty.text() == EMPTY

    in_studio([recording], scenario)


def test_silence_is_shown_as_such(in_studio, qtbot, tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros((RATE, 16), np.float32), RATE, "FLOAT")

    def scenario(window):
        panes = ready(window, qtbot)
        pixels = panes.reference.arrivals.pixels("azimuth", "#102030")
        assert (pixels == 0xFF102030).all()
        assert panes.reference.readout(0.5, 0.01).startswith("below 88 Hz: silence")

    in_studio([path], scenario)


def view_of(covariances, reference=None):
    shape = (1, len(covariances), *covariances[0].shape)
    against = arrival(np.reshape(reference, shape)) if reference is not None else None
    return ArrivalView("one", 10.0, 0.5, arrival(np.reshape(covariances, shape)), against, 0.0)


def wave(azimuth, elevation=0.0):
    played = spherical_harmonics(np.radians(azimuth), np.radians(elevation), 1)
    return np.outer(played, played)


def test_colours_tell_directions_and_fade_where_there_are_none():
    diffuse = np.diag(1.0 / (2 * degrees(1) + 1))
    ground = "#102030"
    view = view_of([wave(60), wave(-60), diffuse, np.zeros((4, 4)), wave(0, 60), wave(0, -60)])
    left, right, everywhere, silence, *_ = view.pixels("azimuth", ground)[0]
    assert left != right
    assert everywhere == silence == 0xFF102030
    assert view.pixels("diffuseness", ground)[0, 2] != silence
    above, below = (
        (int(pixel) >> 16 & 0xFF) - (int(pixel) & 0xFF) for pixel in view.pixels("elevation", ground)[0, 4:]
    )
    assert above > 60 > -60 > below
    assert view.text_at(0, 10.1) == "below 88 Hz: azimuth 60°, elevation 0°, diffuseness 0.00, 0.0 dB"
    assert view.text_at(0, 11.6) == "below 88 Hz: silence"
    assert view.text_at(0, 9.9) == view.text_at(1, 10.1) == view.text_at(0, 13.1) == ""


def test_what_is_off_is_bright():
    view = view_of([wave(0), wave(60), np.zeros((4, 4))], [wave(0), wave(0), np.zeros((4, 4))])
    np.testing.assert_allclose(view.apart[0], [0.0, 60.0, np.nan], atol=1e-6)
    same, off, silence = ((int(pixel) >> 8 & 0xFF) for pixel in view.pixels("azimuth", "#000000")[0])
    assert off > 200 > same
    assert silence == 0
    assert view.text_at(0, 10.6).endswith("60° off, diffuseness +0.00")
    assert len(view.table().columns["apart_deg"]) == 3
