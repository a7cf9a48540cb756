"""Pieces of the command line: names, times, overwriting, progress, interruptions."""

import argparse
import io
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.batch.naming import MAX_NAME_BYTES, NameTemplate, comparable, distinct, safe_name
from sepstudio.batch.outputs import destinations
from sepstudio.commands import progress
from sepstudio.commands.parser import seconds
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.jobs.interrupts import uninterrupted


@given(st.text(max_size=300))
def test_safe_names_are_one_part_of_a_path_everywhere(name):
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert not set(safe) & set('<>:"/\\|?*\0\n')
    assert safe[-1] not in " ."
    assert len(os.fsencode(safe)) <= MAX_NAME_BYTES
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Björk – Jóga 🎵", "Björk – Jóga 🎵"),
        ("AC/DC: Back?", "AC_DC_ Back_"),
        ("con", "con_"),
        ("LPT1.mix", "LPT1.mix_"),
        ("...", "_"),
        (" a. ", "a"),
        ("x\udcff", "x\udcff"),
        ("é" * 200, "é" * 100),
    ],
)
def test_safe_names(name, safe):
    assert safe_name(name) == safe


def test_templates_keep_the_folders_of_a_track():
    path = NameTemplate("{method}-{track}/{number:02d} {stem}").path("a:/b", "x/y", "kam", 3)
    assert str(path) == "kam-a_/b/03 x_y"


@given(st.lists(st.sampled_from(["Song", "song", "Ä", "A\u0308"]), max_size=8))
def test_distinct_names_differ_for_every_system(names):
    taken = set()
    for name in names:
        taken.add(comparable(distinct(name, taken)))
    assert len(taken) == len(names)


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("12.5", 12.5), ("1:30", 90), ("90:00.25", 5400.25)])
def test_times(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "x", "-1", "1:-30", "-1:30", "nan", "inf", "1:2:3", "1e400"])
def test_what_is_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


def test_destinations_tell_equal_names_apart(tmp_path):
    wanted = [tmp_path / "a.wav", tmp_path / "A.wav", tmp_path / "b.wav"]
    assert [path.name for path in destinations(wanted, "replace")] == ["a.wav", "A (2).wav", "b.wav"]


def test_renamed_sets_share_a_counter_that_is_free_for_all(tmp_path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "b (2).wav").touch()
    places = destinations([tmp_path / "a.wav", tmp_path / "b.wav"], "rename")
    assert [path.name for path in places] == ["a (3).wav", "b (3).wav"]
    assert destinations([Path("x.wav")], "rename") == [Path("x.wav")]


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_that_is_wiped_at_the_end():
    stream = Terminal()
    with ProgressLine("[1/2] song", stream) as line:
        line.part(0.5, 1.0)
        line.show(0.0, "read")
        line.part(0.0, 0.1)
        line.show(0.5, "earlier never counts back")
        line.part(0.5, 1.0)
        line.show(1.0, "write")
    told = stream.getvalue()
    assert "[1/2] song" in told
    assert told.endswith("\r")


def test_elsewhere_there_is_a_line_now_and_then(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    with ProgressLine("song", stream) as line:
        line.part(0.0, 0.5)
        for step in range(100):
            now[0] += 0.25
            line.show(step / 100, "fit")
    assert stream.getvalue().splitlines() == ["song: 20 % fit", "song: 40 % fit"]


def test_drive_closes_what_it_drives():
    closed = []

    def work():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    def refuse(step):
        raise LookupError

    with pytest.raises(LookupError):
        drive(work(), refuse)
    assert closed == [True]


def test_an_interruption_waits_for_the_end_of_a_moment():
    done = []

    def move():
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("moved")

    with pytest.raises(KeyboardInterrupt):
        move()
    assert done == ["moved"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
