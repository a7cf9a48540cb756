"""``sepstudio train dnn`` as it is called."""

import json

import pytest
import torch
from training_songs import SIZE, write_songs

from sepstudio.cli import main
from sepstudio.nn.phase_models import read_model_card
from sepstudio.nn.training.learner import Learner

TINY = [
    "--sample-rate", str(SIZE.sample_rate), "--fft-size", "256", "--hop-size", "64", "--hidden", "8", "--bands", "16",
    "--context", "2", "--epochs", "2", "--batch", "4", "--per-song", "2", "--seconds", "0.4", "--device", "cpu",
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path):
    return write_songs(tmp_path / "songs")


def test_a_comparison_is_trained_and_told(data, tmp_path, capsys):
    out = tmp_path / "out"
    given = [
        "--variant",
        "a",
        "a-dt-df",
        "--instrument",
        "bass",
        "vocals",
        "--seed",
        "0",
        "1",
        "--hold-out",
        "Song 1",
        "--epochs",
        "1",
    ]
    assert main(["train", "dnn", str(data), "-o", str(out), *TINY, *given, "--licence", "CC0-1.0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["variant", "bass", "vocals", "mean", "best", "epoch"]
    assert lines[2].split()[:4] == ["a", "1.000", "±", "0.000"]
    assert len(lines) == 8
    assert lines[-1].startswith("DNN_A&φ is at least as good as DNN_A on average: ")
    assert len(list(out.glob("*.safetensors"))) == 12
    card = read_model_card(out / "a-dt-df-seed1.safetensors")
    assert (card.name, card.instruments, card.licence) == ("a-dt-df-seed1", ("bass", "vocals"), "CC0-1.0")


def test_a_training_goes_on_and_is_told_as_json(data, tmp_path, capsys):
    command = ["train", "dnn", str(data), "-o", str(tmp_path / "out"), *TINY, "--variant", "a", "--instrument", "bass"]
    assert main(command) == 0
    assert main(command) == 2
    assert "holds a training already; give --resume" in capsys.readouterr().err
    assert main([*command, "--resume", "--epochs", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["curves"][0]["validation"]) == 3
    assert told["files"] == [str(tmp_path / "out" / "a-bass.safetensors")]


def test_songs_as_they_are(data, tmp_path):
    command = ["train", "dnn", str(data), "-o", str(tmp_path / "out"), *TINY, "--no-augment", "--schedule", "cosine"]
    assert main([*command, "--variant", "a-dt", "--instrument", "drums", "--precision", "bfloat16"]) == 0
    assert (tmp_path / "out" / "a-dt.safetensors").exists()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--variant", "best"], "--variant"),
        (["--seconds", "0"], "seconds = 0.0"),
        (["--bands", "0"], "bands = 0"),
        (["--at-once", "0"], "at_once = 0"),
        (["--at-once", "-1"], "at_once = -1"),
        (["--instrument", "piano"], "no stem 'piano'"),
        (["--hold-out", "Song 7"], "held-out song 'Song 7'"),
        (["--precision", "float16"], "float16 on the processor"),
        (["--device", "cuda:9"], "cuda:9"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(data, tmp_path, capsys, given, text):
    assert main(["train", "dnn", str(data), "-o", str(tmp_path / "out"), *TINY, *given]) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_too_little_memory_of_a_gpu_is_told_in_one_line(data, tmp_path, monkeypatch, capsys):
    def step(*given, **more):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Learner, "step", step)
    command = ["train", "dnn", str(data), "-o", str(tmp_path / "out"), *TINY]
    assert main([*command, "--variant", "a", "--instrument", "bass"]) == 2
    error = capsys.readouterr().err
    assert "its memory is too small" in error
    assert "smaller batches" in error
    assert error.count("\n") == 1
