"""Pictures of a network: weights of combinations, kernels and maps, read by mouse and keys, exported as numbers."""

import dataclasses

import numpy as np
import pytest
from networks import INPUTS, alpha, kernels, told
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtWidgets import QMenu

from sepstudio.gui.inside.alpha_picture import AlphaPicture
from sepstudio.gui.inside.cells import signed_image, signed_table
from sepstudio.gui.inside.combinations import spread_of
from sepstudio.gui.inside.learning import learning_of_snapshot
from sepstudio.gui.inside.sheet import kernel_sheet, sheet_of
from sepstudio.gui.inside.sheet_picture import KERNEL_TIP, SheetPicture
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.separation.base import Matrix


def shown(qtbot, picture, width=700, height=200):
    qtbot.addWidget(picture)
    picture.fit(width, height)
    picture.show()
    qtbot.waitExposed(picture)
    return picture


@pytest.fixture
def weights(qtbot):
    picture = AlphaPicture("inside.alpha")
    picture.show_matrix("alpha layer 1", alpha())
    return shown(qtbot, picture)


@pytest.fixture
def sheet(qtbot):
    picture = SheetPicture("inside.kernels", "Kernels", KERNEL_TIP)
    picture.show_sheet(sheet_of("kernels layer 1", kernels(), labelled=True))
    return shown(qtbot, picture)


def colour_at(picture, index):
    return picture.grab().toImage().pixelColor(picture.rect_of(index).center().toPoint())


def heard(picture):
    texts = []
    picture.told.connect(texts.append)
    return texts


def test_the_spread_of_weights_counts_the_inputs_that_an_output_takes():
    spread = spread_of(np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.7, 0.2, 0.1, 0]], np.float32))
    assert spread.inputs[:3] == pytest.approx([1.0, 2.0, 4.0])
    assert spread.sparsity[:3] == pytest.approx([1.0, 0.5, 0.0], abs=1e-6)
    assert spread.entropy[3] == pytest.approx(-(0.7 * np.log(0.7) + 0.2 * np.log(0.2) + 0.1 * np.log(0.1)), rel=1e-5)
    assert spread_of(np.ones((2, 1), np.float32)).inputs.tolist() == [1.0, 1.0]


def test_weights_are_coloured_between_fixed_limits_and_read_below_the_pointer(weights, qtbot):
    values = np.array([[1.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]], np.float32)
    names = (("map 1", "map 2"), INPUTS)
    weights.show_matrix("alpha layer 1", Matrix(values, ("output", "input"), names))
    weights.fit(700, 200)
    before = colour_at(weights, (1, 3))
    assert colour_at(weights, (0, 0)).lightness() > before.lightness() > colour_at(weights, (0, 1)).lightness()
    # Without the large weight the same share has the same colour: limits do not follow the values.
    weights.show_matrix("alpha layer 1", Matrix(values[1:], ("output", "input"), (("map 1",), INPUTS)))
    assert colour_at(weights, (0, 3)) == before
    weights.show_matrix("alpha layer 1", Matrix(values, ("output", "input"), names))
    texts = heard(weights)
    place = weights.rect_of((1, 2)).center()
    assert weights.index_at(place) == (1, 2)
    qtbot.mouseMove(weights, place.toPoint())
    qtbot.waitUntil(lambda: weights.index == (1, 2))
    assert texts[-1].startswith("map 2 takes 30 % of deviation over 17 frames; in effect 3.6 of 4 inputs")
    assert weights.accessibleDescription() == texts[-1]
    assert weights.index_at(QPointF(1.0, 1.0)) is None


def test_arrow_keys_read_cell_by_cell_and_stay_within(weights, qtbot):
    texts = heard(weights)
    for key, index in (
        (Qt.Key.Key_Right, (0, 0)), (Qt.Key.Key_Right, (0, 1)), (Qt.Key.Key_Up, (0, 1)), (Qt.Key.Key_Down, (1, 1)),
        (Qt.Key.Key_Left, (1, 0)), (Qt.Key.Key_Left, (1, 0)),
    ):  # fmt: skip
        qtbot.keyClick(weights, key)
        assert weights.index == index
    assert "level" in texts[-1]
    weights.show_matrix("alpha layer 1", alpha(1))
    # The row is gone that was read.
    assert weights.index is None


def test_a_sheet_has_common_symmetric_limits_and_lowest_rows_below(sheet):
    values = np.zeros((2, 3, 3), np.float32)
    values[0, 0, 0], values[1, 2, 1] = 2.0, -1.0
    axes = (("low", "high"), np.arange(3) - 1.0, np.arange(3) - 1.0)
    sheet.show_sheet(sheet_of("kernels layer 1", Matrix(values, ("input", "bands", "frames"), axes), labelled=True))
    assert sheet.sheet.limit == 2.0
    assert sheet.rect_of((0, 0, 0)).top() > sheet.rect_of((0, 2, 0)).top()
    high, low = colour_at(sheet, (0, 0, 0)), colour_at(sheet, (1, 2, 1))
    assert high.red() > high.blue()
    assert low.blue() > low.red()
    nothing = colour_at(sheet, (0, 1, 1))
    # Half of the limit is nearer to the ground than all of it.
    assert abs(low.blue() - nothing.blue()) < abs(high.red() - nothing.red())
    assert sheet.text_of((1, 2, 1)) == "high: \u22121 at 0 frames, +1 band (colours end at ±2)"


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_nothing_melts_into_the_ground_of_the_theme(sheet, qapp, palette):
    apply_theme(qapp, palette)
    image = signed_image(np.zeros((1, 1), np.float32), 1.0, signed_table(palette.panel))
    ground = QColor(palette.panel)
    assert abs(image.pixelColor(0, 0).lightness() - ground.lightness()) < 48
    apply_theme(qapp, DARK)


