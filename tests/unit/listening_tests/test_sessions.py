"""Sessions of listening tests: orders, what must be done, what is kept, and how killed ones go on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening_bench import OPINION, Hand, mushra, mushra_without_files, pair, rate_page, take

from sepstudio.errors import ListeningTestError
from sepstudio.listening_tests.answers import Setup, read_answers
from sepstudio.listening_tests.definition_files import read_test
from sepstudio.listening_tests.order import OPEN_REFERENCE, listener_hash, pages_for
from sepstudio.listening_tests.results import collected, ratings_of
from sepstudio.listening_tests.session import begin, resume, sessions_of, unfinished


def test_orders_are_the_listeners_own_and_always_the_same(tmp_path):
    test = mushra(tmp_path, repetitions=2)
    first = pages_for(test, "ann")
    assert first == pages_for(test, "ann")
    assert len({pages_for(test, str(number)) for number in range(20)}) > 15
    assert first != pages_for(mushra(tmp_path, repetitions=2, seed=1), "ann")
    for repetition in (1, 2):
        trials = [page.trial for page in first if page.repetition == repetition]
        assert sorted(trials) == ["scene 1", "scene 2", "scene 3"]
    assert [page.repetition for page in first] == [1, 1, 1, 2, 2, 2]


def test_every_condition_comes_at_every_place_equally_often(tmp_path):
    test = mushra(tmp_path)
    pages = [page for number in range(400) for page in pages_for(test, str(number))]
    counts = Counter((slot.label, slot.condition) for page in pages for slot in page.slots)
    # 1200 pages, four places: 300 expected, with a standard deviation of 15.
    assert len(counts) == 16
    assert all(225 < count < 375 for count in counts.values())


def test_x_is_either_of_the_two_and_drawn_for_every_page():
    test = pair("abx", 100)
    pages = pages_for(test, "ann")
    assert all({page.condition("A"), page.condition("B")} == {"old", "new"} for page in pages)
    drawn = Counter((page.condition("A"), page.condition("X") == page.condition("A")) for page in pages)
    assert all(count > 10 for count in drawn.values())
    assert len(drawn) == 4


def test_listeners_are_known_by_a_hash_that_forgives_typing(tmp_path):
    test = mushra(tmp_path)
    assert listener_hash(test, "  Ann   EXAMPLE") == listener_hash(test, "ann example")
    assert listener_hash(test, "Ann") != listener_hash(test, "Bob")
    path = take(test, tmp_path / "s", "Ann Example")
    assert "example" not in path.read_text().lower()


def test_a_page_cannot_be_left_before_all_is_heard_and_rated(tmp_path):
    session = begin(mushra(tmp_path), tmp_path / "s", "ann")
    labels = session.page.labels
    for label in labels:
        session.rate(label, 50)
    for label in labels[1:]:
        session.play(label)
    assert session.missing() == (f"listen to {labels[0]}",)
    with pytest.raises(ListeningTestError, match=f"listen to {labels[0]}"):
        session.turn()
    assert session.index == 0
    session.play(labels[0])
    session.turn()
    assert session.index == 1
    assert session.missing()[0] == "listen to 1"
    session.close()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda session: session.rate("9", 50),
        lambda session: session.rate("1", 101),
        lambda session: session.rate("1", -1),
        lambda session: session.rate(OPEN_REFERENCE, 50),
        lambda session: session.choose("1"),
        lambda session: session.play("X"),
    ],
)
def test_what_the_page_does_not_offer_is_refused_and_not_kept(tmp_path, wrong):
    session = begin(mushra(tmp_path), tmp_path / "s", "ann")
    before = session.path.read_bytes()
    with pytest.raises(ListeningTestError):
        wrong(session)
    assert session.path.read_bytes() == before
    assert not session.progress.scores
    session.close()


def test_plays_and_times_are_counted(tmp_path):
    clock = Hand()
    test = mushra(tmp_path, trials=1)
    session = begin(test, tmp_path / "s", "ann", Setup("headphones", 48000, "binaural", "0.1"), clock=clock)
    session.play(OPEN_REFERENCE)
    for label in session.page.labels:
        clock.now += 2
        session.play(label)
        session.rate(label, OPINION[session.page.condition(label)])
    clock.now += 1
    session.play("1")
    clock.now += 3
    session.pause()
    clock.now += 5
    session.comment("noisy, in the corner")
    session.turn()
    assert session.is_finished
    session.close()
    by_label = {rating.label: rating for rating in ratings_of(test, session.path)}
    assert (by_label["1"].plays, by_label["1"].listened) == (2, 5.0)
    assert (by_label["2"].plays, by_label["2"].listened) == (1, 2.0)
    assert by_label["4"].listened == 1.0
    rating = by_label["3"]
    assert rating.seconds == 17.0
    assert (rating.device, rating.sample_rate, rating.renderer) == ("headphones", 48000, "binaural")
    assert rating.comment == "noisy, in the corner"


def test_a_listener_who_closes_goes_on_where_the_test_was_left(tmp_path):
    test, folder = mushra(tmp_path), tmp_path / "s"
    clock = Hand()
    session = begin(test, folder, "Ann", clock=clock)
    rate_page(session, OPINION)
    clock.now = 10.0
    session.play("2")
    session.rate("2", 33)
    session.close()
    session.close()
    assert unfinished(test, folder, "Bob") is None
    clock.now = 1000.0
    again = resume(unfinished(test, folder, "ann"), test, Setup("speakers"), clock=clock)
    assert again.index == 1
    assert again.page == session.page
    assert again.progress.scores == {"2": 33}
    assert again.progress.unheard == ("1", "3", "4")
    while not again.is_finished:
        rate_page(again, OPINION)
    again.close()
    assert unfinished(test, folder, "Ann") is None
    ratings = collected(test, folder)
    assert len(ratings) == 12
    # The night in between is no time spent on the page.
    assert max(rating.seconds for rating in ratings) == 10.0
    assert [rating.device for rating in ratings] == 4 * [""] + 8 * ["speakers"]


KILLED = """
import os, signal, sys
from pathlib import Path
from listening_bench import OPINION, rate_page
from sepstudio.listening_tests.definition_files import read_test
from sepstudio.listening_tests.session import begin, sessions_of
path = Path(sys.argv[1])
session = begin(read_test(path), sessions_of(path), "Ann")
rate_page(session, OPINION)
session.play("1")
session.rate("1", 42)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_killed_session_has_all_ratings_and_goes_on(tmp_path):
    test, path = mushra(tmp_path), tmp_path / "test.yaml"
    places = [entry for entry in sys.path if entry]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-c", KILLED, str(path)]
    code = subprocess.run(command, env=environment, timeout=120, check=False).returncode
    assert code == -signal.SIGKILL
    file = unfinished(test, sessions_of(path), "ann")
    assert file is not None
    # As if it was killed in the middle of a line, too.
    with file.open("ab") as torn:
        torn.write(b'{"event": "rated", "page": 1, "lab')
    session = resume(file, read_test(path))
    assert session.index == 1
    assert session.progress.scores == {"1": 42}
    while not session.is_finished:
        rate_page(session, OPINION)
    session.close()
    assert len(collected(test, sessions_of(path))) == 12
    assert [json.loads(line)["event"] for line in file.read_text().splitlines()][-1] == "turned"


