"""Choosing the iteration of each stem of a run."""

import dataclasses

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel

from sepstudio.gui import theme
from sepstudio.gui.panels.take_sliders import TakeSliders
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.session.records import Stem

STEMS = (Stem("stem-1", "run-1", "harmonic", 2, 5), Stem("stem-2", "run-1", "percussive", 5, 5))


@pytest.fixture
def takes(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = TakeSliders()
    qtbot.addWidget(made)
    made.resize(276, 80)
    made.show()
    made.set_run(STEMS)
    return made


def slider(takes, stem_id) -> FineSlider:
    return takes.findChild(FineSlider, f"take.{stem_id}.slider")


def test_each_stem_reads_as_a_sentence(takes):
    rows = [takes.row(stem.id) for stem in STEMS]
    assert [f"{row.title.text()} {row.control.box.text()}" for row in rows] == [
        "harmonic from it. 2",
        "percussive from it. 5",
    ]
    assert all(isinstance(row.title, QLabel) for row in rows)


def test_the_slider_tells_while_it_moves(takes, qtbot):
    heard = []
    takes.takeChosen.connect(lambda stem_id, take: heard.append((stem_id, take)))
    target = slider(takes, "stem-1")
    y = target.height() // 2
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width() // 4, y))
    for x in range(target.width() // 4, target.width(), 2):
        qtbot.mouseMove(target, QPoint(x, y))
    # Before the release, and every iteration on the way once.
    assert heard == [("stem-1", take) for take in (3, 4, 5)]
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width(), y))
    assert heard == [("stem-1", take) for take in (3, 4, 5)]


def test_keys_and_typing_choose_too(takes, qtbot):
    with qtbot.waitSignal(takes.takeChosen) as heard:
        qtbot.keyClick(slider(takes, "stem-2"), Qt.Key.Key_Left)
    assert heard.args == ["stem-2", 4]
    box = takes.findChild(NumberBox, "take.stem-2.box")
    box.selectAll()
    qtbot.keyClicks(box, "1")
    with qtbot.waitSignal(takes.takeChosen) as heard:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert heard.args == ["stem-2", 1]


def test_a_choice_from_elsewhere_is_shown_silently_and_in_place(takes, qtbot):
    row = takes.row("stem-1")
    with qtbot.assertNotEmitted(takes.takeChosen):
        takes.set_run((dataclasses.replace(STEMS[0], take=4), STEMS[1]))
    # The same slider: it may be in the middle of a drag.
    assert takes.row("stem-1") is row
    assert row.control.value == 4


def test_another_run_brings_its_own_sliders(takes):
    takes.set_run((Stem("stem-9", "run-2", "voice", 1, 3),))
    QApplication.processEvents()
    assert takes.stem_ids == ("stem-9",)
    assert takes.row("stem-9").control.box.maximum() == 3


def test_without_kept_iterations_there_is_nothing_to_choose(takes):
    takes.set_run((Stem("stem-1", "run-1", "harmonic"),))
    assert not takes.isVisible()
    assert takes.stem_ids == ()
    takes.set_run(STEMS)
    assert takes.isVisible()
    takes.set_run(())
    assert not takes.isVisible()
