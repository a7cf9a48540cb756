"""A method in a package of somebody else, installed as pip installs it, through the whole command line."""

import subprocess
import sys

import numpy as np
import plug_ins
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.separation import registry

RATE = 8000


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = plug_ins.install_halver(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    plug_ins.forget()
    yield folder
    sys.modules.pop("halver", None)
    plug_ins.forget()


@pytest.fixture
def song(tmp_path, rng):
    soundfile.write(tmp_path / "song.wav", rng.uniform(-0.5, 0.5, (RATE, 2)), RATE, "FLOAT")
    return tmp_path / "song.wav"


def test_it_separates_from_the_command_line(site, song, tmp_path, capsys):
    assert main(["separate", "halver", str(song), "-o", str(tmp_path / "out"), "--share", "0.25"]) == 0
    part, _ = soundfile.read(tmp_path / "out" / "song" / "part.wav", dtype="float32")
    np.testing.assert_array_equal(part, soundfile.read(song, dtype="float32")[0] * np.float32(0.25))
    assert main(["separate", "halver", str(song), "-o", str(tmp_path / "out"), "--share", "2"]) == 2
    assert "share = 2.0" in capsys.readouterr().err


def test_a_fresh_process_finds_it(site, song, tmp_path):
    program = "import sys; from sepstudio.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["separate", "halver", str(song), "-o", str(tmp_path / "out")]
    search = f"import sys; sys.path.insert(0, {str(site)!r}); "
    subprocess.run([sys.executable, "-c", search + program, *arguments], check=True, capture_output=True)
    assert sorted(path.name for path in (tmp_path / "out" / "song").iterdir()) == ["part.wav", "rest.wav"]


def test_one_that_breaks_is_left_out_and_the_rest_stays(site, song, tmp_path):
    (site / "halver.py").write_text("raise RuntimeError('written for another program')")
    with pytest.warns(RuntimeWarning, match=r"'halver' is left out: .*written for another program"):
        found = registry.methods()
    assert "halver" not in found
    assert "kam" in found
