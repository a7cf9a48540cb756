"""Painting over spectrograms: every gesture is one stroke and one step of the history, or nothing at all."""

import numpy as np
import pytest
from gui.gestures import ALT, CTRL, MIDDLE, SHIFT, click, drag, wheel
from gui.painters import DRUMS, VOCALS, painting
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QPushButton

from sepstudio.gui.notice import Notice
from sepstudio.gui.painting.axes import length_of
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.stroke_bins import painted_bins
from sepstudio.session.commands import AddRun
from sepstudio.session.records import Run, Stem
from sepstudio.session.stroke_commands import AddStroke

Key = Qt.Key
START, STOP = (1.0, 1000.0), (2.0, 3000.0)


@pytest.fixture
def paints(in_studio, qtbot, recording):
    return painting(in_studio, qtbot, recording)


def near(painter, point, place):
    """Whether a point of a stroke lies within two pixels of a place."""
    there, wanted = painter.at(*point), painter.at(*place)
    return (there - wanted).manhattanLength() <= 2


# -- tools -------------------------------------------------------------------------------------


def a_brush_paints_where_it_goes(painter):
    painter.key(Key.Key_B)
    painter.drag(START, STOP)
    stroke = painter.one_step("Paint vocals")
    assert (stroke.tool, stroke.source, stroke.against, stroke.opacity, stroke.axis) == (
        "brush", VOCALS.id, False, 1.0, "mel",
    )  # fmt: skip
    # A straight way needs no more than its ends.
    assert len(stroke.points) == 2
    assert near(painter, stroke.points[0], START)
    assert near(painter, stroke.points[1], STOP)
    pixel_s, pixel_height = painter.pane.box.viewPixelSize()
    assert stroke.width == pytest.approx(20 * pixel_s)
    assert stroke.height == pytest.approx(20 * pixel_height * length_of(painter.pane.scale))


def a_curved_way_keeps_the_points_it_needs(painter):
    painter.board.set_tool("brush")
    times = np.linspace(0.5, 3.5, 120)
    painter.way([(float(t), 2000.0 + 1500.0 * float(np.sin(3 * t))) for t in times])
    stroke = painter.one_step("Paint vocals")
    assert 8 < len(stroke.points) < 60
    bins = painted_bins(Strokes((VOCALS,), (stroke,)), sample_rate=44100, fft_size=2048, hop_size=512, frames=345)
    for seconds in np.linspace(0.6, 3.4, 30):
        frame, row = round(seconds * 44100 / 512), round((2000 + 1500 * np.sin(3 * seconds)) * 2048 / 44100)
        assert np.any((bins.frames == frame) & (bins.bins == row)), seconds


def a_click_leaves_a_dab(painter):
    painter.board.set_tool("brush")
    painter.click(*START)
    stroke = painter.one_step("Paint vocals")
    assert len(stroke.points) == 1
    assert near(painter, stroke.points[0], START)


def a_box_has_two_corners(painter):
    painter.key(Key.Key_R)
    painter.drag(STOP, START)
    stroke = painter.one_step("Paint vocals")
    assert (stroke.tool, len(stroke.points), stroke.width, stroke.height) == ("box", 2, 0.0, 0.0)
    assert near(painter, stroke.points[0], STOP)
    assert near(painter, stroke.points[1], START)


def a_lasso_goes_around(painter):
    painter.key(Key.Key_G)
    painter.way([(1.0, 1000.0), (2.0, 1000.0), (2.0, 4000.0), (1.5, 6000.0), (1.0, 4000.0)])
    stroke = painter.one_step("Paint vocals")
    assert (stroke.tool, len(stroke.points)) == ("lasso", 5)


def a_harmonic_brush_paints_its_partials_and_shows_them(painter):
    painter.board.choose(DRUMS.id)
    painter.key(Key.Key_N)
    painter.hover(1.0, 1000.0)
    rings = painter.pane.box.hand.cursor.rings
    heights = [ring.center().y() for ring in rings]
    pixel = painter.pane.box.viewPixelSize()[1]
    np.testing.assert_allclose(heights, painter.pane.scale.to_unit(1000.0 * np.arange(1, 6)), atol=8 * pixel)
    painter.way([(1.0, 1000.0), (1.5, 1100.0), (2.0, 1000.0)], release=False)
    area = painter.pane.box.hand.under_way.area
    assert area.contains(painter.pane.box.hand.cursor.rings[2].center())
    painter.release((2.0, 1000.0))
    assert area is not painter.pane.box.hand.under_way.area
    stroke = painter.one_step("Paint drums")
    assert (stroke.tool, stroke.partials, stroke.source) == ("harmonic", 5, DRUMS.id)


