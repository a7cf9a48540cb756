"""The transport strip: it shows, it asks, and its meter moves as a meter should."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QToolButton

from sepstudio.gui import theme
from sepstudio.gui.panels.transport_bar import TransportBar, clock_text
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.level_meter import FALL_DB_PER_SECOND, FLOOR_DB, HOLD_SECONDS, LevelMeter, decibels
from sepstudio.gui.widgets.toggle import LetterButton
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.playback.meter import Levels

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = TransportBar()
    qtbot.addWidget(made)
    made.resize(1280, 36)
    made.show()
    made.set_ready(True)
    return made


def button(bar, name):
    return bar.findChild(QToolButton, f"transport.{name}")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00:00.000"),
        (83.456, "0:01:23.456"),
        (1.001, "0:00:01.001"),
        (3599.9999, "0:59:59.999"),
        (-1, "0:00:00.000"),
    ],
)
def test_clock(seconds, text):
    assert clock_text(seconds) == text
    assert clock_text(seconds, thousandths=False) == text[:-4]


def test_the_buttons_ask_and_do_nothing_else(bar, qtbot):
    for name, signal in (("to_start", bar.toStart), ("play", bar.playToggled), ("to_end", bar.toEnd)):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button(bar, name), LEFT)
    assert button(bar, "play").icon_name == "play"


def test_a_click_leaves_the_space_key_to_the_window(bar, qtbot):
    qtbot.mouseClick(button(bar, "loop"), LEFT)
    assert not button(bar, "loop").hasFocus()
    # Reached by the keyboard, a button is pressed by the keyboard.
    button(bar, "loop").setFocus()
    with qtbot.waitSignal(bar.loopToggled):
        qtbot.keyClick(button(bar, "loop"), Qt.Key.Key_Space)


def test_play_turns_to_pause_when_told(bar):
    play = button(bar, "play")
    bar.set_playing(True)
    assert (play.icon_name, play.accessibleName(), play.toolTip()) == ("pause", "Pause", "Pause")
    bar.set_playing(False)
    assert (play.icon_name, play.accessibleName()) == ("play", "Play")


@pytest.mark.parametrize(("name", "signal"), [("loop", "loopToggled"), ("dim", "dimToggled")])
def test_switches_tell_clicks(bar, qtbot, name, signal):
    for wanted in (True, False):
        with qtbot.waitSignal(getattr(bar, signal)) as heard:
            qtbot.mouseClick(button(bar, name), LEFT)
        assert heard.args == [wanted]


def test_the_loop_is_shown_silently(bar, qtbot):
    with qtbot.assertNotEmitted(bar.loopToggled):
        bar.set_loop(True)
    assert button(bar, "loop").isChecked()


def test_time_read_out(bar):
    bar.set_position(83.456)
    bar.set_duration(296)
    assert bar.findChild(QLabel, "transport.time").text() == "0:01:23.456"
    assert bar.findChild(QLabel, "transport.length").text() == "/ 0:04:56"


def test_the_strip_does_not_shiver_while_the_digits_run(bar):
    places = set()
    for seconds in (0.0, 11.111, 3599.888, 35999.888):
        bar.set_position(seconds)
        places.add(bar.findChild(QLabel, "transport.length").x())
    assert len(places) == 1


def test_the_sides_of_a_comparison(bar, qtbot):
    sides = {letter: bar.findChild(LetterButton, f"transport.{letter.lower()}") for letter in "ABX"}
    assert not any(button.isEnabled() for button in sides.values())
    bar.set_sides("A", ("song.flac", "Run 1  KAM"))
    assert [button.isChecked() for button in sides.values()] == [True, False, False]
    assert "song.flac" in sides["A"].toolTip()
    assert "Run 1  KAM" in sides["B"].toolTip()
    assert "hidden" in sides["X"].toolTip()
    with qtbot.waitSignal(bar.sideChosen) as heard:
        qtbot.mouseClick(sides["B"], LEFT)
    assert heard.args == ["B"]
    # The window decides what is heard; until it answers, A is lit.
    assert [button.isChecked() for button in sides.values()] == [True, False, False]


@pytest.mark.parametrize(("name", "signal"), [("level_match", "levelMatchToggled"), ("mono", "monoToggled")])
def test_the_toggles_beside_the_meter(bar, qtbot, name, signal):
    with qtbot.waitSignal(getattr(bar, signal)) as heard:
        qtbot.mouseClick(bar.findChild(IconButton, f"transport.{name}"), LEFT)
    assert heard.args == [True]


def test_the_inner_bars_show_the_rms(bar):
    bar.set_levels(Levels((0.5, 0.25), (0.25, 0.1)))
    assert bar.meter.rms == (pytest.approx(-12.04, abs=0.01), pytest.approx(-20.0, abs=0.01))
    bar.set_levels(Levels())
    assert bar.meter.rms == (-60.0, -60.0)


def test_master_gain(bar, qtbot):
    fader = bar.findChild(FineSlider, "transport.master.slider")
    with qtbot.waitSignal(bar.masterChanged) as heard:
        qtbot.mouseClick(fader, LEFT, pos=QPoint(1, fader.height() // 2))
    assert heard.args == [-60.0]
    with qtbot.waitSignal(bar.masterChanged) as heard:
        qtbot.mouseDClick(fader, LEFT, pos=QPoint(1, fader.height() // 2))
    assert heard.args == [0.0]
    with qtbot.assertNotEmitted(bar.masterChanged):
        bar.set_master(-6.0)
    assert bar.findChild(NumberBox, "transport.master.box").value() == -6.0


def test_without_a_recording_there_is_nothing_to_play(bar):
    bar.set_ready(False)
    assert not any(button(bar, name).isEnabled() for name in ("to_start", "play", "to_end", "loop"))
    assert button(bar, "dim").isEnabled()


def test_everything_is_named_and_fits_1280_pixels(bar):
    assert bar.minimumSizeHint().width() <= 1280
    for kind in (QToolButton, FineSlider, NumberBox):
        for widget in bar.findChildren(kind):
            assert widget.objectName()
            assert widget.toolTip()
            assert widget.accessibleName()


# -- the meter ---------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def meter(qtbot, qapp, clock):
    theme.apply_theme(qapp, theme.DARK)
    made = LevelMeter(clock)
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    made.show()
    return made


def test_decibels():
    assert decibels(1.0) == 0.0
    assert decibels(0.5) == pytest.approx(-6.0206, abs=1e-4)
    assert decibels(0.0) == decibels(1e-9) == FLOOR_DB


def test_levels_rise_at_once_and_fall_slowly(meter, clock):
    meter.set_levels((0.5, 0.25))
    assert meter.levels == pytest.approx((-6.02, -12.04), abs=0.01)
    clock.now = 0.5
    meter.set_levels((0.0, 0.0))
    fallen = FALL_DB_PER_SECOND * 0.5
    assert meter.levels == pytest.approx((-6.02 - fallen, -12.04 - fallen), abs=0.01)
    clock.now = 60.0
    meter.set_levels((0.0, 0.0))
    assert meter.levels == (FLOOR_DB, FLOOR_DB)


def test_peaks_are_held_for_a_while(meter, clock):
    meter.set_levels((0.5, 0.5))
    clock.now = HOLD_SECONDS - 0.1
    meter.set_levels((0.1, 0.5))
    assert meter.held[0] == pytest.approx(-6.02, abs=0.01)
    clock.now = HOLD_SECONDS + 0.1
    meter.set_levels((0.1, 0.1))
    assert meter.held[0] == pytest.approx(-20.0, abs=0.01)
    # The right channel reached its peak again later, so it holds longer.
    assert meter.held[1] == pytest.approx(-6.02, abs=0.01)


def test_full_scale_is_no_clipping_and_more_is_until_a_click(meter, clock, qtbot):
    meter.set_levels((1.0, 1.001))
    assert meter.clipped == (False, True)
    clock.now = 100.0
    meter.set_levels((0.0, 0.0))
    assert meter.clipped == (False, True)
    qtbot.mouseClick(meter, LEFT)
    assert meter.clipped == (False, False)


def test_bar_lengths_and_lamp_are_painted(meter):
    def count(colour):
        image = meter.grab().toImage()
        pixels = (image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height()))
        return sum(pixel == colour.lower() for pixel in pixels)

    assert count(theme.DARK.ok) == 0
    assert count(theme.DARK.error) == 0
    meter.set_levels((0.0316, 0.0), (0.0316, 0.0))
    half = count(theme.DARK.ok)
    # −30 dB is half the way from −60 to 0, one bar of 92 by 8 pixels, less the line of the held peak.
    assert half == pytest.approx(46 * 8, abs=24)
    meter.set_levels((2.0, 0.0), (0.9, 0.0))
    assert count(theme.DARK.warning) > 0
    assert count(theme.DARK.error) > 20
