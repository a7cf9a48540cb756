"""What networks looked at, for a clicked point of a stem: shares, pictures, and words where there is nothing to see."""

import functools
import threading
import time

import numpy as np
import pytest
from gui.test_probe import click, read
from PySide6.QtCore import QPointF, Qt
from tiny_models import INSTRUMENTS, tiny_model

from sepstudio.errors import CheckpointError
from sepstudio.gui.items.colours import level_table
from sepstudio.gui.panels.kernel_picture import Resolution
from sepstudio.gui.panels.probe_panel import ProbePanel
from sepstudio.gui.panels.saliency_card import SaliencyCard
from sepstudio.gui.panels.saliency_picture import HEIGHT
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.nn.phase_models import load_model
from sepstudio.separation import phase_probe
from sepstudio.separation.explanation import Attribution, Explanation, InputMap, Point, ProbedRun, ProbedStem
from sepstudio.separation.kam import KamParams
from sepstudio.separation.phase_dnn import METHOD, Instruments, PhaseDnnParams
from sepstudio.separation.phase_saliency import saliency_steps
from sepstudio.separation.probe import DEFAULT_FFT_SIZE, Reading, Share, probe_steps, transform_sizes
from sepstudio.separation.registry import method

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44100
CTRL = Qt.KeyboardModifier.ControlModifier
BINS = 129
TABLE = level_table("magma", -90.0, -10.0)


def attribution(**changes):
    """Parts of five frames: the largest one for the stem, at the point, and one against it in the phases."""
    amplitude, phases = np.zeros((5, BINS), np.float32), np.zeros((5, BINS), np.float32)
    amplitude[2, 40], phases[0, 100] = 2.0, -0.5
    values = {
        "stem": "vocals", "shares": (("amplitude", 0.8), ("phase", 0.2)),
        "maps": (InputMap("amplitude", amplitude, "|X|"), InputMap("Δt", phases, "Δt")),
        "seconds": 1.0 + np.arange(-2, 3) * 0.01, "hertz": np.arange(BINS) * 100.0, "frame": 2, "bin": 40,
    }  # fmt: skip
    return Attribution(**(values | changes))


def reading(*attributions, notes=()):
    explanation = Explanation("Because.", (), notes, tuple(attributions))
    return Reading(Point(40, 100), 1.0, 4000.0, -20.0, (Share("vocals", 1.0, 1.0, -20.0),), explanation)


@pytest.fixture
def card(qtbot):
    made = SaliencyCard(attribution())
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_picture_has_the_largest_part_of_each_row_on_the_scale_of_the_card(card):
    amplitude, phases = card.pictures
    assert amplitude.entries.shape == (HEIGHT, 5)
    # The largest part of all is at the end of the colours, a quarter of it halfway: the root of a quarter.
    assert amplitude.entries.max() == 255
    assert phases.entries.min() == pytest.approx(128 - 0.5 * 127, abs=1)
    assert (amplitude.entries[:, [0, 1, 3, 4]] == 128).all()
    row = int(amplitude.point.y())
    assert amplitude.entries[row, 2] == 255
    # High frequencies are above.
    assert np.argmax(amplitude.entries.max(axis=1)) > np.argmin(phases.entries.min(axis=1))


