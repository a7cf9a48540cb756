"""The covariance area of the codec tab: what it says of a scene, of decoded ones, of stretches and bands."""

import csv

import numpy as np
import pytest
from codec_scenes import install_codec
from gui.scenes import RATE, controller, decode, scene, show_codec, write_scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from sepstudio.codec import covariance_loss
from sepstudio.gui.codec.covariance_picture import CovariancePicture
from sepstudio.gui.codec.covariance_view import HINT, band_text
from sepstudio.gui.controllers.codec_covariance import CodecCovarianceController
from sepstudio.io.hoa import FUMA
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection
from sepstudio.session.scene_commands import SetConvention

SECONDS = 2.0


def ready(window, qtbot):
    show_codec(window, qtbot)
    view = controller(window, CodecCovarianceController).view
    qtbot.waitUntil(lambda: view.compared is not None, timeout=20_000)
    return view


def test_a_scene_alone_then_beside_what_was_decoded(in_studio, qtbot, tmp_path):
    path, x = write_scene(tmp_path / "scene.wav", SECONDS), scene(SECONDS)
    install_codec()

    def scenario(window):
        view = ready(window, qtbot)
        (reference,) = view.picture.matrices
        np.testing.assert_allclose(reference, np.corrcoef(x), atol=1e-5)
        assert view.error_text.text() == "encode to compare"
        run = decode(window, qtbot)
        qtbot.waitUntil(lambda: view.compared is not None and view.compared.decoded is not None, timeout=20_000)
        decoded = window.session.clip(run.stem_ids[0]).read(0, x.shape[1])
        reference, shown, difference = view.picture.matrices
        np.testing.assert_allclose(shown, np.corrcoef(decoded), atol=1e-4)
        np.testing.assert_allclose(difference, shown - reference)
        assert float(view.error_text.text().split()[1]) == pytest.approx(covariance_loss(x, decoded), abs=0.02)
        # The bands are told, and looked up at once.
        view.band.setFocus()
        QTest.keyClick(view.band, Qt.Key.Key_Right)
        assert view.band_text.text() == band_text(0) == "below 88 Hz"
        assert not np.allclose(view.picture.matrices[0], reference)
        view.view.setCurrentIndex(1)
        view.view.activated.emit(1)
        assert view.errors.isVisible()
        assert len(view.errors.plotted()[0].up) == 20
        assert "below 88 Hz: mean" in view.errors.head()[0][1]
        # What was looked at is there again at once.
        window.session.stack.undo()
        qtbot.waitUntil(lambda: len(view.picture.matrices) == 1, timeout=20_000)

    in_studio([path], scenario)


def test_the_selection_and_the_playhead(in_studio, qtbot, tmp_path):
    path, x = write_scene(tmp_path / "scene.wav", SECONDS), scene(SECONDS)

    def scenario(window):
        view = ready(window, qtbot)
        window.session.stack.push(SetSelection(window.session, Selection(round(0.5 * RATE), round(0.8 * RATE))))
        view.scope.setCurrentIndex(1)
        view.scope.activated.emit(1)
        part = np.corrcoef(x[:, round(0.5 * RATE) : round(0.8 * RATE)])
        np.testing.assert_allclose(view.picture.matrices[0], part, atol=1e-5)
        view.scope.setCurrentIndex(2)
        view.scope.activated.emit(2)
        window.player.seek(1.9)
        last = np.corrcoef(x[:, round(1.0 * RATE) :])
        qtbot.waitUntil(lambda: np.allclose(view.picture.matrices[0], last, atol=1e-5), timeout=5_000)
        assert view.picture.figure_title == "Correlations of channels, 0:01.0 to 0:02.0, all frequencies"

    in_studio([path], scenario)


def test_a_pair_is_read_and_all_are_exported(in_studio, qtbot, tmp_path, monkeypatch):
    path, x = write_scene(tmp_path / "scene.wav", 1.0), scene(1.0)

    def scenario(window):
        view = ready(window, qtbot)
        picture = view.picture
        place = picture.rect_of((0, 1, 3)).center().toPoint()
        QTest.mouseMove(picture, QPoint(1, 1))
        QTest.mouseMove(picture, place)
        value = f"{np.corrcoef(x)[1, 3]:+.2f}".replace("-", "−")
        expected = f"Y (ACN 1) with X (ACN 3): reference {value}"
        qtbot.waitUntil(lambda: picture.accessibleDescription() == expected)
        assert window.activity._readout.text() == expected
        picture.setFocus()
        QTest.keyClick(picture, Qt.Key.Key_Down)
        assert picture.index == (0, 2, 3)
        for name in ("pairs.csv", "matrices.svg", "matrices.png"):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name, **__: (str(tmp_path / name), ""))
            menu = picture.menu()
            picked = [action for action in menu.actions() if action.text().startswith("Export data")]
            if name != "pairs.csv":
                picked = menu.actions()[0].menu().actions()
            picked[0].trigger()
            qtbot.waitUntil((tmp_path / name).exists, timeout=20_000)
        lines = (tmp_path / "pairs.csv").read_text().splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert len(rows) == 256
        assert rows[19]["pair"] == "Y-X"
        assert float(rows[19]["reference"]) == pytest.approx(np.corrcoef(x)[1, 3], abs=1e-4)

    in_studio([path], scenario)


def test_furse_and_malhams_sequence_is_sorted_first(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 1.0)

    def scenario(window):
        view = ready(window, qtbot)
        before = view.picture.matrices[0]
        window.session.stack.push(SetConvention(window.session, "source-1", FUMA))
        qtbot.waitUntil(lambda: view.compared is not None and len(view.picture.matrices) == 1, timeout=20_000)
        qtbot.waitUntil(lambda: not np.allclose(view.picture.matrices[0], before), timeout=20_000)
        # Their second channel is X.
        np.testing.assert_allclose(view.picture.matrices[0][0, 3], before[0, 1], atol=1e-6)

    in_studio([path], scenario)


def test_stereo_has_a_line_that_says_what_belongs_here(in_studio, qtbot, recording):
    def scenario(window):
        show_codec(window, qtbot)
        view = controller(window, CodecCovarianceController).view
        assert view.compared is None
        assert view.hint.text() == HINT
        assert view.hint.isVisible()
        assert not view.band.isEnabled()

    in_studio([recording], scenario)


def test_colours_end_at_one_whatever_the_values(qtbot):
    picture = CovariancePicture()
    qtbot.addWidget(picture)
    picture.show_matrices([np.eye(16), np.zeros((16, 16))], "all", "Decoded 1")
    picture.fit(700, 200)
    image = picture.grab().toImage()
    ratio = image.devicePixelRatio()

    def colour(index):
        centre = picture.rect_of(index).center() * ratio
        return image.pixelColor(int(centre.x()), int(centre.y()))

    red, ground, blue = colour((0, 5, 5)), colour((0, 5, 6)), colour((2, 5, 5))
    assert red.red() > red.blue() + 60
    assert blue.blue() > blue.red() + 60
    assert ground == colour((1, 5, 5)) == colour((2, 5, 6))
