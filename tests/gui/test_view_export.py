"""Pictures and data of panes, read back by other programs."""

import csv
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from sepstudio.errors import AudioFileError
from sepstudio.gui.exporting.data_files import write_data_steps
from sepstudio.gui.exporting.derived_data import DifferenceData, ShareData
from sepstudio.gui.exporting.figure import LEFT, PICTURE_FORMATS, TOP
from sepstudio.gui.exporting.view_data import LevelData, SampleData
from sepstudio.gui.exporting.views import LEAST_HEIGHT
from sepstudio.gui.panes.layout import PaneSpec
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.kam import KamParams
from sepstudio.tiles.analysis import FrameAnalysis

RATE = 8000
ANALYSIS = FrameAnalysis(512, 128, 2)
TONE_HZ = 1000.0


def tone(seconds=3.0, channels=2):
    samples = 0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(seconds * RATE)) / RATE)
    return AudioClip(np.stack([samples / (c + 1) for c in range(channels)]).astype(np.float32), RATE)


def levels_by_numpy(samples):
    """The spectrogram in dBFS by numpy alone, channels by their maximum; [bins, frames]."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)) * 4 / 512
    padded = np.pad(samples.astype(np.float64), ((0, 0), (256, 512)))
    frames = range(1 + samples.shape[1] // 128)
    spectra = [np.fft.rfft(padded[:, m * 128 : m * 128 + 512] * window, 1024) for m in frames]
    with np.errstate(divide="ignore"):
        return 20 * np.log10(np.abs(np.array(spectra)).max(axis=1)).T


def test_levels_in_npz_are_those_of_the_transform(tmp_path):
    clip = tone()
    path = drain(write_data_steps(tmp_path / "levels.npz", LevelData(clip, 2.0, ANALYSIS, title="tone")))
    with np.load(path, allow_pickle=False) as file:
        values, times, frequencies = file["values"], file["times"], file["frequencies"]
        about = json.loads(str(file["metadata"]))
    expected = levels_by_numpy(clip.samples)
    assert values.dtype == np.float32
    assert values.shape == expected.shape == (frequencies.size, times.size)
    loud = expected > -100
    assert values[loud] == pytest.approx(expected[loud], abs=0.02)
    assert times == pytest.approx(2.0 + np.arange(times.size) * 128 / RATE)
    assert frequencies == pytest.approx(np.arange(513) * RATE / 1024)
    tone_level = values[np.argmin(np.abs(frequencies - TONE_HZ)), times.size // 2]
    assert tone_level == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert (about["unit"], about["window_samples"], about["hop_samples"], about["title"]) == ("dBFS", 512, 128, "tone")


def test_a_stretch_and_a_band_have_only_what_lies_in_them(tmp_path):
    data = LevelData(tone(), 2.0, ANALYSIS, (3.0, 3.2), (900.0, 1100.0))
    with np.load(drain(write_data_steps(tmp_path / "part.npz", data))) as file:
        assert file["times"][0] == pytest.approx(3.008)
        assert file["times"][-1] == pytest.approx(3.184)
        assert 900 <= file["frequencies"].min() <= file["frequencies"].max() <= 1100
    # As short as it is, or beyond the end: there is one column at least.
    for span in ((3.0, 3.0001), (100.0, 200.0), (0.0, 0.5)):
        assert LevelData(tone(), 2.0, ANALYSIS, span).columns == 1


def test_samples_in_csv_are_exact(tmp_path):
    clip = tone(0.5)
    data = SampleData(clip, 1.0, (1.1, 1.2), "two\nlines")
    path = drain(write_data_steps(tmp_path / "samples.csv", data))
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("# ")]
    assert "# title: two lines" in head
    assert "# unit: full scale = 1" in head
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert rows[0] == ["times_s", "channel_1", "channel_2"]
    table = np.array(rows[1:], np.float64)
    assert table.shape == (800, 3)
    assert np.array_equal(table[:, 1:].T.astype(np.float32), clip.samples[:, 800:1600])
    assert table[:, 0] == pytest.approx(1.1 + np.arange(800) / RATE)


def test_levels_in_csv_read_back(tmp_path):
    clip = tone(0.4)
    silent = AudioClip(np.pad(clip.samples, ((0, 0), (0, RATE))), RATE)
    path = drain(write_data_steps(tmp_path / "levels.csv", LevelData(silent, 0.0, ANALYSIS)))
    table = np.genfromtxt(path, delimiter=",", comments="#", skip_header=0)
    names = next(line for line in path.read_text().splitlines() if not line.startswith("#")).split(",")
    assert float(names[1 + 128]) == TONE_HZ
    assert table[1:, 1:].shape == (1 + silent.length // 128, 513)
    assert np.isneginf(table[-1, 1:]).all()
    assert table[10, 1 + 128] == pytest.approx(20 * np.log10(0.5), abs=0.01)


def test_a_long_file_is_never_held_as_a_whole(tmp_path):
    class Watched(AudioClip):
        most = 0

        def read(self, start, stop):
            self.most = max(self.most, stop - start)
            return super().read(start, stop)

    clip = Watched(np.zeros((1, 60 * RATE), np.float32), RATE)
    steps = sum(1 for _ in write_data_steps(tmp_path / "long.npz", LevelData(clip, 0.0, ANALYSIS)))
    assert steps > 100
    assert clip.most < 2 * RATE


@pytest.mark.parametrize("name", ["data.npz", "data.csv"])
def test_what_is_given_up_leaves_what_was_there(tmp_path, name):
    target = tmp_path / name
    target.write_text("before")
    work = write_data_steps(target, SampleData(tone(20.0), 0.0))
    for _ in range(5):
        next(work)
    work.close()
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with pytest.raises(AudioFileError):
        drain(write_data_steps(tmp_path / "missing" / name, SampleData(tone(), 0.0)))


# -- in the window -----------------------------------------------------------------------------


def separated(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
    window.workbench.separate(window.panel.spec, KamParams(iterations=1, spatial=False))
    qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=120_000)
    qtbot.waitUntil(window.tab.settled, timeout=60_000)


def entry(window, pane, menu_name, text):
    """The entry of a pane's menu, as a user finds it."""
    controller = next(c for c in window.controllers if hasattr(c, "menu_of"))
    menu = controller.menu_of(pane)
    sub = next(action.menu() for action in menu.actions() if action.menu() and action.menu().objectName() == menu_name)
    return next(action for action in sub.actions() if action.text() == text), menu


