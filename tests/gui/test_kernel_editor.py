"""The kernel editor, driven by mouse and keys as a user does."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton, QWidget

from sepstudio.gui import theme
from sepstudio.gui.panels.kernel_editor import KernelEditor
from sepstudio.gui.panels.kernel_picture import (
    Resolution,
    canvas_side,
    cells_of,
    extent_text,
    on_canvas,
    reshaped,
    trimmed,
)
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import MAX_SOURCES, SHAPES, KamSource, Kernel, SourceSet
from sepstudio.session.records import Run, Stem

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
TWO = KamParams().source_set


@pytest.fixture
def editor(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = KernelEditor()
    qtbot.addWidget(made)
    made.set_sources(TWO)
    made.resize(276, 700)
    made.show()
    return made


def place(editor, row, column) -> QPoint:
    return editor.grid.cell_centre(row, column).toPoint()


def stroke(qtbot, editor, cells, button=LEFT):
    """Press on the first cell, move over the others, release."""
    grid = editor.grid
    qtbot.mousePress(grid, button, pos=place(editor, *cells[0]))
    for cell in cells[1:]:
        at = QPointF(place(editor, *cell))
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, grid.mapToGlobal(at), Qt.MouseButton.NoButton, button,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(grid, move)
    qtbot.mouseRelease(grid, button, pos=place(editor, *cells[-1]))


def kernel_of(editor, index=0) -> Kernel:
    return editor.sources.sources[index].kernel


# -- what a kernel looks like ------------------------------------------------------------------


def test_canvas_holds_the_kernel_in_its_middle():
    assert [canvas_side(n) for n in (1, 9, 11, 17, 19, 65, 67)] == [9, 9, 17, 17, 33, 65, 67]
    assert canvas_side(3, wanted=33) == 33
    canvas = on_canvas(cells_of(Kernel.horizontal(5)), 9, 9)
    assert canvas.sum() == 5
    assert canvas[4, 2:7].all()
    assert on_canvas(cells_of(Kernel.vertical(17)), 9, 9)[:, 4].all()


def test_trimming_keeps_the_centre_where_it_is(rng):
    for _ in range(50):
        canvas = rng.random((17, 9)) < 0.05
        canvas[rng.integers(17), rng.integers(9)] = True
        small = trimmed(canvas)
        assert all(side % 2 for side in small.shape)
        assert np.array_equal(on_canvas(small, 9, 17), canvas)


@pytest.mark.parametrize("before", SHAPES)
@pytest.mark.parametrize("after", SHAPES)
def test_every_shape_turns_into_every_other(before, after):
    start = reshaped(Kernel.horizontal(17), before)
    kernel = reshaped(start, after)
    assert kernel.shape == after
    assert cells_of(kernel).any()


def test_a_shape_keeps_the_length_and_a_drawing_keeps_the_cells():
    assert reshaped(Kernel.horizontal(31), "vertical") == Kernel.vertical(31)
    assert reshaped(Kernel.horizontal(31), "cross") == Kernel("cross", width=31, height=31)
    cross = Kernel("cross", width=5, height=9)
    assert np.array_equal(cells_of(reshaped(cross, "drawn")), cells_of(cross))
    # What is too large to draw is cut to the largest grid.
    assert cells_of(reshaped(Kernel.horizontal(255), "drawn")).shape == (1, 65)


def test_extent_is_that_of_frames_and_bins():
    # 17 hops of 1024 samples at 44.1 kHz are 394.7 ms; one bin of 4096 is 10.77 Hz wide.
    assert extent_text(Kernel.horizontal(17), Resolution(44100, 4096, 1024)) == "395 ms × 11 Hz"
    assert extent_text(Kernel("rectangle", width=3, height=5), Resolution(48000, 2048, 480)) == "30 ms × 117 Hz"


# -- drawing -----------------------------------------------------------------------------------


def test_a_click_sets_a_cell_and_makes_the_kernel_a_drawn_one(editor, qtbot):
    middle = editor.grid.cells.shape[0] // 2
    with qtbot.waitSignal(editor.sourcesChanged) as heard:
        qtbot.mouseClick(editor.grid, LEFT, pos=place(editor, middle + 3, middle - 2))
    kernel = heard.args[0].sources[0].kernel
    assert kernel.shape == "drawn"
    cells = kernel.footprint()
    # 17 frames as before, and the new cell three bins higher, two frames earlier.
    assert cells.shape == (7, 17)
    assert cells.sum() == 18
    assert cells[6, 6]
    # The highest frequency comes first in the text form.
    assert kernel.pattern[0] == "......#.........."
    assert heard.args[0].sources[1] == TWO.sources[1]


def test_a_second_click_clears_the_cell_again(editor, qtbot):
    for _ in range(2):
        qtbot.mouseClick(editor.grid, LEFT, pos=place(editor, 12, 4))
    assert np.array_equal(cells_of(kernel_of(editor)), cells_of(Kernel.horizontal(17)))


def test_the_right_button_clears_and_never_sets(editor, qtbot):
    middle = editor.grid.cells.shape[0] // 2
    qtbot.mouseClick(editor.grid, RIGHT, pos=place(editor, middle, 0))
    assert cells_of(kernel_of(editor)).sum() == 16
    with qtbot.assertNotEmitted(editor.sourcesChanged):
        qtbot.mouseClick(editor.grid, RIGHT, pos=place(editor, 1, 1))


def test_a_fast_drag_leaves_no_gaps(editor, qtbot):
    stroke(qtbot, editor, [(2, 2), (14, 14)])
    cells = editor.grid.cells
    assert all(cells[i, i] for i in range(2, 15))
    # 13 on the diagonal and 17 of the old kernel share the centre.
    assert cells.sum() == 13 + 17 - 1
    assert np.array_equal(on_canvas(cells_of(kernel_of(editor)), 17, 17), cells)


def test_a_drag_that_began_on_a_set_cell_erases(editor, qtbot):
    middle = editor.grid.cells.shape[0] // 2
    stroke(qtbot, editor, [(middle, 0), (middle, 5)])
    assert cells_of(kernel_of(editor)).sum() == 11


def test_the_last_cell_stays(editor, qtbot):
    editor.set_sources(SourceSet((KamSource("dot", Kernel.horizontal(1)),)))
    middle = editor.grid.cells.shape[0] // 2
    with qtbot.assertNotEmitted(editor.sourcesChanged):
        qtbot.mouseClick(editor.grid, RIGHT, pos=place(editor, middle, middle))
    assert editor.grid.cells.sum() == 1


def test_arrow_keys_and_space_draw(editor, qtbot):
    grid = editor.grid
    middle = grid.cells.shape[0] // 2
    assert grid.cursor_cell == (middle, middle)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Right):
        qtbot.keyClick(grid, key)
    assert grid.cursor_cell == (middle + 2, middle + 1)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert grid.cells[middle + 2, middle + 1]
    assert cells_of(kernel_of(editor)).sum() == 18
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert not grid.cells[middle + 2, middle + 1]
    for _ in range(40):
        qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.cursor_cell == (middle + 2, 0)


def test_a_kernel_beyond_the_grid_is_shown_but_not_drawn_on(editor, qtbot):
    editor.set_sources(SourceSet((KamSource("long", Kernel.horizontal(255)),)))
    assert not editor.grid.drawable
    assert "too large" in editor.findChild(QWidget, "kernel.extent").text()
    with qtbot.assertNotEmitted(editor.sourcesChanged):
        qtbot.mouseClick(editor.grid, LEFT, pos=editor.grid.rect().center())
    editor.grid.grab()


def test_zooming_changes_the_canvas_and_not_the_kernel(editor, qtbot):
    def click(name):
        qtbot.mouseClick(editor.findChild(QToolButton, name), LEFT)

    with qtbot.assertNotEmitted(editor.sourcesChanged):
        click("kernel.zoom_out")
        assert editor.grid.cells.shape == (33, 33)
        click("kernel.zoom_out")
        click("kernel.zoom_out")
        assert editor.grid.cells.shape == (65, 65)
        for _ in range(5):
            click("kernel.zoom_in")
    # Not smaller than the kernel.
    assert editor.grid.cells.shape == (17, 17)
    assert kernel_of(editor) == Kernel.horizontal(17)


def test_set_cells_are_painted_in_the_colour_of_the_source_with_time_to_the_right(editor):
    pattern = ("#....", ".....", ".....")
    editor.set_sources(SourceSet((KamSource("harmonic", Kernel("drawn", pattern=pattern)),)))
    image = editor.grid.grab().toImage()
    rows, columns = editor.grid.cells.shape
    first = editor.grid.cell_centre(rows // 2 + 1, columns // 2 - 2).toPoint()
    other = editor.grid.cell_centre(rows // 2 - 1, columns // 2 + 2).toPoint()
    assert image.pixelColor(first).name() == theme.stem_colour("harmonic").lower()
    assert image.pixelColor(other).name() != theme.stem_colour("harmonic").lower()
    # The first row of the pattern is the highest frequency, and that is up.
    assert first.y() < other.y()
    assert first.x() < other.x()


# -- shapes, sizes, sources ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "horizontal"])
def test_shape_buttons(editor, qtbot, shape):
    with qtbot.waitSignal(editor.sourcesChanged):
        qtbot.mouseClick(editor.findChild(QToolButton, f"kernel.shape.{shape}"), LEFT)
    assert kernel_of(editor).shape == shape
    assert kernel_of(editor, 1) == TWO.sources[1].kernel
    shown = {name for name in ("width", "height", "period", "repeats") if box(editor, name).isVisible()}
    wanted = {"vertical": {"height"}, "periodic": {"period", "repeats"}, "drawn": set()}
    assert shown == wanted.get(shape, {"width", "height"})


def box(editor, name) -> NumberBox:
    return editor.findChild(NumberBox, f"kernel.{name}")


def test_size_boxes(editor, qtbot):
    qtbot.mouseClick(editor.findChild(QToolButton, "kernel.shape.rectangle"), LEFT)
    for name, digits in (("width", "5"), ("height", "9")):
        box(editor, name).selectAll()
        qtbot.keyClicks(box(editor, name), digits)
        qtbot.keyClick(box(editor, name), Qt.Key.Key_Return)
    assert kernel_of(editor) == Kernel("rectangle", width=5, height=9)
    qtbot.mouseClick(editor.findChild(QToolButton, "kernel.shape.periodic"), LEFT)
    assert box(editor, "period").text() == "auto"
    box(editor, "period").stepUp()
    assert kernel_of(editor).period == 1


def test_sources_are_added_selected_renamed_and_removed(editor, qtbot):
    add = editor.findChild(QPushButton, "kernel.add")
    with qtbot.waitSignals([editor.sourcesChanged, editor.sourceSelected]):
        qtbot.mouseClick(add, LEFT)
    assert len(editor.sources.sources) == 3
    assert editor.selected == 2
    name = editor.findChild(QLineEdit, "kernel.name.2")
    name.selectAll()
    qtbot.keyClicks(name, "voice")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert [source.name for source in editor.sources.sources] == ["harmonic", "percussive", "voice"]
    qtbot.mouseClick(editor.findChild(QToolButton, "kernel.remove.0"), LEFT)
    assert [source.name for source in editor.sources.sources] == ["percussive", "voice"]
    # What was being edited still is.
    assert editor.selected == 1
    qtbot.mouseClick(editor.findChild(QToolButton, "kernel.remove.1"), LEFT)
    assert [source.name for source in editor.sources.sources] == ["percussive"]
    assert not editor.findChild(QToolButton, "kernel.remove.0").isEnabled()
    while len(editor.sources.sources) < MAX_SOURCES:
        qtbot.mouseClick(add, LEFT)
    assert not add.isEnabled()


def test_a_click_on_a_source_brings_its_kernel_to_the_grid(editor, qtbot):
    with qtbot.waitSignal(editor.sourceSelected) as heard, qtbot.assertNotEmitted(editor.sourcesChanged):
        qtbot.mouseClick(editor.findChild(QWidget, "kernel.source.1"), LEFT, pos=QPoint(8, 12))
    assert heard.args == [1]
    assert np.array_equal(trimmed(editor.grid.cells), cells_of(Kernel.vertical(17)))
    qtbot.mouseClick(editor.grid, LEFT, pos=place(editor, 0, 0))
    assert kernel_of(editor) == Kernel.horizontal(17)
    assert kernel_of(editor, 1).shape == "drawn"


@pytest.mark.parametrize("name", ["percussive", "", "a=b", "residual"])
def test_a_bad_name_is_refused_in_place(editor, qtbot, name):
    edit = editor.findChild(QLineEdit, "kernel.name.0")
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, name)
    with qtbot.assertNotEmitted(editor.sourcesChanged):
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert editor.error
    assert editor.sources == TWO
    assert edit.text() == "harmonic"
    qtbot.mouseClick(editor.findChild(QToolButton, "kernel.shape.disc"), LEFT)
    assert editor.error == ""


def test_the_iteration_of_a_source(editor, qtbot):
    words = box(editor, "iteration")
    assert words.text() == "last"
    assert words.lineEdit().width() >= words.fontMetrics().horizontalAdvance("last")
    box(editor, "iteration").stepUp()
    assert editor.sources.sources[0].iteration == 1


# -- in the panel of the method ------------------------------------------------------------------


@pytest.fixture
def panel(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = MethodPanel([METHOD])
    qtbot.addWidget(made)
    made.resize(300, 640)
    made.show()
    made.set_ready(True)
    return made


def test_a_length_on_the_card_is_the_short_form_of_the_parameters(panel, qtbot):
    length = panel.findChild(NumberBox, "kernel.length.1")
    length.selectAll()
    qtbot.keyClicks(length, "31")
    with qtbot.waitSignal(panel.paramsChanged):
        qtbot.keyClick(length, Qt.Key.Key_Return)
    assert panel.params == KamParams(percussive_length=31)
    assert panel.presets.currentText() == "Custom"


def test_drawing_in_the_panel_reaches_the_parameters_and_presets_bring_them_back(panel, qtbot):
    qtbot.mouseClick(panel.findChild(QWidget, "kernel.card.0"), LEFT, pos=QPoint(10, 10))
    editor = panel.page.kernels.editor
    assert editor.isVisible()
    assert editor.selected == 0
    qtbot.mouseClick(editor.grid, LEFT, pos=place(editor, 2, 2))
    assert panel.params.sources.sources[0].kernel.shape == "drawn"
    assert panel.params.sources.sources[1].kernel == Kernel.vertical(17)
    with qtbot.waitSignal(panel.paramsChanged) as heard:
        panel.presets.setFocus()
        qtbot.keyClick(panel.presets, Qt.Key.Key_Home)
    assert heard.args == [KamParams()]
    assert panel.presets.count() == len(METHOD.presets)
    assert editor.sources == TWO


def test_every_preset_is_shown_and_found_again(panel, qtbot):
    for index, preset in enumerate(METHOD.presets):
        panel.set_params(preset.params)
        assert panel.params == preset.params
        assert panel.presets.currentIndex() == index
        panel.grab()


def test_parameters_that_contradict_a_source_are_explained_and_hold_the_run(panel, qtbot):
    sources = SourceSet.from_text("a=horizontal:9@2, b=vertical:9")
    panel.set_params(KamParams(sources=sources))
    iterations = panel.findChild(NumberBox, "param.iterations.box")
    iterations.stepDown()
    assert "at most the 1" in panel.form.error
    assert not panel.separate.isEnabled()
    assert panel.params == KamParams(sources=sources)
    box(panel.page.kernels.editor, "iteration").stepDown()
    assert panel.form.error == ""
    assert panel.params == KamParams(sources=SourceSet.from_text("a=horizontal:9@1, b=vertical:9"), iterations=1)


def test_the_buttons_ask_with_the_parameters_on_show(panel, qtbot):
    panel.set_params(KamParams(iterations=7))
    with qtbot.waitSignal(panel.separateRequested) as heard:
        qtbot.mouseClick(panel.findChild(QPushButton, "method.separate"), LEFT)
    assert heard.args == [KamParams(iterations=7)]
    with qtbot.waitSignal(panel.previewRequested) as heard:
        qtbot.mouseClick(panel.findChild(QPushButton, "method.preview"), LEFT)
    assert heard.args == [KamParams(iterations=7)]
    panel.set_selection(True)
    assert panel.separate.text() == "Separate selection"
    panel.set_ready(False)
    assert not panel.separate.isEnabled()


def test_settings_that_differ_from_the_run_on_show_are_noted(panel, qtbot):
    run = Run("run-3", 3, "kam", KamParams(), "source-1", 0, 10, ("a", "b"))
    note = panel.findChild(QWidget, "method.stale")
    panel.set_run(run, [Stem("a", "run-3", "harmonic"), Stem("b", "run-3", "percussive")])
    assert not note.isVisible()
    panel.findChild(NumberBox, "param.iterations.box").stepUp()
    assert note.isVisible()
    assert "run 3" in note.text()
    panel.set_run(dataclasses.replace(run, params=panel.params), [])
    assert not note.isVisible()


def test_resolution_follows_the_recording_and_the_transform(panel):
    extent = panel.findChild(QWidget, "kernel.extent")
    assert extent.text() == "395 ms × 11 Hz"
    panel.set_sample_rate(48000)
    assert extent.text() == "363 ms × 12 Hz"
    panel.set_params(KamParams(fft_size=2048, hop_size=512))
    assert extent.text() == "181 ms × 23 Hz"


@pytest.mark.parametrize("opened", [False, True])
def test_nothing_sticks_out_of_300_pixels(panel, opened):
    panel.page.kernels.fold.set_open(opened)
    scroll = panel.findChild(QWidget, "method.scroll")
    QApplication.processEvents()
    assert not scroll.horizontalScrollBar().isVisible()
    assert scroll.widget().width() <= scroll.viewport().width()
    assert panel.minimumSizeHint().width() <= 300
