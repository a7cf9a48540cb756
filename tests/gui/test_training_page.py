"""The Train page: from songs to curves and a model in the library, stopped and gone on with on the way."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.exporting.curve_views import CurveFigure
from sepstudio.gui.models.training_curves import Training
from sepstudio.gui.models.training_page import TrainingPage
from sepstudio.gui.models.training_params import TrainingParams, training_plan
from sepstudio.nn.library import installed
from sepstudio.nn.training.curves import Curve, read_curves, write_curves
from sepstudio.nn.training.variants import VARIANTS
from sepstudio.paths import cache_dir

pytestmark = pytest.mark.usefixtures("one_thread")

WAIT = 60_000
RATE = 8000
TINY = TrainingParams(
    epochs=2, hidden=8, bands=8, device="cpu", name="tiny", licence="CC0 1.0", sample_rate=RATE, fft_size=256,
    rounds=2, seconds=0.5, batch=2,
)  # fmt: skip


@pytest.fixture
def songs(tmp_path, rng, monkeypatch):
    """Three songs of two seconds of noise, and a cache of their own that has the compiled kernels of all tests."""
    cache, kernels = tmp_path / "cache", cache_dir() / "kernels"
    kernels.mkdir(exist_ok=True)
    cache.mkdir()
    (cache / "kernels").symlink_to(kernels)
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(cache))
    folder = tmp_path / "songs"
    for number in range(3):
        song = folder / f"song {number}"
        song.mkdir(parents=True)
        for stem in ("bass", "drums", "other", "vocals"):
            soundfile.write(song / f"{stem}.wav", rng.normal(0.0, 0.1, (2 * RATE, 2)), RATE)
    return folder


@pytest.fixture
def page(qtbot):
    made = TrainingPage()
    made.complete()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def curve(variant, instrument, epochs, seed=0):
    validation = tuple(1.0 / n for n in range(1, epochs + 1))
    seconds = tuple(2.0 * n for n in range(1, epochs + 1))
    return Curve(variant, instrument, seed, tuple(0.9 * x for x in validation), validation, seconds, (1e-3,) * epochs)


def fill(page, songs, output, epochs=2):
    form = page.form
    form.data.add([songs])
    form.instruments.choose({"bass", "vocals"})
    form.variants.choose({"a"})
    form.params.set_params(TrainingParams(**{**TINY.__dict__, "epochs": epochs}))
    form.output.setText(str(output))


# -- without a window --------------------------------------------------------------------------


def test_the_form_says_what_is_missing(page, tmp_path):
    assert page.problem.text() == "Add a data set to learn from."
    assert not page.train.isEnabled()
    fill(page, tmp_path, tmp_path / "out")
    assert (page.train.isEnabled(), page.train.text(), page.problem.isVisible()) == (True, "Train", False)
    page.form.instruments.boxes["bass"].click()
    page.form.instruments.boxes["vocals"].click()
    assert page.problem.text() == "Choose at least one instrument."
    page.form.instruments.boxes["drums"].click()
    page.form.variants.boxes["a"].click()
    assert page.problem.text() == "Choose at least one kind of network."
    page.form.more_variants.boxes["early"].click()
    assert page.train.isEnabled()
    page.form.output.clear()
    assert page.problem.text() == "Name a folder for the results."


def test_values_that_do_not_fit_together_are_told(page, tmp_path):
    fill(page, tmp_path, tmp_path / "out")
    page.form.params.set_params(TrainingParams(fft_size=64, bands=1024))
    page.form.changed.emit()
    assert "Bands must be a whole number from 1 to 33" in page.problem.text()


def test_the_form_makes_the_plan_that_it_shows(page, tmp_path):
    fill(page, tmp_path, tmp_path / "out", epochs=7)
    page.form.more_variants.choose({"phase-dt"})
    plan = page.form.plan(resume=True, at_once=1)
    assert (plan.data, plan.output, plan.epochs, plan.resume, plan.at_once) == (
        (tmp_path,),
        tmp_path / "out",
        7,
        True,
        1,
    )
    assert (plan.variants, plan.instruments) == (("a", "phase-dt"), ("bass", "vocals"))
    assert (plan.size.fft_size, plan.size.hop_size, plan.size.bands, plan.size.hidden) == (256, 64, 8, 8)
    assert (plan.name, plan.licence, plan.seconds, plan.per_song) == ("tiny", "CC0 1.0", 0.5, 2)
    assert set(page.form.variants.boxes) | set(page.form.more_variants.boxes) == set(VARIANTS)


def test_settings_beyond_the_form_follow_it():
    params = TrainingParams(bands=0, augment=False, hold_out=" one song, AM*, ", licence=" ")
    plan = training_plan(params, data=[Path("x")], output=Path("y"), variants=["a"], instruments=["bass"])
    assert (plan.size.bands, plan.augmentation, plan.hold_out) == (None, None, ("one song", "AM*"))
    assert plan.licence == "not stated"


def test_what_a_researcher_compares_with_is_in_the_form(page, tmp_path):
    assert training_plan(
        TrainingParams(rate=0.01, hop_size=512, context=2, seeds="3, 1 2"),
        data=[Path("x")], output=Path("y"), variants=["a"], instruments=["bass"],
    ).seeds == (3, 1, 2)  # fmt: skip
    fill(page, tmp_path, tmp_path / "out")
    params = TrainingParams(**{**TINY.__dict__, "rate": 0.01, "hop_size": 128, "context": 2})
    page.form.params.set_params(params)
    plan = page.form.plan()
    assert (plan.rate, plan.size.hop_size, plan.size.context, plan.seeds) == (0.01, 128, 2, (0,))
    for wrong in ("", "one", "1, 1"):
        page.form.params.set_params(TrainingParams(**{**TINY.__dict__, "seeds": wrong}))
        page.form.changed.emit()
        assert page.problem.text().startswith("Seeds must be")
        assert not page.train.isEnabled()


def test_folders_and_mappings_that_are_dropped_are_data_sets(page, tmp_path):
    mapping, other = tmp_path / "songs.toml", tmp_path / "song.wav"
    mapping.touch()
    other.touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (tmp_path, mapping, other, tmp_path)])
    place, action = QPoint(5, 5), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(page.form.data, QDragEnterEvent(place, action, data, buttons, keys))
    QApplication.sendEvent(page.form.data, QDropEvent(QPointF(place), action, data, buttons, keys))
    assert page.form.data.paths == (tmp_path, mapping)
    page.form.data.list.setCurrentRow(0)
    page.form.data.take.click()
    assert page.form.data.paths == (mapping,)


def test_curves_of_several_trainings_lie_in_one_plot_in_colours_that_they_keep(page):
    first = Training(Path("/t/one"), (curve("a", "bass", 3), curve("a-dt-df", "bass", 3)))
    page.show_training(first)
    assert [one.title for one in page.curves.curves][:2] == ["a bass, validation", "a bass, training"]
    validation, training = page.curves.curves[:2]
    assert validation.colour == training.colour
    assert validation.pen().style() != training.pen().style()
    colours = {one.id: one.colour for one in page.curves.curves}
    page.show_training(Training(Path("/t/two"), (curve("a", "bass", 5),), live=True))
    assert page.curves.curves[0].title == "one: a bass, validation"
    assert page.curves.curves[-1].title == "two: a bass, training"
    assert {one.id: one.colour for one in page.curves.curves}.items() >= colours.items()
    assert len({one.colour for one in page.curves.curves}) == 3
    page.clear.click()
    assert {one.title for one in page.curves.curves} == {"a bass, validation", "a bass, training"}


def test_losses_are_chosen_and_read_over_epochs_and_seconds(page):
    page.show_training(Training(Path("/t/one"), (curve("a", "bass", 4),)))
    page.kinds.setCurrentIndex(1)
    page.kinds.activated.emit(1)
    (line,) = page.curves.drawn().values()
    np.testing.assert_allclose(line, [[1, 2, 3, 4], [1, 1 / 2, 1 / 3, 1 / 4]])
    page.curves.axis.setCurrentIndex(1)
    page.curves.axis.activated.emit(1)
    (line,) = page.curves.drawn().values()
    np.testing.assert_allclose(line[0], [2, 4, 6, 8])
    assert page.curves.axis_names == ("Seconds", "Loss")
    assert "a bass <b>0.25</b> (4 ep, 8.0 s)" in page.curves.readout.text()


def test_many_values_stand_beside_their_titles(page):
    page.show_training(Training(Path("/t/one"), tuple(curve("a", name, 4) for name in ("bass", "drums", "other"))))
    assert page.curves.readout.text() == "4 ep, 8.0 s"
    ticks = [tick.text() for tick in page.curves._ticks.values()]
    assert ticks[:2] == ["0.2500  a bass, validation", "0.2250  a bass, training"]


def test_curves_can_be_exported(page):
    page.show_training(Training(Path("/t/one"), (curve("a", "bass", 4),)))
    table = page.curves.table()
    assert table.title == "Training curves"
    assert list(table.columns) == ["training", "epoch", "seconds", "loss"]
    np.testing.assert_allclose(table.columns["loss"][:4], [1, 1 / 2, 1 / 3, 1 / 4])
    assert len(list(CurveFigure(page.curves).prepare(1.0))) == 1


# -- in the window -----------------------------------------------------------------------------


def shown(window):
    window.actions_by_id["tab-models"].trigger()
    window.models.tab.show_page("train")
    return window.models.tab.training


def test_a_training_is_stopped_gone_on_with_and_becomes_a_model(in_studio, qtbot, songs, tmp_path, monkeypatch):
    output = tmp_path / "out"

    def scenario(window):
        page = shown(window)
        fill(page, songs, output, epochs=1000)
        page.train.click()
        assert page.train.text() == "Stop"
        assert not page.form.isEnabled()
        qtbot.waitUntil(lambda: any(len(one.values) for one in page.curves.curves), timeout=WAIT)
        assert all(one.live for one in page.curves.curves)
        page.train.click()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert page.train.text() == "Resume"
        assert page.problem.text() == "The folder holds a training: Resume goes on with it."
        before = read_curves(output)[0].validation
        # The next start of the program knows how it was begun.
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(output))
        other = TrainingPage()
        qtbot.addWidget(other)
        other.form.choose.click()
        assert other.form.plan(resume=True) == page.form.plan(resume=True)
        assert other.train.text() == "Resume"
        fill(page, songs, output, epochs=len(before) + 1)
        page.train.click()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert page.state.text() == "Done"
        after = read_curves(output)[0].validation
        assert after[: len(before)] == before
        assert len(after) == len(before) + 1
        assert [page.models.itemText(row) for row in range(page.models.count())] == [
            "a.safetensors", "a-bass.safetensors", "a-vocals.safetensors",
        ]  # fmt: skip
        page.add.click()
        table = window.models.tab.library.table
        qtbot.waitUntil(lambda: any(entry.name == "a" for entry in table.rows.entries), timeout=WAIT)
        assert installed()[-1].name == "a"
        assert table.entry.card.instruments == ("bass", "vocals")
        assert window.models.tab.page == "library"

    in_studio([], scenario)


def test_a_training_that_fails_says_why_and_can_be_tried_again(in_studio, qtbot, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()

    def scenario(window):
        page = shown(window)
        fill(page, empty, tmp_path / "out")
        page.train.click()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert "holds no songs" in page.state.text()
        assert "Holds no songs" in window.findChildren(ErrorDialog)[0].informativeText()
        assert page.train.isEnabled()

    in_studio([], scenario)


def test_curves_of_an_earlier_training_are_opened(in_studio, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "earlier"
    folder.mkdir()
    write_curves(folder, [curve("a", "bass", 3)])
    (folder / "a.safetensors").touch()
    choices = [str(folder), str(tmp_path)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: choices.pop(0))

    def scenario(window):
        page = shown(window)
        page.open.click()
        assert [one.title for one in page.curves.curves] == ["a bass, validation", "a bass, training"]
        assert page.models.currentText() == "a.safetensors"
        page.open.click()
        assert "Does not exist" in window.findChildren(ErrorDialog)[0].informativeText()
        menu = page.curves.plot.menu()
        assert [action.text() for action in menu.actions()] == ["Export picture", "Export data…"]
        menu.close()

    in_studio([], scenario)
