"""Separation with networks where it is used beside the window: command line, batch queue, projects."""

import json

import numpy as np
import pytest
import soundfile
from tiny_models import INSTRUMENTS, tiny_model

from sepstudio.batch.inputs import collect
from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Placing, Recipe
from sepstudio.cli import main
from sepstudio.io.steps import drain
from sepstudio.nn.library import own_folder
from sepstudio.nn.phase_models import read_model_card
from sepstudio.separation.phase_dnn import Instruments, PhaseDnnParams

pytestmark = pytest.mark.usefixtures("one_thread", "own_home")

RATE = 48000


@pytest.fixture
def band(own_home):
    own_folder().mkdir(parents=True)
    return tiny_model(own_folder() / "band.safetensors")


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal((6000, 2)), RATE, "FLOAT")
    return path


def sound(path):
    return soundfile.read(path, dtype="float32")[0]


def separate(song, out, *options):
    return main(["separate", "dnn", str(song), "-o", str(out), "--device", "cpu", *map(str, options)])


@pytest.mark.parametrize("by_name", [True, False])
def test_the_command_line_takes_a_name_or_a_path(band, song, tmp_path, capsys, by_name):
    assert separate(song, tmp_path / "out", "--model", "band" if by_name else band, "--json") == 0
    written = json.loads(capsys.readouterr().out)
    made = written["provenance"]
    assert (made["device"], made["model_hash"]) == ("cpu", read_model_card(band).sha256)
    stems = {path.stem: sound(path) for path in (tmp_path / "out" / "song").iterdir()}
    assert set(stems) == set(INSTRUMENTS)
    assert soundfile.info(tmp_path / "out" / "song" / "bass.wav").samplerate == RATE
    np.testing.assert_allclose(sum(stems.values()), sound(song), atol=1e-6)


def test_the_command_line_takes_some_instruments(band, song, tmp_path):
    options = ("--model", "band", "--instruments", "vocals, drums", "--iterations", 0, "--no-spatial")
    assert separate(song, tmp_path / "out", *options) == 0
    assert {path.stem for path in (tmp_path / "out" / "song").iterdir()} == {"drums", "vocals", "rest"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "gone"), "gone: is neither an installed model nor a file of one; choose phase-small"),
        (("--model", "band", "--instruments", "kazoo"), "instruments must be of the model: bass, drums, other, vocals"),
    ],
)
def test_the_command_line_says_what_is_not_there(band, song, tmp_path, capsys, options, message):
    assert separate(song, tmp_path / "out", *options) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told
    assert not (tmp_path / "out" / "song").exists()


def test_a_project_keeps_model_and_instruments(band, song, tmp_path):
    project = tmp_path / "kept.sepstudio"
    assert separate(song, tmp_path / "out", "--model", "band", "--instruments", "bass", "--project", project) == 0
    kept = json.loads((project / "session.json").read_text(encoding="utf-8"))
    text = json.dumps(kept)
    assert '"model": "band"' in text
    assert '"instruments": "bass"' in text
    assert read_model_card(band).sha256 in text


def test_the_batch_queue_runs_it(band, song, tmp_path):
    placing = Placing(tmp_path / "out", NameTemplate("{track}/{stem}"), FileFormat(".wav", "FLOAT", False))
    queue = BatchQueue()
    params = PhaseDnnParams(model="band", instruments=Instruments(("bass",)))
    queue.add(collect([song], tmp_path / "out"), Recipe("dnn", params, "Networks", placing))
    drain(queue.work())
    assert [entry.state.value for entry in queue.entries] == ["done"]
    assert {path.stem for path in (tmp_path / "out" / "song").iterdir()} == {"bass", "rest"}