def an_eraser_takes_away(painter):
    painter.board.set_tool("box")
    painter.drag(START, STOP)
    painter.start = painter.steps
    bare = painter.colour(3.5, 9000.0)
    assert painter.colour(1.5, 1800.0).blue() > bare.blue() + 60
    painter.key(Key.Key_E)
    painter.board.set_size(120)
    painter.drag((1.3, 1800.0), (1.7, 1800.0))
    stroke = painter.one_step("Erase")
    assert (stroke.tool, stroke.source, stroke.against) == ("eraser", "", False)
    assert painter.colour(1.5, 1800.0).blue() < bare.blue() + 60


def what_is_too_small_was_not_meant(painter):
    painter.board.set_tool("box")
    painter.click(*START)
    point = painter.at(*START)
    drag(painter.pane.view.viewport(), point, point + QPoint(40, 1))
    painter.board.set_tool("lasso")
    drag(painter.pane.view.viewport(), point, point + QPoint(40, 0))
    assert painter.steps == painter.start


def test_tools(paints):
    paints(
        a_brush_paints_where_it_goes,
        a_curved_way_keeps_the_points_it_needs,
        a_click_leaves_a_dab,
        a_box_has_two_corners,
        a_lasso_goes_around,
        a_harmonic_brush_paints_its_partials_and_shows_them,
        an_eraser_takes_away,
        what_is_too_small_was_not_meant,
    )


# -- ways --------------------------------------------------------------------------------------


def escape_leaves_no_trace(painter):
    for tool in ("brush", "box", "lasso", "harmonic", "eraser"):
        painter.board.set_tool(tool)
        painter.way([(1.0, 1000.0), (1.5, 2000.0), (2.0, 1500.0)], release=False)
        assert painter.board.busy
        assert not painter.pane.box.hand.under_way.area.isEmpty()
        painter.key(Key.Key_Escape)
        assert not painter.board.busy
        assert painter.pane.box.hand.under_way.area.isEmpty()
        painter.release((2.0, 1500.0))
        assert painter.steps == painter.start
    # The next one is as ever.
    painter.board.set_tool("brush")
    painter.drag(START, STOP)
    painter.one_step("Paint vocals")


def escape_without_a_gesture_lets_go_of_the_selection(painter):
    painter.drag(START, STOP)
    assert painter.window.timeline.selection is not None
    painter.board.set_tool("brush")
    painter.key(Key.Key_Escape)
    assert painter.window.timeline.selection is None
    assert painter.board.tool == "brush"


def strokes_end_where_the_recording_does(painter):
    painter.board.set_tool("brush")
    painter.window.timeline.set_visible(3.0, 4.0)
    viewport = painter.pane.view.viewport()
    drag(viewport, painter.at(3.5, 5000.0), QPoint(viewport.width() + 60, -40))
    points = painter.one_step("Paint vocals").points
    assert points[-1] == pytest.approx((4.0, painter.pane.scale.hi))
    assert max(points) <= (4.0, painter.pane.scale.hi)


def shift_keeps_to_an_axis_and_alt_erases(painter):
    painter.board.set_tool("brush")
    painter.drag((1.0, 1000.0), (2.0, 1100.0), SHIFT)
    first, last = painter.one_step("Paint vocals").points
    assert first[1] == last[1]
    painter.drag((1.0, 1000.0), (1.05, 5000.0), SHIFT)
    first, last = painter.one_step("Paint vocals").points
    assert first[0] == last[0]
    painter.drag(START, STOP, ALT)
    assert painter.one_step("Erase").tool == "eraser"


def ctrl_selects_and_other_buttons_pan_as_ever(painter):
    painter.board.set_tool("brush")
    painter.window.timeline.set_visible(1.0, 3.0)
    painter.drag((1.5, 1000.0), (2.5, 3000.0), CTRL)
    assert painter.window.timeline.selection == pytest.approx((1.5, 2.5), abs=0.02)
    painter.session.stack.undo()
    viewport = painter.pane.view.viewport()
    drag(viewport, painter.at(2.0, 1000.0), painter.at(1.5, 1000.0), button=MIDDLE)
    assert painter.window.timeline.visible[0] == pytest.approx(1.5, abs=0.02)
    wheel(viewport, painter.at(2.0, 1000.0), 2)
    assert np.diff(painter.window.timeline.visible)[0] < 1.9
    wheel(viewport, painter.at(2.0, 1000.0), 2, ALT)
    assert np.diff(painter.pane.heights)[0] < 0.9
    assert painter.steps == painter.start


