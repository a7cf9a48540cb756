"""``sepstudio demo`` and the real method behind ``sepstudio separate kam``."""

import re
import sys
import types

import numpy as np
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.paths import resource


@pytest.fixture
def app(monkeypatch):
    """Stands for the window: tells how it was asked."""
    asked = []
    module = types.ModuleType("sepstudio.gui.app")
    module.run_demo = lambda: asked.append("window") or 0
    module.screenshot_demo = lambda path, separation: (asked.append(sorted(separation.stems)), path.touch())[0]
    monkeypatch.setitem(sys.modules, "sepstudio.gui.app", module)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    # The demo sets it for good; this puts it back after the test.
    monkeypatch.setenv("QT_QPA_PLATFORM", "")
    return asked


def demo(name):
    samples, rate = soundfile.read(resource("demo", f"{name}.flac"), dtype="int16", always_2d=True)
    assert rate == 48000
    return samples.astype(int)


def test_the_demo_mixture_is_the_exact_sum_of_its_stems():
    total = sum(demo(name) for name in ("drums", "bass", "other", "vocals"))
    np.testing.assert_array_equal(demo("mixture"), total)
    assert 10 <= len(total) / 48000 <= 15
    assert sum(path.stat().st_size for path in resource("demo").iterdir()) < 6.5e6


def test_with_a_screen_the_window_opens(app, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":9")
    assert main(["demo"]) == 0
    assert app == ["window"]


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a screen")
def test_without_a_screen_the_demo_writes_stems_scores_and_a_picture(app, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    assert app == [["harmonic", "percussive", "residual"]]
    folder = tmp_path / "demo-output"
    made = sorted(path.name for path in folder.iterdir())
    takes = [f"harmonic-{n}.wav" for n in (1, 3, 4, 5)] + [f"percussive-{n}.wav" for n in (1, 2, 3, 4)]
    stems = ["harmonic.wav", "percussive.wav", "residual.wav"]
    assert made == sorted([*takes, *stems, "sdr.txt", "window.png"])
    total = sum(soundfile.read(folder / name, dtype="float32")[0] for name in stems)
    np.testing.assert_allclose(total, demo("mixture") / 32768, atol=1e-6)
    rows = re.findall(
        r"^(mixture|iteration \d) +(-?[\d.]+) +(-?[\d.]+)$", (folder / "sdr.txt").read_text(), re.MULTILINE
    )
    assert [row[0] for row in rows] == ["mixture", *(f"iteration {n}" for n in range(1, 6))]
    harmonic, percussive = ([float(row[column]) for row in rows] for column in (1, 2))
    # Leaving the mixture as it is scores 1.4 and -1.4 dB; a separation that is worth its name gains 2 dB and more.
    assert min(harmonic[1:]) > harmonic[0] + 2
    assert min(percussive[1:]) > percussive[0] + 2
    told = capsys.readouterr().out
    assert all(str(path) in told for path in ("demo-output/harmonic.wav", "demo-output/window.png"))


def test_a_folder_that_is_named_is_written_to_even_with_a_screen(app, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":9")
    assert main(["demo", "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "window.png").exists()


def test_where_qt_cannot_be_loaded_the_rest_is_made(app, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sepstudio.gui.app", None)
    assert main(["demo", "-o", str(tmp_path / "out")]) == 1
    assert (tmp_path / "out" / "percussive.wav").exists()
    assert "no picture" in capsys.readouterr().err


def test_kam_from_the_command_line(tmp_path, capsys):
    song = resource("demo", "mixture.flac")
    options = [
        "--stop",
        "2",
        "--preset",
        "paper",
        "--sources",
        "voice=disc:5, rest=horizontal:31@1",
        "--format",
        "flac",
    ]
    assert main(["separate", "kam", str(song), "-o", str(tmp_path / "out"), *options]) == 0
    stems = {path.stem: soundfile.read(path)[0] for path in (tmp_path / "out" / "mixture").iterdir()}
    assert sorted(stems) == ["residual", "rest", "voice"]
    # 24-bit rounding of three stems
    np.testing.assert_allclose(sum(stems.values()), demo("mixture")[:96000] / 32768, atol=1e-6)
    assert len(capsys.readouterr().out.splitlines()) == 3
    # Its names are known beforehand, so nothing is computed for nothing.
    assert main(["separate", "kam", str(song), "-o", str(tmp_path / "out"), *options, "--overwrite", "skip"]) == 0
    assert "nothing was done" in capsys.readouterr().err


def test_kam_names_a_wrong_parameter(tmp_path, capsys):
    song = str(resource("demo", "mixture.flac"))
    assert main(["separate", "kam", song, "-o", str(tmp_path / "out"), "--hop-size", "4096"]) == 2
    assert "hop_size = 4096" in capsys.readouterr().err
    assert main(["separate", "kam", song, "-o", str(tmp_path / "out"), "--device", "tpu"]) == 2
    assert "tpu" in capsys.readouterr().err
