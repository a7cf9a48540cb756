"""Training by two real processes, as ``torchrun`` starts them."""

import json
import subprocess
import sys

import pytest
from training_songs import SIZE, write_songs

from sepstudio.cli import main
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


# Each of three processes loads torch; 177 s were seen where six others wanted the same two cores.
@pytest.mark.timeout(500)
def test_two_processes_learn_what_one_learns(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    data = write_songs(tmp_path / "songs")
    options = ["--json", *(word for pair in OPTIONS.items() for word in pair)]
    command = ["train", "dnn", str(data), *options, "-o"]
    assert main([*command, str(tmp_path / "alone")]) == 0
    alone = json.loads(capsys.readouterr().out)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "sepstudio"]
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = [sys.executable, *launcher, *command, str(tmp_path / "together")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    together = json.loads(done.stdout)
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