def without_a_tool_nothing_is_painted(painter):
    painter.drag(START, STOP)
    assert painter.strokes == ()
    assert painter.window.timeline.selection == pytest.approx((1.0, 2.0), abs=0.02)
    painter.click(3.5, 500.0)
    assert painter.window.timeline.selection is None
    painter.board.set_tool("brush")
    painter.key(Key.Key_V)
    assert painter.board.tool is None
    painter.drag(START, STOP)
    assert painter.strokes == ()


def a_size_is_that_of_the_axis_it_was_painted_on(painter):
    painter.pane.edit_display(scale="log", lowest_hz=50.0, highest_hz=0.0)
    painter.board.set_tool("brush")
    painter.drag(START, STOP)
    stroke = painter.one_step("Paint vocals")
    octaves = np.log2(painter.pane.scale.hi / painter.pane.scale.lo)
    assert stroke.axis == "log"
    assert stroke.height == pytest.approx(20 * painter.pane.box.viewPixelSize()[1] * octaves)
    log = painter.colour(1.5, 1700.0)
    painter.pane.edit_display(scale="mel", lowest_hz=20.0, highest_hz=0.0)
    # Where the middle of the way lies is another pixel, and painted there too.
    assert painter.colour(1.5, 1730.0).blue() > 0.7 * log.blue()


def test_ways(paints):
    paints(
        escape_leaves_no_trace,
        escape_without_a_gesture_lets_go_of_the_selection,
        strokes_end_where_the_recording_does,
        shift_keeps_to_an_axis_and_alt_erases,
        ctrl_selects_and_other_buttons_pan_as_ever,
        without_a_tool_nothing_is_painted,
        a_size_is_that_of_the_axis_it_was_painted_on,
    )


# -- sources and looks -------------------------------------------------------------------------


def keys_choose_source_size_and_opacity(painter):
    painter.key(Key.Key_2, ALT)
    assert painter.board.source == DRUMS
    painter.key(Key.Key_9, ALT)
    assert painter.board.source == DRUMS
    painter.key(Key.Key_BracketRight)
    assert painter.board.size == pytest.approx(25.0)
    for _ in range(20):
        painter.key(Key.Key_BracketLeft)
    assert painter.board.size == 4.0
    painter.key(Key.Key_BracketLeft, CTRL)
    assert painter.board.opacity == pytest.approx(0.9)
    painter.key(Key.Key_B)
    painter.drag(START, STOP)
    stroke = painter.one_step("Paint drums")
    assert (stroke.opacity, stroke.source) == (0.9, DRUMS.id)
    painter.key(Key.Key_K)
    assert not painter.board.shown
    assert not painter.window.actions_by_id["paint-show"].isChecked()
    painter.key(Key.Key_K)
    assert painter.board.shown


def keys_can_be_others(painter):
    painter.window.keys.assign("paint-larger", ["J"])
    painter.key(Key.Key_BracketRight)
    assert painter.board.size == 20
    painter.key(Key.Key_J)
    assert painter.board.size == 25
    painter.window.keys.reset("paint-larger")


def strokes_have_the_colour_of_their_source_and_fade_with_opacity(painter):
    bare = painter.colour(1.5, 9000.0)
    seen = {}
    for opacity in (1.0, 0.4):
        stroke = Stroke("box", DRUMS.id, ((1.0, 8000.0), (2.0, 10000.0)), opacity=opacity)
        painter.session.stack.push(AddStroke(painter.session, painter.source, stroke))
        seen[opacity] = painter.colour(1.5, 9000.0).green()
    assert seen[1.0] > seen[0.4] > bare.green()
    against = Stroke("box", DRUMS.id, ((3.0, 8000.0), (3.8, 10000.0)), against=True)
    painter.session.stack.push(AddStroke(painter.session, painter.source, against))
    painter.settle()
    picture, middle = painter.pane.view.grab().toImage(), painter.at(3.4, 9000.0).toPoint()
    greens = [picture.pixelColor(middle.x() + dx, middle.y()).green() for dx in range(-8, 9)]
    # Hatched: lines with gaps between them.
    assert max(greens) > 90
    assert min(greens) < 40
    for palette in (LIGHT, DARK):
        apply_theme(QApplication.instance(), palette)
        assert painter.colour(1.5, 9000.0).green() == seen[0.4]


