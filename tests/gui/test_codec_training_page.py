"""The Train codec page: from scenes to curves and a codec in the library, stopped and gone on with on the way."""

import dataclasses

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QFileDialog
from tiny_codecs import TINY, noise, tiny_codec_file

from sepstudio.codec.training.curves import CodecCurve, read_codec_curves, write_codec_curves
from sepstudio.codec.training.plan import RECIPES
from sepstudio.gui.models import codec_training_params
from sepstudio.gui.models.codec_training_page import CodecTrainingPage
from sepstudio.gui.models.codec_training_params import CodecTrainingParams, codec_training_plan
from sepstudio.gui.models.training_curves import Training
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.io.hoa import FUMA
from sepstudio.nn.library import installed

WAIT = 120_000
CONFIG = dataclasses.replace(TINY, channels=16, quantizer_dropout=1.0)


@pytest.fixture
def page(qtbot):
    made = CodecTrainingPage()
    made.complete()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


@pytest.fixture
def scenes(tmp_path):
    """A scene of six seconds of noise."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    soundfile.write(folder / "a.wav", noise(16, 6 * TINY.sample_rate).T, TINY.sample_rate, "FLOAT")
    return folder


def fill(page, scenes, output, **params):
    page.form.data.add([scenes])
    page.form.output.setText(str(output))
    given = {"preset": "tiny", "device": "cpu", "name": "tiny", "licence": "CC0 1.0", **params}
    page.form.params.complete()
    page.form.params.set_params(CodecTrainingParams(**given))
    page.form.changed.emit()


# -- without a window --------------------------------------------------------------------------


def test_the_form_says_what_is_missing_and_makes_the_plan_that_it_shows(page, tmp_path):
    assert page.problem.text() == "Add a folder of scenes to learn from."
    assert not page.train.isEnabled()
    fill(page, tmp_path, tmp_path / "out", preset="small", steps=70, convention="FuMa", widening="mean")
    assert (page.train.isEnabled(), page.train.text()) == (True, "Train")
    plan = page.form.plan(threads=2)
    recipe = RECIPES["small"]
    assert (plan.steps, plan.batch, plan.seconds, plan.discriminators) == (70, recipe["batch"], 1.0, "none")
    assert (plan.config, plan.threads, plan.start, plan.convention) == (recipe["config"], 2, None, FUMA)
    page.form.start.setText(str(tmp_path / "nothing.pth"))
    assert page.problem.text() == "Start must be the file of a model."
    mono = tiny_codec_file(tmp_path / "mono.safetensors", dataclasses.replace(TINY, channels=1))
    page.form.start.setText(str(mono))
    assert (page.form.plan().start, page.form.plan().widening) == (mono, "mean")
    page.form.start.clear()
    fill(page, tmp_path, tmp_path / "out", compare=True)
    assert page.problem.text().startswith("Compare must be off")
    page.form.output.clear()
    assert page.problem.text() == "Name a folder for the results."


def test_zero_is_told_in_words(page):
    page.form.params.complete()
    for name in ("steps", "batch", "seconds"):
        assert page.findChild(NumberBox, f"param.{name}.box").text() == "as preset"
    page.form.params.set_params(CodecTrainingParams(steps=70))
    assert page.findChild(NumberBox, "param.steps.box").text() == "70"


def test_what_the_preset_says_can_be_said_otherwise(tmp_path):
    params = CodecTrainingParams(
        preset="paper", batch=2, seconds=0.5, discriminators="folded", covariance=0.5, rate=1e-3, every=7
    )
    plan = codec_training_plan(params, data=[tmp_path], output=tmp_path / "codec 3")
    assert (plan.batch, plan.seconds, plan.discriminators, plan.rate) == (2, 0.5, "folded", 1e-3)
    assert (plan.weights.covariance, plan.weights.mel, plan.validate_every) == (0.5, 15.0, 7)
    assert (plan.steps, plan.name) == (400_000, "codec 3")


def test_starts_lie_beside_each_other_over_their_steps(page, tmp_path):
    def curve(start, best):
        steps = (0.0, 500.0, 1500.0)
        mel = (3.0, 2.0, best)
        return CodecCurve(start, steps, mel, mel, tuple(8 * x for x in mel), (0.0, 60.0, 180.0))

    page.show_training(Training(tmp_path, (curve("transfer", 1.5), curve("random", 1.9)), live=True))
    assert [one.title for one in page.curves.curves] == ["transfer", "random"]
    drawn = list(page.curves.drawn().values())
    np.testing.assert_array_equal(drawn[0][0], [0.0, 500.0, 1500.0])
    np.testing.assert_array_equal(drawn[1][1], [3.0, 2.0, 1.9])
    assert "1500 steps" in page.curves.readout.text()
    page.kinds.setCurrentIndex(1)
    page.kinds.activated.emit(1)
    assert page.curves.curves[0].values[-1] == 12.0
    page.kinds.setCurrentIndex(2)
    page.kinds.activated.emit(2)
    assert [one.title for one in page.curves.curves][:2] == ["transfer, validation", "transfer, training"]
    assert page.curves.table().columns["step"].tolist() == [0.0, 500.0, 1500.0] * 4


# -- in the window -----------------------------------------------------------------------------


@pytest.mark.usefixtures("one_thread")
def test_a_codec_is_trained_stopped_gone_on_with_and_installed(in_studio, qtbot, scenes, tmp_path, monkeypatch):
    output = tmp_path / "codec 1"
    recipe = {"config": CONFIG, "batch": 2, "seconds": 0.3, "mel_channels": 3, "discriminators": "none"}
    monkeypatch.setattr(codec_training_params, "RECIPES", {"tiny": recipe})

    def scenario(window):
        window.actions_by_id["tab-models"].trigger()
        window.models.tab.show_page("train-codec")
        page = window.models.tab.codec_training
        fill(page, scenes, output, steps=100_000, every=2)
        page.train.click()
        assert page.train.text() == "Stop"
        assert not page.form.isEnabled()
        qtbot.waitUntil(lambda: any(len(one.values) > 1 for one in page.curves.curves), timeout=WAIT)
        assert all(one.live for one in page.curves.curves)
        page.train.click()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert page.train.text() == "Resume"
        (before,) = read_codec_curves(output)
        # The next start of the program knows how it was begun.
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(output))
        other = CodecTrainingPage()
        qtbot.addWidget(other)
        other.form.choose.click()
        assert other.form.plan(resume=True) == page.form.plan(resume=True)
        assert other.train.text() == "Resume"
        fill(page, scenes, output, steps=int(before.steps[-1]) + 2, every=2)
        page.train.click()
        qtbot.waitUntil(lambda: not page.running, timeout=WAIT)
        assert page.state.text() == "Done"
        (after,) = read_codec_curves(output)
        assert after.mel[: len(before.mel)] == before.mel
        assert len(after.mel) == len(before.mel) + 1
        page.add.click()
        table = window.models.tab.library.table
        name = page.models.itemText(0).removesuffix(".safetensors")
        qtbot.waitUntil(lambda: any(entry.name == name for entry in table.rows.entries), timeout=WAIT)
        assert name in {model.name for model in installed()}

    in_studio([], scenario)


def test_curves_of_an_earlier_training_are_opened(in_studio, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "earlier"
    folder.mkdir()
    write_codec_curves(folder, [CodecCurve("random", (0.0,), (2.0,), (2.5,), (9.0,), (1.0,))])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))

    def scenario(window):
        window.actions_by_id["tab-models"].trigger()
        window.models.tab.show_page("train-codec")
        page = window.models.tab.codec_training
        page.open.click()
        assert [one.title for one in page.curves.curves] == ["random"]
        menu = page.curves.plot.menu()
        assert [action.text() for action in menu.actions()] == ["Export picture", "Export data…"]
        menu.close()

    in_studio([], scenario)
