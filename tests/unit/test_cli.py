"""The command line as a whole: help, version, what it ends with, opening the window, and the doctor."""

import json
import sys
import types

import pytest

import sepstudio
from sepstudio import cli, logs
from sepstudio.cli import main
from sepstudio.commands import doctor, studio
from sepstudio.nn import gradient_check
from sepstudio.nn.gradient_check import GradientReport, GradientRow


@pytest.fixture
def window(monkeypatch):
    """Stands for the window: keeps the paths it was opened with."""
    opened = []
    module = types.ModuleType("sepstudio.gui.app")
    module.run = lambda paths: opened.append(paths) or 7
    monkeypatch.setitem(sys.modules, "sepstudio.gui.app", module)
    monkeypatch.setenv("DISPLAY", ":9")
    return opened


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sepstudio {sepstudio.__version__}\n"


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(name in told and summary in told for name, summary in cli.COMMANDS.items())


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_every_command_has_help(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"sepstudio {command}" in capsys.readouterr().out


def test_paths_open_in_the_window(window, tmp_path):
    song = tmp_path / "song.wav"
    song.touch()
    assert main([str(song), str(tmp_path)]) == 7
    assert main([]) == 7
    assert window == [[song, tmp_path], []]


def test_a_missing_path_is_one_line(window, tmp_path, capsys):
    assert main([str(tmp_path / "missing.wav")]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "missing.wav" in told
    assert window == []


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a screen")
def test_without_a_screen_the_commands_that_need_none_are_named(window, monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 2
    assert "sepstudio separate" in capsys.readouterr().err
    assert window == []


@pytest.mark.parametrize(
    "arguments", [["--unknown"], ["separate"], ["separate", "wrong"], ["demo", "x"], ["doctor", "x"]]
)
def test_bad_usage_is_one_line(arguments, capsys):
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert "--help" in told.err


def test_a_defect_shows_its_traceback_and_a_status_of_its_own(monkeypatch, capsys):
    def broken(argv, commands):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(studio, "main", broken)
    assert main([]) == 70
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "ZeroDivisionError: oops" in told
    assert "defect" in told.splitlines()[-1]


def test_ctrl_c(monkeypatch, capsys):
    def interrupted(argv, commands):
        raise KeyboardInterrupt

    monkeypatch.setattr(studio, "main", interrupted)
    assert main([]) == 130
    assert capsys.readouterr().err == "sepstudio: interrupted\n"


def test_names_that_the_terminal_cannot_show_end_nothing(capfd, monkeypatch):
    import io

    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", stream)

    def speak(argv, commands):
        print("Ünï\udcff")
        return 0

    monkeypatch.setattr(studio, "main", speak)
    assert main([]) == 0
    stream.flush()
    assert stream.buffer.getvalue() == b"\\xdcn\\xef\\udcff\n"


class TestDoctor:
    """``sepstudio doctor``."""

    def test_json_holds_every_section(self, capsys):
        assert main(["doctor", "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert list(report) == ["versions", "machine", "compute", "sound", "folders"]
        assert report["versions"]["sepstudio"] == sepstudio.__version__
        assert all(
            name in report["versions"] for name in ("numpy", "torch", "PySide6-Essentials", "libsndfile", "libopus")
        )
        assert report["machine"]["memory"] > 2**20
        assert report["machine"]["cores"] >= 1
        assert report["folders"]["size of the cache"] >= 0

    def test_text_names_the_same(self, capsys):
        assert main(["doctor"]) == 0
        told = capsys.readouterr().out
        assert "numpy: " in told
        assert " MiB" in told

    def test_what_is_broken_is_part_of_the_report(self, monkeypatch, capsys):
        def broken():
            raise OSError("PortAudio library not found")

        monkeypatch.setattr(doctor, "_sound", broken)
        monkeypatch.setattr(logs, "LIBRARIES", ("numpy", "no-such-library"))
        assert main(["doctor"]) == 0
        told = capsys.readouterr().out
        assert "problem: OSError: PortAudio library not found" in told
        assert "no-such-library: not installed" in told

    def test_devices_are_listed(self, monkeypatch, capsys):
        device = types.SimpleNamespace(name="Box")
        monkeypatch.setattr(doctor, "_sound", lambda: {"outputs": [vars(device)], "note": ""})
        assert main(["doctor"]) == 0
        assert "    name Box" in capsys.readouterr().out

    @pytest.mark.parametrize("arguments", [[], ["--json"]])
    def test_gradients_are_checked_when_asked_for(self, arguments, monkeypatch, capsys):
        rows = (GradientRow("Convolution", "kernels", 50, 2e-10, 1e-15), GradientRow("Loss", "outputs", 4, 0.5, 1e-15))

        def check():
            yield 1.0
            return GradientReport(rows)

        monkeypatch.setattr(gradient_check, "check_steps", check)
        assert main(["doctor", "--gradients", *arguments]) == 0
        told = capsys.readouterr().out
        if arguments:
            gradients = json.loads(told)["gradients"]
            assert not gradients["passed"]
            assert [row["passed"] for row in gradients["rows"]] == [True, False]
            assert gradients["rows"][0]["by_differences"] == 2e-10
        else:
            table = told[told.index("gradients:") :].splitlines()
            assert table[1:] == [f"  {line}" for line in GradientReport(rows).lines()]
            assert "1 of 2 gradients agree" in table[-1]

    def test_a_check_that_breaks_is_part_of_the_report(self, monkeypatch, capsys):
        def check():
            raise RuntimeError("no such operator")

        monkeypatch.setattr(gradient_check, "check_steps", check)
        assert main(["doctor", "--gradients"]) == 0
        assert "problem: RuntimeError: no such operator" in capsys.readouterr().out
