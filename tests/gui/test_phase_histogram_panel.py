"""Histograms of phase differences: of the bin under the pointer, counted once, in the real window."""

import csv
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import soundfile
from gui.gestures import arrived
from gui.test_panes_gestures import drag, hover
from gui.test_panes_managed import choose, opened
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog

from sepstudio.dsp.phase_histograms import CELLS, histogram_steps
from sepstudio.gui.controllers.phase_histograms import PhaseHistogramController
from sepstudio.gui.panels.curve_plot import CurvePlot
from sepstudio.gui.panels.phase_histograms import HINT, PhaseHistogramView
from sepstudio.gui.theme import DARK, LIGHT, apply_theme, current_palette
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain

RATE = 8000


def noise(seconds=6.0):
    samples = 0.1 * np.random.default_rng(4).standard_normal((1, round(seconds * RATE)))
    return AudioClip(samples.astype(np.float32), RATE)


@pytest.fixture
def noisy(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise().samples.T, RATE, "FLOAT")
    return path


@pytest.fixture
def view(qtbot):
    made = PhaseHistogramView()
    qtbot.addWidget(made)
    made.resize(1100, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


def counted(**options):
    return drain(histogram_steps(noise(), fft_size=512, hop_size=128, **options))


def test_a_bin_is_drawn_with_its_means_and_the_expected_shift(view, qtbot):
    assert view.hint.text() == HINT
    assert not view.time.isVisible()
    view.show_histograms(counted(), "noise", RATE)
    view.point_at(101 * RATE / 512)
    qtbot.waitUntil(lambda: "bin 101" in view.time.figure_title)
    assert view.bin.value() == 101
    assert view.place.text().startswith("1\u202f578 Hz")
    before, after, mean, corrected_mean, shift = view.time.plotted()
    # Once around the circle: each point is counted in one cell.
    for outline, corrected in ((before, False), (after, True)):
        area = np.sum(np.diff(outline.across)[::2] * outline.up[::2])
        wanted = counted().of("time", 101, corrected=corrected).sum() * 2 * np.pi / CELLS
        assert area == pytest.approx(wanted)
        assert (outline.across[0], outline.across[-1]) == pytest.approx((-np.pi, np.pi))
        assert outline.up[0] == outline.up[-1]
    assert shift.across == pytest.approx([np.pi / 2] * 2)
    assert mean.across == pytest.approx([np.pi / 2] * 2, abs=0.3)
    assert corrected_mean.across == pytest.approx([0.0] * 2, abs=0.3)
    assert "shift 1.57" in view.time.readout.text()
    assert "shift 3.14" in view.frequency.readout.text()
    top = view.time.plot.span("left")[1]
    assert before.up.max() <= top <= 2 * max(before.up.max(), after.up.max())


def test_the_bin_can_be_chosen_by_key_and_stays_at_its_frequency(view, qtbot):
    view.show_histograms(counted(), "noise", RATE)
    view.bin.setValue(100)
    view.bin.stepUp()
    qtbot.waitUntil(lambda: "bin 101" in view.frequency.figure_title)
    finer = drain(histogram_steps(noise(), fft_size=1024, hop_size=256))
    view.show_histograms(finer, "noise", RATE)
    assert view.bin.value() == 202
    view.say("Nothing")
    assert view.time.plotted() == ()
    assert not view.bin.isEnabled()


def test_silence_has_neither_mean_nor_counts(view, qtbot):
    silent = AudioClip(np.zeros((2, RATE), np.float32), RATE)
    view.show_histograms(drain(histogram_steps(silent, fft_size=512, hop_size=128)), "silence", RATE)
    view.point_at(1000.0)
    qtbot.waitUntil(lambda: "bin 64" in view.time.figure_title)
    assert "nothing before" in view.time.readout.text()
    assert len(view.time.plotted()) == 3
    assert not view.grab().isNull()


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_plots_of_curves_have_a_frame_while_they_have_the_keys(view, qapp, qtbot, palette):
    apply_theme(qapp, palette)
    view.show_histograms(counted(), "noise", RATE)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    plot = view.time.plot
    assert isinstance(plot, CurvePlot)

    def corner():
        return QColor(plot.grab().toImage().pixel(0, 0)).name()

    view.bin.setFocus()
    assert corner() == QColor(current_palette().panel).name()
    plot.setFocus()
    assert corner() == QColor(current_palette().accent).name()
    view.bin.setFocus()
    assert corner() == QColor(current_palette().panel).name()
    apply_theme(qapp, DARK)


# -- in the window ----------------------------------------------------------------------------------


def page(window):
    return next(one for one in window.controllers if isinstance(one, PhaseHistogramController)).panel


def shown(window, qtbot):
    opened(window, qtbot)
    arrived(window)
    qtbot.waitUntil(window.tab.settled, timeout=30_000)
    window.actions_by_id["phase-histograms"].trigger()
    assert window.drawer.page == "phases"
    qtbot.waitUntil(lambda: page(window).histograms is not None, timeout=30_000)
    return page(window)


def point(pane, seconds, hertz):
    place = pane.box.mapViewToScene(QPointF(seconds, float(pane.scale.to_unit(hertz))))
    hover(pane.view.viewport(), pane.view.mapFromScene(place))


def jobs(window):
    titles = []
    window.bridge.started.connect(lambda _job, title: titles.append(title))
    return titles


def test_the_bin_follows_the_pointer_and_nothing_is_counted_twice(in_studio, qtbot, noisy):
    def scenario(window):
        panel = shown(window, qtbot)
        started = jobs(window)
        pane = window.tab.mixture
        assert panel.histograms.fft_size == pane.analysis.fft_size
        for hertz in (500.0, 1000.0, 3000.0):
            point(pane, 3.0, hertz)
            qtbot.waitUntil(lambda hertz=hertz: abs(panel.bin.value() * RATE / 2048 - hertz) < 80, timeout=5_000)
        qtbot.waitUntil(lambda: f"bin {panel.bin.value()}," in panel.time.figure_title)
        wanted = drain(histogram_steps(noise(), fft_size=2048, hop_size=512))
        assert np.array_equal(panel.histograms.counts, wanted.counts)
        assert started == []
        # Another transform is counted anew, and the first one found again.
        first = panel.histograms
        pane.edit_display(fft_size=1024)
        qtbot.waitUntil(lambda: panel.histograms is not None and panel.histograms.fft_size == 1024, timeout=30_000)
        assert started == ["Phase histograms of mixture"]
        pane.edit_display(fft_size=2048)
        assert panel.histograms is first
        window.actions_by_id["phase-histograms"].trigger()
        assert not window.drawer.page

    in_studio([noisy], scenario)


def test_the_selection_is_counted_alone(in_studio, qtbot, noisy):
    def scenario(window):
        panel = shown(window, qtbot)
        pane = window.tab.mixture
        whole = panel.histograms
        y = pane.view.height() / 2
        places = [pane.view.mapFromScene(pane.box.mapViewToScene(QPointF(second, 0.5))) for second in (1.0, 3.0)]
        drag(pane.view.viewport(), *(QPointF(place.x(), y) for place in places))
        assert window.session.selection is not None
        assert panel.histograms is whole
        panel.scope.setCurrentIndex(1)
        panel.scope.activated.emit(1)
        qtbot.waitUntil(lambda: panel.histograms not in (None, whole), timeout=30_000)
        selection = window.session.selection
        wanted = drain(
            histogram_steps(noise(), fft_size=2048, hop_size=512, start=selection.start, stop=selection.stop)
        )
        assert np.array_equal(panel.histograms.counts, wanted.counts)
        assert "0:01–0:0" in panel.place.text()
        window.actions_by_id["select-none"].trigger()
        qtbot.waitUntil(lambda: panel.histograms is whole)

    in_studio([noisy], scenario)


def test_what_was_cancelled_is_counted_when_the_page_is_opened_again(in_studio, qtbot, long_recording):
    def scenario(window):
        opened(window, qtbot)
        window.actions_by_id["phase-histograms"].trigger()
        panel = page(window)
        qtbot.waitUntil(lambda: panel.hint.text().startswith("Counting") or panel.histograms is not None)
        window.bridge.cancel_all()
        qtbot.waitUntil(lambda: panel.hint.text().startswith("Not counted") or panel.histograms is not None)
        if panel.histograms is None:
            window.actions_by_id["phase-histograms"].trigger()
            window.actions_by_id["phase-histograms"].trigger()
        qtbot.waitUntil(lambda: panel.histograms is not None, timeout=60_000)

    in_studio([long_recording], scenario)


def test_counts_are_exported_as_picture_and_as_data(in_studio, qtbot, noisy, tmp_path, monkeypatch):
    def scenario(window):
        panel = shown(window, qtbot)
        panel.bin.setValue(101)
        qtbot.waitUntil(lambda: "bin 101" in panel.frequency.figure_title)
        files = tmp_path / "counts.csv", tmp_path / "counts.svg"
        for path, words in zip(files, (("Export data",), ("Export picture", "On white")), strict=True):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
            choose(panel.frequency.plot.menu(), *words)
            qtbot.waitUntil(lambda path=path: path.exists() and not window.bridge.busy, timeout=30_000)
        text = [line for line in files[0].read_text().splitlines() if not line.startswith("#")]
        rows = list(csv.DictReader(text))
        assert len(rows) == CELLS
        wanted = panel.histograms.of("frequency", 101, corrected=True)
        assert [float(row["without_shifts"]) for row in rows] == wanted.tolist()
        # Letters of another font are elements of their own.
        drawn = "".join(text.strip() for text in ElementTree.parse(files[1]).getroot().itertext())
        for words in ("expected shift", "mean with shifts", "Δf (rad)", "π/2"):
            assert words in drawn

    in_studio([noisy], scenario)
