"""Panes of phase features: colours whose ends meet, what is painted, read out, edited, kept and exported."""

import json

import numpy as np
import pytest
from gui.conftest import RATE, TONE_HZ
from gui.gestures import arrived, picture_of
from gui.test_panes_managed import choose, controller, kinds, opened, titles
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog

from sepstudio.dsp.phase import phase_derivatives
from sepstudio.gui.exporting.data_files import write_data_steps
from sepstudio.gui.exporting.figure import LEFT, TOP
from sepstudio.gui.exporting.phase_views import PhaseData
from sepstudio.gui.exporting.views import view_data
from sepstudio.gui.items.cyclic_colours import CYCLIC_MAPS, GREY_CIRCLE, PHASE, angle_table, cyclic_gradient
from sepstudio.gui.panes.display import Display, display_from
from sepstudio.gui.panes.layout import SOURCE, Layout, PaneSpec, layout_from
from sepstudio.gui.panes.phases import TimePhasePane
from sepstudio.gui.theme import DARK
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.tiles.angles import STEPS
from sepstudio.tiles.decibels import db_to_code
from sepstudio.tiles.phases import PhaseAnalysis

BIN_HZ = RATE / 2048
DEVIATION_HZ = TONE_HZ - round(TONE_HZ / BIN_HZ) * BIN_HZ


def cube_roots(rgb):
    """Oklab of sRGB colours of 0 to 255 [n, 3], by the matrices of its author in the other direction."""
    share = rgb / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(linear @ to_cones.T) @ to_lab.T


def around(colours, reach):
    """The distance of each colour from the one that many entries on, round the circle."""
    lab = cube_roots(colours)
    return np.linalg.norm(np.roll(lab, -reach, axis=0) - lab, axis=1)


@pytest.mark.parametrize("name", CYCLIC_MAPS)
def test_the_ends_of_every_map_of_angles_meet(name):
    steps = around(cyclic_gradient(name), 8)
    # Across the seam no step is larger than elsewhere.
    assert steps[-8:].max() <= 1.05 * steps[:-8].max()
    assert steps.max() < 0.12


