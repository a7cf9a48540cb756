"""``sepstudio train codec`` as it is called, by one process and by two."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from tiny_codecs import TINY, noise, tiny_codec_file

from sepstudio.cli import main
from sepstudio.codec.cards import read_codec_card
from sepstudio.codec.training.curves import read_codec_curves

LEARNING = [
    "--steps", "2", "--batch", "3", "--seconds", "0.3", "--mel-channels", "2", "--validate-every", "2",
    "--validation-excerpts", "1", "--discriminators", "none", "--device", "cpu",
]  # fmt: skip


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "scenes"
    folder.mkdir()
    for name in ("one", "two"):
        soundfile.write(folder / f"{name}.wav", noise(16, 40000, seed=len(name)).T, 8000)
    return folder


@pytest.fixture
def mono(tmp_path):
    return tiny_codec_file(tmp_path / "mono.safetensors", dataclasses.replace(TINY, channels=1, quantizer_dropout=0.5))


def test_a_mono_model_is_transferred_and_told(data, mono, tmp_path, capsys):
    out = tmp_path / "hall"
    given = ["--from", str(mono), "--widen", "level", "--compare", "--licence", "CC0-1.0", "--data-licence", "CC0"]
    command = ["train", "codec", str(data), "-o", str(out), *LEARNING, *given]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == ["transfer,", "random,"]
    card = read_codec_card(out / "codec-transfer.safetensors").description
    assert (card.name, card.widening.mode, card.provenance.data_sets) == ("hall", "level", ("scenes (CC0)",))
    assert main(command) == 2
    assert "holds a training already; give --resume" in capsys.readouterr().err
    assert main([*command, "--resume", "--steps", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [curve["steps"] for curve in told["curves"]] == [[0, 2, 4], [0, 2, 4]]
    assert read_codec_curves(out)[0].mel == tuple(told["curves"][0]["mel"])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--widen", "mean"], "--widen"),
        (["--compare"], "compare = True"),
        (["--batch", "0"], "batch = 0"),
        (["--from", "no-such"], "no-such: is neither an installed model nor a file of one"),
        # Installed ones are found by their names, and told when they are none of the codec.
        (["--from", "phase-small"], "holds a network of the kind 'phase model', not 'codec'"),
    ],
)
def test_options_that_do_not_fit(data, tmp_path, capsys, given, text):
    assert main(["train", "codec", str(data), "-o", str(tmp_path / "out"), *given]) == 2
    assert text in capsys.readouterr().err


# Each of the processes loads torch.
@pytest.mark.timeout(500)
def test_two_processes_learn_what_one_learns(data, mono, tmp_path, monkeypatch, capsys):
    # One of three excerpts to share out in each step, and discriminators that look at them.
    given = ["--from", str(mono), "--json", *LEARNING, "--discriminators", "joint"]
    given += ["--discriminator-width", "8", "--steps", "1"]
    command = ["train", "codec", str(data), *given, "-o"]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert main([*command, str(tmp_path / "alone")]) == 0
    alone = json.loads(capsys.readouterr().out)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "sepstudio"]
    words = [sys.executable, *launcher, *command, str(tmp_path / "together")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    together = json.loads(done.stdout)
    (one,), (two,) = alone["curves"], together["curves"]
    for name in ("mel", "training", "covariance"):
        assert two[name] == pytest.approx(one[name], rel=1e-3), name
    assert np.isfinite(two["mel"]).all()
    assert {path.name for path in (tmp_path / "together").iterdir()} == {
        path.name for path in (tmp_path / "alone").iterdir()
    }
