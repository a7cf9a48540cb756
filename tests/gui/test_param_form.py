"""The form of a method: what it shows, what a hand can do with it, and what it refuses."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QToolButton, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui import theme
from sepstudio.gui.panels.param_form import ParamForm
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import NumberBox, ValueSlider
from sepstudio.separation.kam import KamParams
from sepstudio.separation.kernels import SourceSet
from sepstudio.separation.parameters import param, validate

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@dataclass(frozen=True)
class Sample:
    """One parameter of each kind."""

    rounds: int = param(10, lo=1, hi=101, label="Rounds", help="How often.")
    width: int = param(17, lo=1, hi=255, step=2, unit="frames", label="Width")
    blend: float = param(0.5, lo=0.0, hi=1.0, unit="s", label="Blend")
    size: int = param(1024, lo=16, hi=65536, label="Size")
    fast: bool = param(False, label="Fast")
    mask: Literal["wiener", "binary"] = param("wiener", label="Mask")
    note: str = param("", label="Note")
    deep: int = param(3, lo=0, hi=9, label="Deep", advanced=True)

    def __post_init__(self):
        validate(self)
        if self.fast and self.rounds > 50:
            raise ParameterError("rounds", self.rounds, "at most 50 when fast")


@pytest.fixture
def form(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = ParamForm(Sample)
    qtbot.addWidget(made)
    made.resize(300, 500)
    made.show()
    return made


def slider(form, name) -> FineSlider:
    return form.findChild(FineSlider, f"param.{name}.slider")


def box(form, name) -> NumberBox:
    return form.findChild(NumberBox, f"param.{name}.box")


def wheel(widget, notches, modifiers=NONE):
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def type_into(qtbot, target, text):
    target.setFocus()
    target.selectAll()
    qtbot.keyClicks(target, text)
    qtbot.keyClick(target, Qt.Key.Key_Return)


def test_every_parameter_has_its_widget_with_name_tooltip_and_accessible_name(form):
    kinds = {
        "rounds": ValueSlider, "width": ValueSlider, "blend": ValueSlider, "size": ValueSlider,
        "fast": QCheckBox, "mask": QWidget, "note": QWidget, "deep": ValueSlider,
    }  # fmt: skip
    for name, kind in kinds.items():
        assert form.findChild(kind, f"param.{name}") is not None, name
    assert slider(form, "rounds").toolTip() == "How often."
    assert slider(form, "rounds").accessibleName() == "Rounds"
    assert box(form, "width").suffix() == " frames"
    assert box(form, "blend").text().endswith(" s")


def test_typing_changes_the_parameters(form, qtbot):
    with qtbot.waitSignal(form.paramsChanged) as heard:
        type_into(qtbot, box(form, "rounds"), "42")
    assert heard.args == [Sample(rounds=42)]
    assert form.params == Sample(rounds=42)


def test_typing_off_the_raster_or_beyond_the_range_is_brought_in(form, qtbot):
    type_into(qtbot, box(form, "width"), "20")
    assert form.params.width in (19, 21)
    assert box(form, "width").value() == form.params.width
    type_into(qtbot, box(form, "width"), "999")
    assert form.params.width <= 255
    assert form.params.width % 2 == 1


def test_a_click_on_the_way_brings_the_handle_there(form, qtbot):
    target = slider(form, "rounds")
    qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width() // 2, target.height() // 2))
    assert form.params.rounds == pytest.approx(51, abs=2)
    assert box(form, "rounds").value() == form.params.rounds


def drag(qtbot, target, start, stop, modifiers=NONE):
    y = target.height() // 2
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, modifiers, QPoint(start, y))
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    step = 1 if stop > start else -1
    for x in range(start, stop + step, step):
        place = QPointF(x, y)
        move = QMouseEvent(
            QEvent.Type.MouseMove, place, target.mapToGlobal(place),
            Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(target, move)
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, modifiers, QPoint(stop, y))


def test_a_drag_to_the_end_and_beyond_reaches_the_highest_value_on_the_raster(form, qtbot):
    target = slider(form, "width")
    drag(qtbot, target, target.width() // 2, target.width() + 40)
    assert form.params.width == 255


def test_shift_drags_ten_times_finer(form, qtbot):
    target = slider(form, "blend")
    middle = target.width() // 2
    drag(qtbot, target, middle, middle + 20)
    coarse = form.params.blend - 0.5
    form.set_params(Sample())
    drag(qtbot, target, middle, middle + 20, SHIFT)
    fine = form.params.blend - 0.5
    assert coarse > 0.1
    # Fine moves are rounded to the 0.002 that the box shows apart.
    assert fine == pytest.approx(coarse / 10, abs=0.006)


def test_double_click_returns_to_the_default(form, qtbot):
    form.set_params(Sample(rounds=77))
    target = slider(form, "rounds")
    with qtbot.waitSignal(form.paramsChanged):
        qtbot.mouseDClick(target, Qt.MouseButton.LeftButton, pos=QPoint(3, target.height() // 2))
    assert form.params.rounds == 10


def test_the_wheel_steps_and_shift_makes_the_step_fine(form):
    wheel(slider(form, "blend"), 1)
    assert form.params.blend == pytest.approx(0.52)
    wheel(slider(form, "blend"), -1, SHIFT)
    assert form.params.blend == pytest.approx(0.518)
    wheel(box(form, "width"), 1)
    assert form.params.width == 19
    wheel(box(form, "width"), -2)
    assert form.params.width == 17


def test_arrow_keys_step_too(form, qtbot):
    qtbot.keyClick(slider(form, "rounds"), Qt.Key.Key_Right)
    assert form.params.rounds == 11
    qtbot.keyClick(slider(form, "rounds"), Qt.Key.Key_Home)
    assert form.params.rounds == 1
    qtbot.keyClick(slider(form, "rounds"), Qt.Key.Key_End)
    assert form.params.rounds == 101


def test_sizes_go_by_octaves_and_finely_by_ones(form):
    wheel(slider(form, "size"), 1)
    assert form.params.size == 2048
    wheel(slider(form, "size"), -1, SHIFT)
    assert form.params.size == 2047


def test_check_box_and_choice(form, qtbot):
    qtbot.mouseClick(form.findChild(QCheckBox, "param.fast"), Qt.MouseButton.LeftButton, pos=QPoint(8, 13))
    assert form.params.fast is True
    combo = form.findChild(QComboBox, "param.mask.combo")
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert form.params.mask == "binary"
    type_into(qtbot, form.findChild(QLineEdit, "param.note.edit"), "loud")
    assert form.params.note == "loud"


def test_set_params_shows_and_stays_silent(form, qtbot):
    wanted = Sample(rounds=20, width=5, blend=0.12345, size=99, fast=True, mask="binary", note="x", deep=9)
    with qtbot.assertNotEmitted(form.paramsChanged):
        form.set_params(wanted)
    assert form.params == wanted
    assert box(form, "width").value() == 5
    # A value with more digits than the box shows survives an edit of another parameter.
    wheel(slider(form, "rounds"), 1)
    assert form.params == dataclasses.replace(wanted, rounds=21)


def test_a_refused_combination_is_explained_and_the_last_good_one_stays(form, qtbot):
    type_into(qtbot, box(form, "rounds"), "80")
    good = form.params
    with qtbot.waitSignal(form.validityChanged) as heard, qtbot.assertNotEmitted(form.paramsChanged):
        qtbot.mouseClick(form.findChild(QCheckBox, "param.fast"), Qt.MouseButton.LeftButton, pos=QPoint(8, 13))
    assert heard.args == [False]
    assert form.params == good
    assert form.error == "Rounds must be at most 50 when fast"
    assert form.findChild(QWidget, "param.error").isVisible()
    with qtbot.waitSignal(form.validityChanged) as heard:
        type_into(qtbot, box(form, "rounds"), "40")
    assert heard.args == [True]
    assert form.error == ""
    assert form.params == Sample(rounds=40, fast=True)


def test_advanced_parameters_fold_away(form, qtbot):
    deep = form.findChild(QWidget, "param.deep")
    assert not deep.isVisible()
    qtbot.mouseClick(form.findChild(QToolButton, "param.more"), Qt.MouseButton.LeftButton)
    assert deep.isVisible()


def test_the_form_of_kam_fits_its_column_and_skips_structured_values(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    form = ParamForm(KamParams)
    qtbot.addWidget(form)
    assert form.findChild(QWidget, "param.sources") is None
    assert form.params == KamParams()
    # 300 px less twice the padding of 12.
    assert form.minimumSizeHint().width() <= 276


def test_an_editor_speaks_for_structured_values(qtbot, qapp):
    from PySide6.QtCore import Signal

    class Editor(QWidget):
        valueChanged = Signal(object)
        text = ""

        def show_params(self, params):
            self.text = params.sources.to_text()

        def apply_to(self, params):
            return dataclasses.replace(params, sources=SourceSet.from_text(self.text))

    form = ParamForm(KamParams, editors={"sources": Editor})
    qtbot.addWidget(form)
    editor = form.findChild(QWidget, "param.sources")
    assert editor is form.editor("sources")
    editor.text = "voice=disc:9, rest=horizontal:31@2"
    with qtbot.waitSignal(form.paramsChanged) as heard:
        editor.valueChanged.emit(None)
    assert heard.args[0].sources == SourceSet.from_text(editor.text)
    editor.text = "voice=disc:8"
    editor.valueChanged.emit(None)
    assert "odd" in form.error
    assert form.params == heard.args[0]


@pytest.mark.parametrize(
    "scale",
    [Scale(1, 255, 2, True), Scale(0.0, 1.0), Scale(64, 65536, 2, True), Scale(-60.0, 12.0), Scale(20.0, 20000.0)],
)
def test_scales_reach_both_ends_and_come_back_from_every_place(scale):
    assert scale.value(0.0) == scale.lo
    assert scale.value(1.0) == scale.hi
    values = [scale.value(i / 50, fine=True) for i in range(51)]
    assert values == sorted(values)
    for value in values:
        assert scale.fraction(value) == pytest.approx(scale.fraction(scale.snapped(value)))
        assert scale.value(scale.fraction(value), fine=True) == pytest.approx(value, rel=1e-6, abs=1e-6)
    assert scale.stepped(scale.hi, 3) == scale.hi
    assert scale.stepped(scale.lo, -3, fine=True) == scale.lo


def test_a_form_that_grows_by_turns_has_its_parameters_at_once_and_its_controls_soon(qtbot):
    turns = Turns()
    form = ParamForm(Sample, turns=turns)
    qtbot.addWidget(form)
    wanted = Sample(rounds=20, blend=0.25, fast=True, mask="binary", note="a", deep=5)
    assert box(form, "rounds") is None
    form.set_params(wanted)
    assert form.params == wanted
    qtbot.waitUntil(lambda: turns.idle)
    whole = ParamForm(Sample)
    qtbot.addWidget(whole)
    whole.set_params(wanted)
    for one in (form, whole):
        one.adjustSize()
    assert form.grab().toImage() == whole.grab().toImage()
    early = ParamForm(Sample, turns=turns)
    qtbot.addWidget(early)
    early.complete()
    assert turns.idle
    assert len(early.findChildren(QWidget)) == len(whole.findChildren(QWidget))