def test_our_map_of_angles_is_even_all_around_and_no_angle_is_brighter():
    colours = cyclic_gradient(PHASE)
    steps = around(colours, 16)
    assert steps.max() / steps.min() < 1.1
    lightness = cube_roots(colours)[:, 0]
    assert np.ptp(lightness) < 0.01
    # Opposite angles have opposite hues.
    lab = cube_roots(colours)[:, 1:]
    assert np.abs(lab + np.roll(lab, STEPS // 2, axis=0)).max() < 0.01


def rgb(pixel):
    return tuple(int(pixel) >> shift & 255 for shift in (16, 8, 0))


def test_quiet_points_are_darker_and_silent_ones_are_the_ground():
    ground = QColor(DARK.window).getRgb()[:3]
    table = angle_table(PHASE, DARK.window, (-90.0, -10.0))
    assert table.shape == (65536,)
    zero = STEPS // 2
    full = np.array(rgb(table[255 * 256 + zero]))
    assert full == pytest.approx(cyclic_gradient(PHASE)[zero], abs=1)
    distance = [np.abs(np.subtract(rgb(table[code * 256 + zero]), full)).sum() for code in (64, 100, 150, 200, 255)]
    assert distance == sorted(distance, reverse=True)
    assert len(set(distance)) > 3
    for plain in (table, angle_table(PHASE, DARK.window)):
        assert {rgb(pixel) for pixel in plain[:256]} == {ground}
    assert rgb(angle_table(PHASE, DARK.window)[256 + zero]) == tuple(full)


def pane_in(window, qtbot, *words):
    opened(window, qtbot)
    choose(controller(window).add_menu(), *words)
    arrived(window)
    qtbot.waitUntil(window.tab.settled, timeout=30_000)
    return window.tab.stack.panes[-1]


def words_at(pane, seconds, hertz):
    return pane.readout(seconds, float(pane.scale.to_unit(hertz)))


def number_before(words, unit):
    return float(words.partition(f" {unit}")[0].rpartition(" ")[2].replace("\u2212", "-"))


def pixels_at(pane, seconds, hertz):
    """The colours of three rows of pixels around a place: fonts decide to which a bin belongs."""
    image = picture_of(pane)
    start, stop = pane.timeline.visible
    x = round((seconds - start) / (stop - start) * image.width())
    bottom, top = pane.heights
    y = round((top - float(pane.scale.to_unit(hertz))) / (top - bottom) * image.height() - 0.5)
    return [np.array(QColor(image.pixel(QPoint(x, row))).getRgb()[:3]) for row in (y - 1, y, y + 1)]


def apart(colours, others):
    """How far the nearest of some colours and some others are apart."""
    return min(np.abs(np.subtract(one, other)).max() for one in colours for other in others)


def test_a_steady_tone_reads_how_far_it_lies_from_its_bin_and_is_painted_so(in_studio, qtbot, recording):
    def scenario(window):
        pane = pane_in(window, qtbot, "Phase difference along time", "Recording on show")
        assert isinstance(pane, TimePhasePane)
        assert kinds(window)[-1] == "dt"
        assert titles(window)[-1] == "Δt of mixture"
        assert pane.legend.isVisible()
        window.timeline.set_visible(1.0, 1.2)
        pane.set_heights(0.0, 0.5)
        words = words_at(pane, 1.1, TONE_HZ)
        assert number_before(words, "Hz  \u2212") == pytest.approx(DEVIATION_HZ, abs=0.5)
        wanted = 2 * np.pi * DEVIATION_HZ * 512 / RATE
        assert number_before(words, "rad") == pytest.approx(wanted, abs=0.02)
        assert "silent" not in words
        entry = round((wanted + np.pi) / (2 * np.pi) * STEPS)
        code = db_to_code(20 * np.log10(0.3))
        assert apart(pixels_at(pane, 1.1, TONE_HZ), [rgb(pane.table()[code * 256 + entry])]) < 16
        # Away from the clicks there is nothing but the tone.
        assert "silent" in words_at(pane, 0.002, TONE_HZ)

    in_studio([recording], scenario)


def test_with_shifts_the_angle_is_another_and_the_tone_the_same(in_studio, qtbot, recording):
    def scenario(window):
        pane = pane_in(window, qtbot, "Phase difference along time", "Recording on show")
        panel = pane.display_panel()
        before = words_at(pane, 1.1, TONE_HZ)
        assert not panel.findChild(QCheckBox, "dt.display-panel.padding").isVisibleTo(panel)
        panel.findChild(QCheckBox, "dt.display-panel.corrected").click()
        assert titles(window)[-1] == "Δt of mixture, with shifts"
        qtbot.waitUntil(lambda: pane.settled and words_at(pane, 1.1, TONE_HZ) != before, timeout=30_000)
        after = words_at(pane, 1.1, TONE_HZ)
        turned = number_before(after, "rad") - number_before(before, "rad")
        # Half a turn: bin 46 at 75 % overlap.
        assert abs(turned) == pytest.approx(np.pi, abs=0.03)
        assert number_before(after, "Hz  \u2212") == pytest.approx(DEVIATION_HZ, abs=0.5)
        colours = panel.findChild(QComboBox, "dt.display-panel.circle")
        colours.setCurrentIndex(colours.findData(GREY_CIRCLE))
        panel.findChild(QCheckBox, "dt.display-panel.weighted").click()
        assert not pane.contrast.isVisible()
        spec = window.tab.deck.layout.panes[-1]
        assert (spec.display.corrected, spec.display.weighted, spec.display.phase_colours) == (
            False,
            False,
            GREY_CIRCLE,
        )
        kept = layout_from(json.loads(json.dumps(window.session.view["panes"])))
        assert kept.panes[-1] == spec

    in_studio([recording], scenario)


def test_a_click_reads_when_it_comes_within_its_frame(in_studio, qtbot, recording):
    def scenario(window):
        pane = pane_in(window, qtbot, "Phase difference along frequency", "Recording on show")
        panel = pane.display_panel()
        click = 11025 / RATE
        assert pane.analysis == PhaseAnalysis(2048, 512, 1, 0, "frequency", True)
        frame = round(click * RATE / 512)
        window.timeline.set_visible(0.2, 0.3)
        pane.set_heights(0.7, 0.9)
        found = [number_before(words_at(pane, frame * 512 / RATE, hertz), "ms") for hertz in (5e3, 6e3, 7e3, 8e3, 9e3)]
        # The burst decays within a millisecond or two.
        assert np.median(found) == pytest.approx(1000 * (click - frame * 512 / RATE), abs=2.0)
        panel.findChild(QCheckBox, "df.display-panel.corrected").click()
        qtbot.waitUntil(lambda: pane.settled, timeout=30_000)
        again = [number_before(words_at(pane, frame * 512 / RATE, hertz), "ms") for hertz in (5e3, 6e3, 7e3, 8e3, 9e3)]
        assert again == pytest.approx(found, abs=0.2)

    in_studio([recording], scenario)


def test_the_phase_itself_has_no_shifts_to_take_off(in_studio, qtbot, recording):
    def scenario(window):
        pane = pane_in(window, qtbot, "Phase", "Recording on show")
        # The first entry that begins so is that of a difference.
        choose(controller(window).menu_of(pane), "Remove")
        window.tab.deck.show_layout(Layout((PaneSpec("phase", (SOURCE,)),)))
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        (pane,) = window.tab.stack.panes
        panel = pane.display_panel()
        assert not panel.findChild(QCheckBox, "phase.display-panel.corrected").isVisibleTo(panel)
        assert titles(window) == ["φ of mixture"]
        words = words_at(pane, 1.1, TONE_HZ)
        assert "φ " in words
        assert " rad  " in words

    in_studio([recording], scenario)


def test_displays_of_phases_survive_json_and_nonsense():
    display = Display(corrected=False, weighted=False, phase_colours=GREY_CIRCLE)
    assert display_from(json.loads(json.dumps(display.to_json()))) == display
    assert display_from({"corrected": "no", "phase_colours": "rainbow"}) == Display()


@pytest.mark.parametrize(("feature", "place"), [("time", 0), ("frequency", 1)])
def test_exported_angles_are_those_of_the_features(tmp_path, feature, place):
    samples = 0.1 * np.random.default_rng(3).standard_normal((1, 20_000)).astype(np.float32)
    data = PhaseData(AudioClip(samples, 8000), 1.0, PhaseAnalysis(512, 128, feature=feature), title="noise")
    with np.load(drain(write_data_steps(tmp_path / "angles.npz", data)), allow_pickle=False) as file:
        values, about = file["values"], json.loads(str(file["metadata"]))
    wanted = phase_derivatives(samples[0], fft_size=512, hop_size=128, reference=128.0)[place]
    assert np.array_equal(values, wanted)
    assert (about["unit"], about["shifts_of_the_transform"]) == ("rad", "subtracted")


def test_a_figure_has_the_colours_of_the_pane_and_a_bar_in_radians(in_studio, qtbot, recording, tmp_path, monkeypatch):
    def scenario(window):
        pane = pane_in(window, qtbot, "Phase difference along time", "Recording on show")
        window.timeline.set_visible(1.0, 1.2)
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        for look, name in (("As on screen", "screen.png"), ("On white, in grey", "grey.svg")):
            path = tmp_path / name
            answer = (str(path), "PNG, as large as on screen (*.png)")
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, answer=answer: answer)
            choose(controller(window).menu_of(pane), "Export picture", look)
            qtbot.waitUntil(lambda path=path: path.exists() and not window.bridge.busy, timeout=30_000)
        image = QImage(str(tmp_path / "screen.png"))
        x = LEFT + round(0.5 * pane.view.width())
        y = TOP + round((1 - float(pane.scale.to_unit(TONE_HZ))) * (image.height() - TOP - 52) - 0.5)
        seen = [QColor(image.pixel(x, row)).getRgb()[:3] for row in (y - 1, y, y + 1)]
        assert apart(pixels_at(pane, 1.1, TONE_HZ)[1:2], seen) < 16
        drawn = (tmp_path / "grey.svg").read_text()
        assert "π/2" in drawn
        assert ">rad<" in drawn
        data = view_data(pane, pane.sounds[0], (1.0, 1.1), None)
        assert data.quantity == "phase difference along time"

    in_studio([recording], scenario)