def export(window, qtbot, monkeypatch, pane, menu_name, text, target, chosen=""):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), chosen))
    action, menu = entry(window, pane, menu_name, text)
    assert action.isEnabled()
    action.trigger()
    qtbot.waitUntil(lambda: target.exists() and not window.bridge.busy, timeout=60_000)
    menu.deleteLater()


def test_a_picture_is_as_large_as_asked_and_shows_the_pane(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        pane = window.tab.mixture
        for name, (extension, scale) in PICTURE_FORMATS.items():
            if extension == ".png":
                target, view = tmp_path / f"picture{scale}.png", pane.view.size()
                export(window, qtbot, monkeypatch, pane, "menu.export-picture", "As on screen…", target, name)
                picture = QImage(str(target))
                margins = picture.size() / scale - view.expandedTo(QSize(1, LEAST_HEIGHT))
                assert (margins.width(), margins.height()) == (LEFT + 84, TOP + 52)
        picture = QImage(str(tmp_path / "picture2.png"))
        height = picture.height() / 2 - TOP - 52
        row = 2 * (TOP + (1 - float(pane.scale.to_unit(TONE_HZ))) * height)
        column = 2 * (LEFT + pane.view.width() // 3)
        around = [picture.pixelColor(column, round(row) + d).lightness() for d in range(-6, 7)]
        assert max(around) > 3 * max(picture.pixelColor(column, round(row) + d).lightness() for d in (-60, 60))

    in_studio([recording], scenario)


def test_an_svg_has_letters_lines_and_one_picture_for_each_image(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        for pane, images in ((window.tab.mixture, 2), (window.tab.waveform, 1)):
            target = tmp_path / f"{images}.svg"
            export(window, qtbot, monkeypatch, pane, "menu.export-picture", "On white, in grey…", target)
            tree = ElementTree.parse(target)
            space = "{http://www.w3.org/2000/svg}"
            words = {"".join(text.itertext()).strip() for text in tree.iter(f"{space}text")}
            assert "Time (min:s)" in words
            assert ("Frequency (Hz)" in words) == (images == 2)
            assert len(list(tree.iter(f"{space}image"))) == images
            assert re.search("<(path|polyline|line)", target.read_text())

    in_studio([recording], scenario)


def test_on_white_is_light_in_the_dark_theme(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        pane, wave = window.tab.mixture, window.tab.waveform
        for view, name in ((pane, "grey"), (wave, "wave")):
            export(
                window, qtbot, monkeypatch, view, "menu.export-picture", "On white, in grey…", tmp_path / f"{name}.png"
            )
            picture = QImage(str(tmp_path / f"{name}.png"))
            assert picture.pixelColor(1, 1).lightness() == 255
        grey = QImage(str(tmp_path / "grey.png"))
        colour = grey.pixelColor(LEFT + 40, TOP + 40)
        assert colour.red() == colour.green() == colour.blue()
        # The pane itself has its colours back.
        assert wave.view.grab().toImage().pixelColor(wave.view.width() // 2, 2).lightness() < 60

    in_studio([recording], scenario)


def test_data_of_a_selection_come_from_the_analysis_of_the_pane(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        pane = window.tab.mixture
        pane.edit_display(fft_size=1024, padding=2)
        action, menu = entry(window, pane, "menu.export-data", "Selection…")
        assert not action.isEnabled()
        menu.deleteLater()
        window.timeline.set_selection((1.0, 1.5), (500.0, 2000.0))
        target = tmp_path / "selection.npz"
        export(window, qtbot, monkeypatch, pane, "menu.export-data", "Selection…", target)
        with np.load(target) as file:
            about = json.loads(str(file["metadata"]))
            values, times, frequencies = file["values"], file["times"], file["frequencies"]
        assert (about["window_samples"], about["hop_samples"], about["transform_samples"]) == (1024, 256, 2048)
        assert 1.0 <= times[0] < times[-1] <= 1.5
        assert frequencies[np.argmax(values[:, 5])] == pytest.approx(TONE_HZ, abs=22)
        whole = tmp_path / "whole.csv"
        export(window, qtbot, monkeypatch, window.tab.waveform, "menu.export-data", "Whole recording…", whole)
        lines = whole.read_text(encoding="utf-8").splitlines()
        assert sum(1 for line in lines if not line.startswith("#")) == 1 + 4 * 44100

    in_studio([recording], scenario)


def test_every_kind_of_pane_can_be_exported(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        deck = window.tab.deck
        for kind, targets in (
            ("overlay", ("@stem:0", "@stem:1")),
            ("difference", ("@stem:0", "@stem:1")),
            ("mask", ("@stem:0",)),
        ):
            deck.show_layout(deck.layout.with_pane(PaneSpec(kind, targets)))
        qtbot.waitUntil(window.tab.settled, timeout=60_000)
        for number, pane in enumerate(window.tab.stack.panes):
            target = tmp_path / f"{number}.png"
            export(window, qtbot, monkeypatch, pane, "menu.export-picture", "On white…", target)
            assert QImage(str(target)).width() > pane.view.width()

    in_studio([recording], scenario)


def test_differences_and_shares_are_computed_from_the_levels(tmp_path):
    loud, quiet = tone(), AudioClip(0.25 * tone(2.0).read(0, 2 * RATE), RATE)
    silent = AudioClip(np.zeros((2, RATE), np.float32), RATE)
    difference = DifferenceData([(loud, 0.0), (quiet, 1.0)], ANALYSIS, None, (900.0, 1100.0), "a")
    # Only where there are both, and the tone is a quarter as loud in the second.
    assert difference.coordinates(0, 1)[0] == 1.0
    assert difference.columns == 1 + 2 * RATE // ANALYSIS.hop_size
    middle = difference.values(20, 40)
    assert np.abs(middle[len(middle) // 2] - 20 * np.log10(4)).max() < 0.1
    shares = [ShareData([(loud, 0.0), (quiet, 0.0)], index, ANALYSIS).values(10, 30) for index in (0, 1)]
    assert np.allclose(sum(shares), 1.0, atol=1e-6)
    peak = np.argmax(LevelData(loud, 0.0, ANALYSIS).values(20, 21))
    assert shares[1][peak] == pytest.approx(1 / 17, abs=1e-3)
    assert np.isnan(ShareData([(silent, 0.0)], 0, ANALYSIS).values(0, 3)).all()
    assert not DifferenceData([(silent, 0.0), (silent, 0.0)], ANALYSIS, None, None, "").values(0, 3).any()
    assert np.isposinf(DifferenceData([(loud, 0.0), (silent, 0.0)], ANALYSIS, None, None, "").values(2, 3)).any()


def test_what_a_pane_makes_of_several_recordings_is_exported(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        deck = window.tab.deck
        for targets in (("@stem:0",), ("@stem:1",)):
            deck.show_layout(deck.layout.with_pane(PaneSpec("mask", targets)))
        deck.show_layout(deck.layout.with_pane(PaneSpec("difference", ("@stem:0", "@stem:1"))))
        qtbot.waitUntil(window.tab.settled, timeout=60_000)
        found = []
        for number, pane in enumerate(window.tab.stack.panes[-3:]):
            target = tmp_path / f"{number}.npz"
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, target=target: (str(target), ""))
            pane.view.setFocus()
            window.actions_by_id["export-data"].trigger()
            qtbot.waitUntil(lambda target=target: target.exists() and not window.bridge.busy, timeout=60_000)
            with np.load(target) as file:
                found.append((json.loads(str(file["metadata"])), file["values"]))
        (one, first), (_, second), (difference, levels) = found
        assert (one["quantity"], difference["quantity"], difference["unit"]) == ("share", "level difference", "dB")
        there = ~np.isnan(first)
        assert np.all(first[there] + second[there] <= 1 + 1e-5)
        louder = there & np.isfinite(levels)
        assert np.array_equal(first[louder] > second[louder], levels[louder] > 0)

    in_studio([recording], scenario)


def test_the_name_decides_about_the_format_and_gets_an_extension(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        separated(window, qtbot)
        window.tab.mixture.view.setFocus()
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.b"), ""))
        window.actions_by_id["export-data"].trigger()
        window.actions_by_id["export-picture"].trigger()
        qtbot.waitUntil(lambda: {p.name for p in tmp_path.glob("a.b.*")} == {"a.b.npz", "a.b.png"}, timeout=60_000)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "c.SVG"), ""))
        window.actions_by_id["export-picture"].trigger()
        qtbot.waitUntil((tmp_path / "c.SVG").exists, timeout=60_000)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=60_000)
        assert (tmp_path / "c.SVG").read_text().startswith("<?xml")

    in_studio([recording], scenario)