def test_a_place_of_a_picture_is_told_in_words(card):
    amplitude, phases = card.pictures
    assert amplitude.text_at(amplitude.point) == "amplitude, 0 ms, 4\u202f000 Hz: for vocals, 100 % of the largest part"
    row = int(np.argmin(phases.entries.min(axis=1)))
    told = phases.text_at(QPointF(2.0, row + 0.5))
    assert told == "Δt, \u221220 ms, 10\u202f000 Hz: against vocals, 25 % of the largest part"
    assert "neither" in phases.text_at(QPointF(phases.width() - 2.0, HEIGHT - 2.0))
    assert phases.text_at(QPointF(2.0, HEIGHT + 8.0)) == ""


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_parts_are_painted_in_two_colours_on_the_ground(card, qapp, palette):
    apply_theme(qapp, palette)
    amplitude, phases = card.pictures
    high, low = amplitude.grab().toImage(), phases.grab().toImage()
    row = int(np.argmin(phases.entries.min(axis=1)))
    against, nothing = low.pixelColor(2, row), low.pixelColor(phases.width() // 2, 3)
    assert against.blue() > against.red()
    assert abs(nothing.red() - nothing.blue()) < 24
    beside = high.pixelColor(int(amplitude.point.x() - 6), int(amplitude.point.y()))
    assert beside.red() > beside.blue()
    apply_theme(qapp, DARK)


def test_cards_come_and_go_with_readings(qtbot):
    panel = ProbePanel()
    qtbot.addWidget(panel)
    panel.resize(1280, 220)
    panel.show()
    panel.show_reading(reading(*(attribution(stem=name) for name in INSTRUMENTS)), "Run 1", TABLE, Resolution())
    assert [one.attribution.stem for one in panel.saliency_cards] == list(INSTRUMENTS)
    assert panel.saliency_cards[0].bars.accessibleDescription() == "amplitude 80 %, phase 20 %"
    # There are no neighbours to be heard.
    assert not panel.of_stem.isVisible()
    assert panel.cards == ()
    qtbot.waitUntil(lambda: panel.saliency_cards[-1].width() > 0)
    last = panel.saliency_cards[-1]
    assert last.mapTo(panel, last.rect().bottomRight()).x() < 1280
    panel.show_reading(reading(notes=("The model is not there.",)), "Run 1", TABLE, Resolution())
    assert panel.saliency_cards == ()
    assert panel.notes.text() == "The model is not there."


# -- the answers of the method ----------------------------------------------------------------------


def noise(seconds=1.0, channels=2):
    samples = 0.1 * np.random.default_rng(2).standard_normal((channels, round(seconds * RATE)))
    return AudioClip(samples.astype(np.float32), RATE)


def asked(path, seconds=0.5, hertz=3000.0, model_hash="", **changes):
    params = PhaseDnnParams(model=str(path), **changes)
    mixture = noise()
    sizes = transform_sizes(params, METHOD, RATE)
    stems = tuple(ProbedStem(name, mixture) for name in INSTRUMENTS)
    run = ProbedRun(mixture, 4410, mixture.length, stems, *sizes, model_hash=model_hash)
    return run, drain(probe_steps(run, seconds, hertz, METHOD, params))


def test_the_method_traces_its_estimates_back_to_inputs(tmp_path):
    path = tiny_model(tmp_path / "four.safetensors")
    model = load_model(path)
    run, found = asked(path, model_hash=model.header.sha256)
    assert (run.fft_size, run.hop_size) == (256, 64)
    explanation = found.explanation
    assert [one.stem for one in explanation.attributions] == list(INSTRUMENTS)
    for one in explanation.attributions:
        wanted = drain(
            saliency_steps(model, run.stretch, one.stem, seconds=found.point.frame * 64 / RATE, hertz=found.hertz)
        )
        assert dict(one.shares)["phase"] == pytest.approx(wanted.phase_share)
        assert np.array_equal(one.maps[0].values, wanted.amplitude)
        assert [shown.name for shown in one.maps] == ["amplitude", "Δt", "Δf"]
        assert one.seconds[one.frame] == pytest.approx(found.seconds)
        assert one.hertz[one.bin] == pytest.approx(found.hertz)
    assert "vocals" in explanation.sentence
    assert "replaced" not in " ".join(explanation.notes)


def test_the_method_says_what_was_chosen_replaced_or_is_gone(tmp_path):
    path = tiny_model(tmp_path / "two.safetensors", ("bass", "other"), inputs="amplitude", phase_kinds=())
    _, found = asked(path, model_hash="of another", instruments=Instruments(("other",)))
    (one,) = found.explanation.attributions
    assert (one.stem, one.shares) == ("other", (("amplitude", 1.0),))
    assert found.explanation.sentence == "The networks heard amplitudes alone."
    assert "replaced" in " ".join(found.explanation.notes)
    path.unlink()
    run, found = asked(path)
    assert run.fft_size == DEFAULT_FFT_SIZE
    assert found.explanation.attributions == ()
    assert "two.safetensors" in found.explanation.notes[0]
    with pytest.raises(CheckpointError):
        METHOD.sizes(PhaseDnnParams(model=str(path)), RATE)


# -- in the window ----------------------------------------------------------------------------------


def after(asked, *arguments, **options):
    """Look at a point as soon as somebody says so."""
    while not asked.is_set():
        time.sleep(0.005)
        yield 0.0
    return (yield from saliency_steps(*arguments, **options))


def test_a_click_on_a_stem_of_a_run_of_networks_shows_what_they_heard(
    in_studio, qtbot, recording, tmp_path, monkeypatch
):
    path = tiny_model(tmp_path / "two.safetensors", ("bass", "other"))

    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=10_000)
        window.workbench.separate(method("dnn"), PhaseDnnParams(model=str(path)))
        qtbot.waitUntil(lambda: len(window.session.runs) == 1 and not window.bridge.busy, timeout=60_000)
        qtbot.waitUntil(window.tab.settled, timeout=60_000)
        window.timeline.set_visible(1.0, 1.2)
        pane = next(pane for pane in window.tab.stack.panes if pane.objectName() == "spectrogram.@stem:1")
        click(window, qtbot, 1.1, 1000.0, CTRL, pane)
        panel, found = read(window, qtbot)
        assert [one.attribution.stem for one in panel.saliency_cards] == ["bass", "other"]
        assert all(len(card.pictures) == 3 for card in panel.saliency_cards)
        # A layout shows what it takes in only at the next turn of the event loop.
        qtbot.waitUntil(lambda: all(card.isVisible() for card in panel.saliency_cards))
        assert "Phases had this part" in panel.sentence.text()
        assert found.seconds == pytest.approx(1.1, abs=0.002)
        # What takes time is announced.
        asked = threading.Event()
        monkeypatch.setattr(phase_probe, "saliency_steps", functools.partial(after, asked))
        click(window, qtbot, 1.15, 1000.0, CTRL, pane)
        qtbot.waitUntil(lambda: panel.place.text().startswith("Looking at 0:01.1"), timeout=30_000)
        asked.set()
        qtbot.waitUntil(lambda: panel.reading is not found, timeout=30_000)
        assert "Looking" not in panel.place.text()
        # Loaded once: the run's own model is asked.
        assert len(window.workbench.context.models.loaded()) == 1
        window.workbench.separate(method("kam"), KamParams(iterations=1, spatial=False))
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=60_000)
        qtbot.waitUntil(lambda: len(panel.cards) == 2, timeout=60_000)
        assert panel.saliency_cards == ()

    in_studio([recording], scenario)
