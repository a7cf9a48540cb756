"""Weights that are looked at a piece at a time: what is sound is found to be, and nothing else is."""

import json

import numpy as np
import pytest
from tiny_models import ORIGIN

from sepstudio.errors import CheckpointError
from sepstudio.io.steps import drain
from sepstudio.nn import checkpoint_check
from sepstudio.nn.checkpoint_check import check_steps
from sepstudio.nn.checkpoints import load_checkpoint, save_checkpoint

KIND = "numbers"


@pytest.fixture
def path(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(checkpoint_check, "_CHUNK", 64)
    tensors = {
        "b": rng.normal(size=(7, 9)).astype(np.float32),
        "a": rng.normal(size=40),
        "counts": np.array([3, 4], np.int64),
        "one": np.array(2.5, np.float32),
        "none": np.zeros((0, 3), np.float32),
    }
    save_checkpoint(tmp_path / "x.safetensors", tensors, kind=KIND, config={}, provenance=ORIGIN)
    return tmp_path / "x.safetensors"


def change_header(path, change):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header, separators=(",", ":")).encode().ljust(length)
    assert len(text) == length
    path.write_bytes(content[:8] + text + content[8 + length :])


def test_what_is_sound_is_read_to_its_end(path):
    fractions = []
    work = check_steps(path, kind=("others", KIND))
    try:
        while True:
            fractions.append(next(work))
    except StopIteration as stop:
        found = stop.value
    assert found == load_checkpoint(path, kind=KIND)[0]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len(fractions) > 8


def test_a_single_bit_anywhere_in_the_weights_is_found(path):
    sound = path.read_bytes()
    begin = 8 + int.from_bytes(sound[:8], "little")
    for place in (begin, (begin + len(sound)) // 2, len(sound) - 1):
        content = bytearray(sound)
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="its weights are not those it was written with"):
            drain(check_steps(path, kind=KIND))


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header["a"].update(shape=[41]),
        lambda header: header["a"].update(dtype="F16"),
        lambda header: header["b"].update(data_offsets=header["a"]["data_offsets"]),
        lambda header: header["a"].update(shape=[20, 2][::-1]),
        lambda header: header.update(b=header["one"], one=header["b"]),
    ],
)
def test_weights_that_lie_elsewhere_or_are_called_otherwise_are_found(path, change):
    change_header(path, change)
    with pytest.raises(CheckpointError, match="is damaged"):
        drain(check_steps(path, kind=KIND))


def test_a_file_that_ends_early_is_found(path):
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(CheckpointError, match="5 bytes are missing at its end"):
        drain(check_steps(path, kind=KIND))