def strokes_stay_in_their_place_while_the_view_moves(painter):
    stroke = Stroke("box", VOCALS.id, ((1.0, 8000.0), (2.0, 10000.0)))
    painter.session.stack.push(AddStroke(painter.session, painter.source, stroke))
    bare = painter.colour(2.5, 9000.0).blue()
    for visible in ((0.5, 2.5), (1.2, 1.6), (0.0, 4.0)):
        painter.window.timeline.set_visible(*visible)
        # At once, with the picture that there is, and then with a new one.
        picture = painter.pane.view.grab().toImage()
        assert picture.pixelColor(painter.at(1.4, 9000.0).toPoint()).blue() > bare + 60
        assert painter.colour(1.4, 9000.0).blue() > bare + 60
    painter.pane.set_heights(0.5, 1.0)
    assert painter.colour(1.4, 9000.0).blue() > bare + 60
    painter.board.set_shown(False)
    assert painter.colour(1.4, 9000.0).blue() < bare + 20


def the_first_stroke_brings_a_source(painter):
    painter.board.set_tool("brush")
    painter.drag(START, STOP)
    stroke = painter.one_step("Paint vocals")
    (source,) = painter.sources
    assert (source.name, source.colour, source.id) == ("vocals", "#56B4E9", stroke.source)
    painter.session.stack.undo()
    assert painter.sources == ()


def test_sources_and_looks(paints):
    paints(
        keys_choose_source_size_and_opacity,
        keys_can_be_others,
        strokes_have_the_colour_of_their_source_and_fade_with_opacity,
        strokes_stay_in_their_place_while_the_view_moves,
    )


def test_nobody_has_to_know_about_sources_first(paints):
    paints(the_first_stroke_brings_a_source, strokes=Strokes())


# -- stems -------------------------------------------------------------------------------------


def with_run(painter, *names):
    """Show a run whose stems have these names."""
    session, clip = painter.session, painter.session.clip(painter.source)
    run_id = session.new_id("run")
    stems = [Stem(f"{run_id}/{name}", run_id, name) for name in names]
    for stem in stems:
        session.store_audio(stem.id, [clip])
    run = Run(run_id, 1, "kam", None, painter.source, 0, clip.length, tuple(stem.id for stem in stems))
    session.stack.push(AddRun(session, run, stems))
    painter.window.tab.show_run(run_id)
    painter.settle()
    painter.start = painter.steps
    return {name: painter.window.tab.deck.first("spectrogram", f"@stem:{n}") for n, name in enumerate(names)}


def over_a_stem_one_paints_what_does_not_belong_there(painter):
    panes = with_run(painter, "Drums", "somebody")
    painter.board.set_tool("brush")
    painter.drag(START, STOP, pane=panes["Drums"])
    stroke = painter.one_step("Paint against drums")
    assert (stroke.source, stroke.against) == (DRUMS.id, True)
    # It is seen there and over the mixture, not where it says nothing.
    painter.settle()
    items = {name: pane.box.hand._item for name, pane in panes.items()} | {"mixture": painter.pane.box.hand._item}
    assert {name: len(item._drawn) for name, item in items.items()} == {"Drums": 1, "somebody": 0, "mixture": 1}


def over_other_stems_it_is_said_why_nothing_happens(painter):
    panes = with_run(painter, "drums", "somebody")
    painter.board.set_tool("brush")
    painter.hover(1.0, 1000.0, panes["somebody"])
    assert panes["somebody"].view.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    painter.drag(START, STOP, pane=panes["somebody"])
    assert painter.steps == painter.start
    assert painter.window.timeline.selection is None
    (notice,) = painter.window.statusBar().findChildren(Notice)
    assert "somebody" in notice.findChild(type(painter.window.panel._title), "notice.text").text()
    # What is missing is one click away, and then one paints there.
    click(notice.findChild(QPushButton, "notice.offer"))
    painter.settle()
    assert painter.one_step_of_sources("Add source somebody")[-1].name == "somebody"
    painter.drag(START, STOP, pane=panes["somebody"])
    painter.one_step("Paint against somebody")
    # Taking away is possible wherever something is seen.
    painter.board.set_tool("eraser")
    painter.hover(1.0, 1000.0, panes["drums"])
    assert panes["drums"].view.viewport().cursor().shape() == Qt.CursorShape.CrossCursor


def test_stems(paints):
    paints(over_a_stem_one_paints_what_does_not_belong_there, over_other_stems_it_is_said_why_nothing_happens)
