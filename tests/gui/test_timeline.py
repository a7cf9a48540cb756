import pytest

from sepstudio.gui.timeline import EMPTY_VIEW_S, SHORTEST_VIEW_S, Timeline


@pytest.fixture
def timeline(qapp):
    line = Timeline()
    line.set_duration(100.0)
    return line


def heard(signal):
    values = []
    signal.connect(lambda *args: values.append(args))
    return values


def test_an_empty_timeline_shows_some_seconds(qapp):
    line = Timeline()
    assert line.visible == (0.0, EMPTY_VIEW_S)
    line.zoom(2.0, 5.0)
    assert line.visible == (2.5, 7.5)


def test_a_whole_view_stays_whole_and_a_part_keeps_its_place(timeline):
    assert timeline.visible == (0.0, 100.0)
    timeline.set_duration(200.0)
    assert timeline.visible == (0.0, 200.0)
    timeline.set_visible(20.0, 40.0)
    timeline.set_duration(300.0)
    assert timeline.visible == (20.0, 40.0)
    timeline.set_duration(30.0)
    assert timeline.visible == (10.0, 30.0)
    timeline.set_duration(0.0)
    assert timeline.visible[1] <= EMPTY_VIEW_S


@pytest.mark.parametrize(
    ("asked", "shown"),
    [((-10, 10), (0, 20)), ((95, 115), (80, 100)), ((-50, 500), (0, 100)), ((50, 40), (50, 50 + SHORTEST_VIEW_S))],
)
def test_views_stay_inside(timeline, asked, shown):
    timeline.set_visible(*asked)
    assert timeline.visible == pytest.approx(shown)


def test_zoom_keeps_the_centre_in_place(timeline):
    timeline.zoom(4.0, 30.0)
    start, stop = timeline.visible
    assert stop - start == pytest.approx(25.0)
    assert (30.0 - start) / (stop - start) == pytest.approx(0.3)
    timeline.zoom(1e9, 30.0)
    assert timeline.visible[1] - timeline.visible[0] == pytest.approx(SHORTEST_VIEW_S)
    timeline.zoom(1e-9, 30.0)
    assert timeline.visible == (0.0, 100.0)


def test_signals_come_once_and_only_for_changes(timeline):
    visible, duration = heard(timeline.visibleChanged), heard(timeline.durationChanged)
    selection, playhead = heard(timeline.selectionChanged), heard(timeline.playheadChanged)
    for _ in range(2):
        timeline.set_visible(10.0, 20.0)
        timeline.set_duration(90.0)
        timeline.set_selection((5.0, 3.0))
        timeline.set_playhead(4.0)
    assert visible == [(10.0, 20.0)]
    assert duration == [(90.0,)]
    assert selection == [((3.0, 5.0),)]
    assert playhead == [(4.0,)]


def test_scrolling_and_fitting(timeline):
    timeline.set_visible(10.0, 20.0)
    timeline.scroll(5.0)
    assert timeline.visible == (15.0, 25.0)
    timeline.scroll(-100.0)
    assert timeline.visible == (0.0, 10.0)
    timeline.fit()
    assert timeline.visible == (0.0, 100.0)


def test_selections_are_sorted_clamped_and_dropped_when_empty(timeline):
    timeline.set_selection((120.0, 90.0), (3000.0, 200.0))
    assert timeline.selection == (90.0, 100.0)
    assert timeline.band == (200.0, 3000.0)
    timeline.set_selection((50.0, 50.0), (1.0, 2.0))
    assert timeline.selection is None
    assert timeline.band is None


def test_another_band_alone_is_a_change(timeline):
    timeline.set_selection((1.0, 2.0))
    changes = heard(timeline.selectionChanged)
    timeline.set_selection((1.0, 2.0), (100.0, 200.0))
    assert len(changes) == 1


def test_the_view_turns_a_page_after_the_playhead(timeline):
    timeline.set_visible(10.0, 20.0)
    timeline.set_playhead(19.9)
    assert timeline.visible == (10.0, 20.0)
    timeline.set_playhead(20.1)
    assert timeline.visible == pytest.approx((20.1, 30.1))


def test_a_view_of_another_place_stays_there(timeline):
    timeline.set_visible(50.0, 60.0)
    timeline.set_playhead(5.0)
    timeline.set_playhead(70.0)
    assert timeline.visible == (50.0, 60.0)
    timeline.set_playhead(55.0)
    timeline.follows_playhead = False
    timeline.set_playhead(60.5)
    assert timeline.visible == (50.0, 60.0)
