"""Training by two real processes, as ``torchrun`` starts them."""

import json
import os
import subprocess
import sys

import pytest
from training_songs import SIZE, write_songs

from sepstudio.nn.training.ranks import Ranks

OPTIONS = {
    "--variant": "a-dt-df",
    "--instrument": "bass",
    "--epochs": "2",
    # Three examples to share out in the last batch, one in the last of validation.
    "--batch": "4",
    "--per-song": "5",
    "--seconds": "0.4",
    "--sample-rate": str(SIZE.sample_rate),
    "--fft-size": str(SIZE.fft_size),
    "--hop-size": str(SIZE.hop_size),
    "--hidden": str(SIZE.hidden),
    "--device": "cpu",
}


def trained(launcher, data, out, home):
    options = [word for pair in OPTIONS.items() for word in pair]
    command = [
        sys.executable,
        *launcher,
        "-m",
        "sepstudio",
        "train",
        "dnn",
        str(data),
        "-o",
        str(out),
        "--json",
        *options,
    ]
    environment = {**os.environ, "SEPSTUDIO_CACHE_DIR": str(home), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_processes_learn_what_one_learns(tmp_path):
    data = write_songs(tmp_path / "songs")
    alone = trained([], data, tmp_path / "alone", tmp_path / "cache")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    together = trained(launcher, data, tmp_path / "together", tmp_path / "cache2")
    (one,), (two,) = alone["curves"], together["curves"]
    assert two["training"] == pytest.approx(one["training"], rel=1e-4)
    assert two["validation"] == pytest.approx(one["validation"], rel=1e-4)
    files = {path.name for path in (tmp_path / "together").iterdir()}
    assert files == {path.name for path in (tmp_path / "alone").iterdir()}
    # One process writes: no file was begun by another one.
    assert files >= {"a-dt-df.safetensors", "a-dt-df-bass.safetensors", "curves.json", "training-seed0.state"}


def test_one_process_needs_no_others():
    ranks = Ranks()
    ranks.wait()
    assert ranks.leads
    assert ranks.total([1.0, 2.0], "cpu") == [1.0, 2.0]
    assert ranks.told("all") == "all"
    assert ranks.device("auto") == "auto"