def test_who_must_not_wait_for_the_disk_settles_by_itself(tmp_path, monkeypatch):
    settled = []
    monkeypatch.setattr(os, "fsync", settled.append)
    session = begin(mushra(tmp_path, trials=1), tmp_path / "s", "ann")
    settled.clear()
    session.rate("1", 50)
    assert len(settled) == 1
    session.close()
    patient = begin(mushra(tmp_path, trials=1), tmp_path / "s", "bob", is_patient=True)
    settled.clear()
    rate_page(patient, OPINION)
    assert not settled
    # Written nonetheless.
    assert b'"turned"' in patient.path.read_bytes()
    patient.settle()
    assert len(settled) == 1
    patient.close()
    patient.settle()
    assert len(settled) == 1


def test_a_session_is_open_once(tmp_path):
    test = mushra(tmp_path)
    session = begin(test, tmp_path / "s", "ann")
    with pytest.raises(ListeningTestError, match="open in another window"):
        resume(session.path, test)
    session.close()
    resume(session.path, test).close()
    assert [path.suffix for path in (tmp_path / "s").iterdir()] == [".jsonl"]


def test_sessions_of_other_tests_are_refused(tmp_path):
    session = begin(mushra(tmp_path), tmp_path / "s", "ann")
    session.close()
    with pytest.raises(ListeningTestError, match="belongs to another test"):
        resume(session.path, mushra(tmp_path, seed=1))
    with pytest.raises(ListeningTestError, match="belongs to another test"):
        ratings_of(mushra(tmp_path, trials=2), session.path)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_damaged_line_is_told(tmp_path, number):
    test = mushra(tmp_path, trials=1)
    path = take(test, tmp_path / "s", "ann")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = b"junk" + lines[number]
    path.write_bytes(b"".join(lines))
    with pytest.raises(ListeningTestError, match=f"line {number + 1} is damaged"):
        read_answers(path)
    assert unfinished(test, tmp_path / "s", "ann") is None


