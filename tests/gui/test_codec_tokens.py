"""The token map of the codec tab, what codebooks are used for, and how both are read and exported."""

import csv

import numpy as np
from codec_scenes import SMALL, install_codec
from gui.scenes import controller, decode, show_codec, write_scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from sepstudio.gui.codec.token_item import draw_tokens
from sepstudio.gui.codec.token_view import TokenView, entry_table
from sepstudio.gui.controllers.codec_tokens import CodecTokenController
from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.theme import DARK
from sepstudio.separation.codec_results import TOKENS


def ready(window, qtbot):
    show_codec(window, qtbot)
    tokens = controller(window, CodecTokenController)
    qtbot.waitUntil(lambda: tokens.box is not None, timeout=20_000)
    return tokens


def test_tokens_are_shown_for_the_run_on_show(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 1.0)
    install_codec()

    def scenario(window):
        tokens = ready(window, qtbot)
        assert not tokens.pane.filled
        assert tokens.box.hint.isVisible()
        run = decode(window, qtbot, codebooks=3, left_out=2)
        qtbot.waitUntil(lambda: tokens.pane.filled, timeout=20_000)
        view, codes = tokens.pane.tokens, window.session.matrices(run.id)[TOKENS].values
        assert (view.size, view.used) == (SMALL.codebook_size, (True, False, True, False))
        np.testing.assert_array_equal(view.tokens, codes)
        assert view.step == SMALL.hop_size / SMALL.sample_rate
        frame = 700
        seconds = (frame + 0.5) * view.step
        words = tokens.pane.readout(seconds, 1.0 - 1.5 / 4)
        times = int((codes[1] == codes[1, frame]).sum())
        assert words.startswith(f"codebook 2  entry {codes[1, frame]} of 64  {times} times in {codes.shape[1]} frames")
        assert "not decoded" in words
        qtbot.waitUntil(lambda: tokens.box.rows.filled, timeout=20_000)
        usage = tokens.box.rows._usage
        np.testing.assert_array_equal(usage.counts[3], np.bincount(codes[3], minlength=64))
        # A row that is clicked is looked into.
        view_widget = tokens.pane.view
        QTest.mouseClick(
            view_widget.viewport(), Qt.MouseButton.LeftButton,
            pos=QPoint(view_widget.width() // 2, int(view_widget.height() * 2.5 / 4)),
        )  # fmt: skip
        assert tokens.box.histogram.codebook == 2
        tokens.box.rows.setFocus()
        QTest.keyClick(tokens.box.rows, Qt.Key.Key_Down)
        QTest.keyClick(tokens.box.rows, Qt.Key.Key_Down)
        assert tokens.box.histogram.codebook == 3
        assert tokens.box.rows.accessibleDescription().startswith("codebook 4: perplexity")
        window.session.stack.undo()
        qtbot.waitUntil(lambda: not tokens.pane.filled, timeout=20_000)
        assert tokens.box.hint.isVisible()

    in_studio([path], scenario)


def test_tokens_are_exported_as_numbers_and_as_a_picture(in_studio, qtbot, tmp_path, monkeypatch):
    path = write_scene(tmp_path / "scene.wav", 0.3)
    install_codec()

    def scenario(window):
        tokens = ready(window, qtbot)
        run = decode(window, qtbot)
        qtbot.waitUntil(lambda: tokens.box.rows.filled, timeout=20_000)
        codes = window.session.matrices(run.id)[TOKENS].values
        wishes = {"tokens.npz": tokens.pane, "tokens.svg": tokens.pane, "use.csv": tokens.box.rows}
        for name, view in wishes.items():
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name, **__: (str(tmp_path / name), ""))
            menu = view.menu()
            data = [action for action in menu.actions() if action.text().startswith("Export data")]
            pictures = menu.actions()[0].menu().actions()
            (pictures if name.endswith("svg") else data)[0].trigger()
            qtbot.waitUntil((tmp_path / name).exists, timeout=20_000)
        stored = np.load(tmp_path / "tokens.npz")
        np.testing.assert_array_equal(stored["codebook_4"], codes[3])
        lines = (tmp_path / "use.csv").read_text().splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        assert [row["codebook"] for row in rows] == ["1.0", "2.0", "3.0", "4.0"]

    in_studio([path], scenario)


def picture_of(view, colours, canvas):
    image = draw_tokens(view, view.pixels(colours), canvas, DARK)
    return np.array([[image.pixel(x, y) for x in range(canvas.width)] for y in range(canvas.height)], np.uint32)


def test_a_pixel_is_one_code_and_never_a_mixture():
    codes = np.array([[0, 1, 2, 3] * 25, [5] * 100], np.uint16)
    view = TokenView("run", "run", codes, 0.0, 0.01, (True, True), 8)
    table = entry_table(8)
    wide = picture_of(view, "entries", Canvas(0.0, 0.04, 0.0, 1.0, QPoint(), 4, 2, 1.0))
    np.testing.assert_array_equal(wide, [table[[0, 1, 2, 3]], table[[5, 5, 5, 5]]])
    # Ten frames a pixel.
    narrow = picture_of(view, "entries", Canvas(0.0, 1.0, 0.0, 1.0, QPoint(), 10, 2, 1.0))
    assert set(narrow[0]) <= set(table[:4])
    # A part of the rows, as when zoomed in.
    lower = picture_of(view, "entries", Canvas(0.0, 0.04, 0.0, 0.5, QPoint(), 4, 3, 1.0))
    assert set(lower.ravel()) == {table[5]}


def test_codebooks_that_are_not_decoded_are_hatched():
    view = TokenView("run", "run", np.zeros((2, 10), np.uint16), 0.0, 0.1, (True, False), 4)
    picture = picture_of(view, "entries", Canvas(0.0, 1.0, 0.0, 1.0, QPoint(), 20, 12, 1.0))
    assert len(set(picture[:6].ravel())) == 1
    assert len(set(picture[6:].ravel())) > 1


def test_colours_tell_neighbours_apart_and_rarity_grows_bright():
    table = entry_table(1024)
    channels = np.stack([table >> 16 & 255, table >> 8 & 255, table & 255], axis=1).astype(int)
    assert np.abs(np.diff(channels, axis=0)).sum(axis=1).min() > 60
    codes = np.array([[0] * 90 + [1] * 10], np.uint16)
    view = TokenView("run", "run", codes, 0.0, 0.1, (True,), 4)
    (common, rare, *_) = view.pixels("rarity")[0]
    assert (int(rare) & 255) + (int(rare) >> 16 & 255) > (int(common) & 255) + (int(common) >> 16 & 255)
