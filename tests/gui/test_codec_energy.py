"""Energy maps of the codec tab: where the sound of a scene is seen, flat and on a globe, and what is told of it."""

import csv

import numpy as np
import pytest
from codec_scenes import install_codec
from gui.scenes import RATE, controller, decode, scene, show_codec, write_scene
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from sepstudio.dsp.energy_map import COLUMNS, ROWS, energy_map, grid, loudest
from sepstudio.gui.codec.energy_picture import LevelScale
from sepstudio.gui.codec.energy_spheres import FlatEnergy, GlobeEnergy
from sepstudio.gui.codec.energy_view import HINT
from sepstudio.gui.codec.sphere import FRONT, Facing, flat_sampler, globe_direction, globe_place, globe_sampler
from sepstudio.gui.controllers.codec_energy import CodecEnergyController
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection

SECONDS = 2.0
ACROSS, DOWN = grid()


def ready(window, qtbot, title="Energy map"):
    show_codec(window, qtbot)
    lower = window.codec.tab.lower
    lower.choose(title)
    view = controller(window, CodecEnergyController).view
    assert lower.stack.currentWidget() is view
    qtbot.waitUntil(lambda: view.picture.filled, timeout=20_000)
    return view


def choose(box, name):
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_the_map_follows_the_playhead_from_left_to_right(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", SECONDS)

    def scenario(window):
        view = ready(window, qtbot)
        for seconds in (0.5, 1.0, 1.5):
            window.player.seek(seconds)
            # The hops around it reach half a hop further to the right of the middle than to its left.
            wanted = 90.0 - 180.0 * (seconds + 0.05) / SECONDS
            qtbot.waitUntil(lambda w=wanted: abs(loudest(view.picture.maps[0])[0] - w) < 8.0, timeout=10_000)
            assert abs(loudest(view.picture.maps[0])[1]) < 8.0
        assert view.picture.scale.peak == pytest.approx(-12.0, abs=3.0)
        view.hold.setChecked(True)
        window.player.seek(0.5)
        left = (ROWS // 2, int(np.argmin(np.abs(ACROSS - 40.0))))
        qtbot.waitUntil(lambda: view.picture.maps[0][left] > -20.0, timeout=10_000)
        held = view.picture.maps[0][left]
        window.player.seek(1.5)
        right = (ROWS // 2, int(np.argmin(np.abs(ACROSS + 48.0))))
        qtbot.waitUntil(lambda: view.picture.maps[0][right] > -20.0, timeout=10_000)
        assert view.picture.maps[0][left] == held
        assert "peaks held" in view.picture.figure_title

    in_studio([path], scenario)


def test_reference_decoded_and_difference_of_stretches_and_bands(in_studio, qtbot, tmp_path):
    path, x = write_scene(tmp_path / "scene.wav", SECONDS), scene(SECONDS)
    install_codec()

    def scenario(window):
        view = ready(window, qtbot)
        choose(view.scope, "whole")
        np.testing.assert_allclose(view.picture.maps[0], energy_map(np.cov(x, bias=True)), atol=1e-3)
        window.session.stack.push(SetSelection(window.session, Selection(round(0.5 * RATE), round(0.8 * RATE))))
        choose(view.scope, "selection")
        part = x[:, round(0.5 * RATE) : round(0.8 * RATE)]
        np.testing.assert_allclose(view.picture.maps[0], energy_map(np.cov(part, bias=True)), atol=1e-3)
        run = decode(window, qtbot)
        qtbot.waitUntil(lambda: len(view.picture.maps) == 3, timeout=20_000)
        decoded = window.session.clip(run.stem_ids[0]).read(round(0.5 * RATE), round(0.8 * RATE))
        reference, shown, difference = view.picture.maps
        np.testing.assert_allclose(shown, energy_map(np.cov(decoded, bias=True)), atol=1e-2)
        np.testing.assert_array_equal(difference, shown - reference)
        # The tone lies in one octave, the noise behind in all of them.
        view.band.setValue(4)
        assert view.band_text.text() == "350–710 Hz"
        assert abs(loudest(view.picture.maps[0])[1]) < 8.0
        view.band.setValue(8)
        assert loudest(view.picture.maps[0])[:2] == pytest.approx((150.0, 20.0), abs=5.0)
        view.peak.setValue(-30)
        view.range.setValue(40)
        assert view.picture.scale == LevelScale(-30.0, 40.0)

    in_studio([path], scenario)


def test_a_direction_is_read_and_all_are_exported(in_studio, qtbot, tmp_path, monkeypatch):
    path = write_scene(tmp_path / "scene.wav", 1.0)

    def scenario(window):
        view = ready(window, qtbot)
        choose(view.scope, "whole")
        picture = view.picture
        cell = (0, 14, 8)
        level = f"{picture.maps[0][14, 8]:.1f} dB".replace("-", "−")
        place = picture.place_of(ACROSS[8], DOWN[14], picture.field(0)).toPoint()
        QTest.mouseMove(picture, QPoint(1, 1))
        QTest.mouseMove(picture, place)
        expected = f"azimuth 138°, elevation 18°: reference {level}"
        qtbot.waitUntil(lambda: picture.accessibleDescription() == expected)
        assert picture.index == cell
        assert window.activity._readout.text() == expected
        picture.setFocus()
        QTest.keyClick(picture, Qt.Key.Key_Down)
        assert picture.index == (0, 15, 8)
        for name in ("map.csv", "map.svg", "map.png"):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name, **__: (str(tmp_path / name), ""))
            menu = picture.menu()
            picked = [action for action in menu.actions() if action.text().startswith("Export data")]
            if name != "map.csv":
                picked = menu.actions()[0].menu().actions()
            picked[0].trigger()
            qtbot.waitUntil((tmp_path / name).exists, timeout=20_000)
        lines = (tmp_path / "map.csv").read_text().splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert len(rows) == ROWS * COLUMNS
        row = rows[14 * COLUMNS + 8]
        assert (float(row["azimuth_deg"]), float(row["elevation_deg"])) == (137.5, 17.5)
        assert float(row["reference_db"]) == pytest.approx(picture.maps[0][14, 8], abs=1e-3)

    in_studio([path], scenario)


def test_stereo_has_a_line_that_says_what_belongs_here(in_studio, qtbot, recording):
    def scenario(window):
        show_codec(window, qtbot)
        window.codec.tab.lower.choose("Globe")
        view = controller(window, CodecEnergyController).view
        assert view.hint.text() == HINT
        assert view.hint.isVisible()
        assert not view.band.isEnabled()

    in_studio([recording], scenario)


# -- pictures ------------------------------------------------------------------------------------


def spot(row, column, level=0.0):
    levels = np.full((ROWS, COLUMNS), -60.0)
    levels[row - 2 : row + 3, column - 2 : column + 3] = level
    return levels


def shown(picture, qtbot, maps):
    qtbot.addWidget(picture)
    picture.show_maps(maps, LevelScale(0.0, 30.0), "all", "Decoded 1")
    picture.fit(900, 220)
    return picture


def colour_at(picture, place):
    image = picture.grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(place.x() * ratio), int(place.y() * ratio))


def test_the_left_is_seen_at_the_left_and_louder_is_red(qtbot):
    row, column = 15, 12
    picture = shown(FlatEnergy(), qtbot, [spot(row, column, -20.0), spot(row, column, 0.0)])
    field = picture.field(1)
    place = picture.place_of(ACROSS[column], DOWN[row], field)
    assert place.x() < field.center().x()
    assert place.y() < field.center().y()
    # Beside the ring around the loudest direction.
    beside = picture.place_of(ACROSS[column + 1], DOWN[row + 1], field)
    assert colour_at(picture, beside).lightness() > 180
    assert colour_at(picture, QPointF(field.right() - 12, field.bottom() - 12)).lightness() < 20
    difference = colour_at(picture, picture.place_of(ACROSS[column], DOWN[row], picture.field(2)))
    assert difference.red() > difference.blue() + 60
    assert picture.seen_difference()[row, column] == 20.0
    assert np.count_nonzero(picture.seen_difference()) == 25


def test_samplers_read_cells_and_go_on_behind():
    levels = np.add.outer(DOWN, np.abs(ACROSS))
    flat = flat_sampler(2 * COLUMNS, 2 * ROWS)(levels)
    np.testing.assert_allclose(flat[1:-1, 0], flat[1:-1, -1])
    # Between cells by straight lines: of a plane each pixel has its own direction.
    wanted = 90.0 - 2.5 * (20 + 0.5) + 180.0 - 2.5 * (14 + 0.5)
    assert flat[20, 14] == pytest.approx(wanted, abs=1e-3)
    globe = globe_sampler(101, Facing(90.0, 0.0))
    read = globe(levels)
    assert read[50, 50] == pytest.approx(90.0, abs=1e-3)
    assert not globe.inside[0, 0]
    assert globe.inside[50].all()


def test_the_globe_is_turned_by_hand_and_by_keys(qtbot):
    picture = shown(GlobeEnergy(), qtbot, [spot(18, 36)])
    field = picture.field(0)
    assert picture.place_of(90.0, 0.0, field).x() == pytest.approx(field.left())
    assert picture.place_of(180.0, 0.0, field) is None
    picture.show()
    middle = field.center().toPoint()
    QTest.mousePress(picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(picture, middle + QPoint(20, 0))
    QTest.mouseRelease(picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle + QPoint(20, 0))
    qtbot.waitUntil(lambda: picture.facing != FRONT)
    # The globe goes along with the hand: more of the left comes into view.
    assert picture.facing.azimuth > 0
    assert picture.place_of(0.0, 0.0, field).x() > field.center().x()
    QTest.keyClick(picture, Qt.Key.Key_Home)
    assert picture.facing == FRONT
    QTest.keyClick(picture, Qt.Key.Key_Right)
    QTest.keyClick(picture, Qt.Key.Key_Up)
    assert picture.facing == Facing(-10.0, 10.0)
    QTest.keyClick(picture, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert picture.index is not None
    assert picture.facing.turned(0.0, 200.0).elevation == 90.0


@pytest.mark.parametrize("facing", [FRONT, Facing(120.0, 35.0), Facing(-60.0, -90.0)])
def test_directions_of_a_globe_go_to_places_and_back(facing):
    right, down, near = globe_place(facing.azimuth, facing.elevation, facing)
    assert (right, down, near) == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)
    for place in ((0.3, -0.5), (-0.8, 0.1)):
        azimuth, elevation = globe_direction(*place, facing)
        assert globe_place(azimuth, elevation, facing)[:2] == pytest.approx(place)
    assert globe_direction(0.8, 0.8, facing) is None