@pytest.mark.parametrize("room", [(260, 160), (300, 200), (420, 120), (900, 400)])
@pytest.mark.parametrize("count", [1, 4, 9, 43])
def test_lines_of_a_sheet_fit_into_their_room_and_do_not_overlap(sheet, room, count):
    sheet.show_sheet(sheet_of("kernels", kernels(tuple(f"map number {n}" for n in range(count))), labelled=True))
    sheet.fit(*room)
    placing = sheet.placing
    assert placing.width <= room[0]
    assert placing.height <= room[1]
    boxes = [*placing.pictures, *placing.labels]
    assert len(boxes) == 2 * count or (count > 4 and not placing.labels)
    assert not any(one.intersects(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_kernels_between_maps_have_a_line_for_each_input(sheet):
    values = np.random.default_rng(1).standard_normal((6, 2, 3, 5)).astype(np.float32)
    names = tuple(f"map {n}" for n in range(1, 7))
    axes = (names, ("level", "height"), np.arange(3) - 1.0, np.arange(5) - 2.0)
    matrix = Matrix(values, ("output", "input", "bands", "frames"), axes)
    made = sheet_of("kernels layer 1", matrix)
    assert made.labels == ("1 level", "2 height in the spectrum")
    assert made.lines == (6, 6)
    assert np.array_equal(made.cells[8], values[2, 1])
    assert made.names[8] == "height in the spectrum, for map 3"


def test_kernels_over_the_same_maps_stand_side_by_side_and_others_are_left_out():
    near, wide = kernels(seed=1), kernels(seed=2)
    made = kernel_sheet({"kernels near": near, "kernels wide": wide, "kernels later": kernels(("map 1", "map 2"))})
    assert made.labels == ("1 level", "2 difference in time", "3 deviation over 17 frames", "4 panning")
    assert made.lines == (2, 2, 2, 2)
    assert np.array_equal(made.cells[2], near.values[1])
    assert np.array_equal(made.cells[3], wide.values[1])
    assert made.names[3] == "difference in time, wide look"
    assert made.limit == pytest.approx(max(abs(near.values).max(), abs(wide.values).max()))
    alone = kernel_sheet({"kernels near": near})
    assert alone.lines == (1, 1, 1, 1)


def test_time_lies_across_whatever_the_order_of_axes(sheet):
    values = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    axes = (("a", "b"), np.arange(3) * 0.01, np.arange(4) * 100.0)
    made = sheet_of("maps", Matrix(values, ("map", "time", "frequency"), axes), (1, 2))
    assert made.across.name == "time"
    assert np.array_equal(made.cells[1], values[1].T)
    sheet.show_sheet(made)
    assert sheet.text_of((0, 3, 0)) == "a: 3 at \u221220 ms, 300 Hz (colours end at ±23)"


def test_keys_go_from_picture_to_picture(sheet, qtbot):
    qtbot.keyClick(sheet, Qt.Key.Key_Right)
    assert sheet.index == (0, 4, 0)
    for _ in range(5):
        qtbot.keyClick(sheet, Qt.Key.Key_Right)
    qtbot.keyClick(sheet, Qt.Key.Key_Down)
    assert sheet.index == (1, 3, 0)
    assert "difference in time" in sheet.accessibleDescription()


def test_values_that_are_no_numbers_are_nothing(weights, sheet):
    broken = alpha()
    broken.values[0] = np.nan
    weights.show_matrix("alpha layer 1", broken)
    assert not weights.grab().isNull()
    gone = kernels()
    gone.values[:] = np.inf
    sheet.show_sheet(sheet_of("kernels layer 1", gone))
    assert sheet.sheet.limit == 0.0
    assert not sheet.grab().isNull()


def test_tables_hold_all_values(weights, sheet):
    table = weights.table()
    assert table.columns["output"] == ("map 1", "map 2", "map 3")
    assert np.allclose(table.columns["2_difference in time"], alpha().values[:, 1])
    assert np.allclose(table.columns["effective_inputs"], np.exp(table.columns["entropy_nats"]))
    table = sheet.table()
    assert len(table) == kernels().values.size
    assert np.allclose(table.columns["value"], kernels().values.ravel())
    assert table.columns["map"][25] == "difference in time"
    assert table.columns["bands"][:6].tolist() == [-2.0] * 5 + [-1.0]


def test_the_menu_key_opens_what_is_offered_in_the_middle(weights, monkeypatch):
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, place: opened.append((menu, place)))
    weights.menuFilling.connect(lambda picture, menu: menu.addAction(picture.figure_title))
    middle = weights.mapToGlobal(weights.rect().center())
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(2, 2), weights.mapToGlobal(QPoint(2, 2)))
    weights.contextMenuEvent(event)
    [(menu, place)] = opened
    assert [action.text() for action in menu.actions()] == ["Weights α, layer 1"]
    assert place == middle
    menu.deleteLater()
    AlphaPicture("inside.empty", weights).contextMenuEvent(event)
    assert len(opened) == 1


@pytest.mark.parametrize("every", [10, 20, 30])
def test_errors_that_are_measured_now_and_then_stay_where_they_were(every):
    """A curve must not move sideways while its network goes on to the next measurement."""
    for step in range(every, 12 * every):
        held_out = np.ones(step // every, np.float32)
        moment = dataclasses.replace(told(step), held_out_error=held_out)
        places = learning_of_snapshot("Paint", moment).held_out[0]
        if len(held_out) > 2:
            assert places.tolist() == [every * (number + 1) for number in range(len(held_out))]
        assert places[-1] <= step