@settings(max_examples=40)
@given(st.integers(0, 3000), st.binary(max_size=6), st.integers(0, 6))
def test_damaged_answers_are_refused_or_answers(tmp_path_factory, place, junk, cut):
    folder = tmp_path_factory.mktemp("damaged")
    test = mushra_without_files(folder)
    path = take(test, folder / "s", "ann")
    content = path.read_bytes()
    place %= len(content)
    path.write_bytes(content[:place] + junk + content[place + cut :])
    with contextlib.suppress(ListeningTestError):
        assert all(0 <= rating.score <= 100 for rating in ratings_of(test, path))


def test_answers_that_cannot_be_are_told(tmp_path):
    test = mushra(tmp_path, trials=1)
    path = take(test, tmp_path / "s", "ann")
    with path.open("a") as file:
        file.write('{"event": "rated", "page": 0, "label": "1", "score": 99, "at": 1}\n')
    with pytest.raises(ListeningTestError, match="after its page was left"):
        ratings_of(test, path)
    text = path.read_text()
    path.write_text(text.replace('"1": "', '"1": "not ', 1))
    with pytest.raises(ListeningTestError, match="does not have its conditions"):
        ratings_of(test, path)


def test_what_cannot_be_written_is_told_and_not_taken_in(tmp_path, monkeypatch):
    session = begin(mushra(tmp_path), tmp_path / "s", "ann")
    before = session.path.read_bytes()

    class Full:
        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            return getattr(self._file, name)

        def write(self, line):
            return self._file.write(line[: len(line) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(session._file, "_file", Full(session._file._file))
        with pytest.raises(ListeningTestError, match="disk is full"):
            session.rate("1", 50)
    assert session.path.read_bytes() == before
    assert session.progress.scores == {}
    session.rate("1", 50)
    assert session.progress.scores == {"1": 50}
    session.close()


@pytest.mark.parametrize(("kind", "score"), [("ab", 1.0), ("abx", 1.0)])
def test_pairs_are_chosen_from(tmp_path, kind, score):
    test = pair(kind, 3)
    session = begin(test, tmp_path, "ann")
    while not session.is_finished:
        page = session.page
        with pytest.raises(ListeningTestError):
            session.choose("X")
        with pytest.raises(ListeningTestError):
            session.rate("A", 50)
        wanted = "new" if kind == "ab" else page.condition("X")
        session.choose("A" if page.condition("A") == wanted else "B")
        for label in page.labels:
            session.play(label)
        session.turn()
    session.close()
    ratings = ratings_of(test, session.path)
    hits = [rating for rating in ratings if rating.score == score]
    assert len(hits) == 3
    if kind == "ab":
        assert len(ratings) == 6
        assert {(rating.condition, rating.versus) for rating in hits} == {("new", "old")}
    else:
        assert [rating.label for rating in ratings] == 3 * ["X"]
        assert all({rating.condition, rating.versus} == {"old", "new"} for rating in ratings)
