"""The journal: what was recorded is read again, whatever happened to the end of the file."""

import errno
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.errors import ProjectError
from sepstudio.project import journal as journal_module
from sepstudio.project.changes import changed, changes
from sepstudio.project.journal import Journal, read_journal

ABOUT = {"name": "song", "work": "/somewhere"}

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def same(one, other):
    """Equal as JSON, where 1, 1.0 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(documents, documents)
def test_changes_lead_from_one_document_to_the_other(old, new):
    before = json.dumps(old)
    edits = json.loads(json.dumps(changes(old, new)))
    assert same(changed(old, edits), new)
    assert json.dumps(old) == before
    assert bool(edits) != same(old, new)


@given(st.lists(documents, min_size=1, max_size=12), st.integers(0, 40))
def test_a_journal_ends_where_the_edits_ended(tmp_path_factory, states, compact_bytes):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path, ABOUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "COMPACT_BYTES", compact_bytes)
        patch.setattr(journal_module, "_COMPACT_RATIO", 1)
        for number, state in enumerate(states, 1):
            journal.record(state, edits=number)
            journal.settle()
            found = read_journal(path)
            assert same(found.document, state)
            assert (found.edits, found.unread, found.about) == (number, 0, ABOUT)
    journal.close()
    assert [item.name for item in path.parent.iterdir()] == ["journal.jsonl"]


@given(documents)
def test_a_line_that_is_encoded_in_pieces_is_the_same(document):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "_PIECE", 1)
        pieces = "".join(journal_module._pieces(document, 3))
    assert pieces == json.dumps(document, separators=(",", ":"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "autosave" / "journal.jsonl"


def written(path, count=5):
    """The states that were recorded, from none on."""
    journal, states = Journal(path, ABOUT), [None]
    for number in range(count):
        states.append({"lanes": {"a": {"gain": number / 3}, "ü": {"gain": -1}}, "n": number, "s": "x" * number})
        journal.record(states[-1], edits=number + 1)
    journal.close()
    return states


def test_cut_off_at_any_byte_it_gives_the_edits_that_are_whole(path):
    states = written(path)
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        edits = sum(end <= length for end in ends)
        if edits == 0:
            with pytest.raises(ProjectError, match="no whole line"):
                read_journal(path)
        else:
            found = read_journal(path)
            assert (found.document, found.edits, found.unread) == (states[edits], edits, 0)


def test_a_flipped_bit_anywhere_never_gives_another_document(path):
    states = written(path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            found = read_journal(path)
        except ProjectError:
            continue
        assert found.document == states[found.edits]
        assert found.edits < len(states) - 1


def test_a_damaged_line_in_the_middle_is_told(path):
    states = written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"seq", b"sEq")
    path.write_bytes(b"".join(lines))
    found = read_journal(path)
    assert (found.document, found.edits, found.unread) == (states[2], 2, 3)
    # A line that is missing is as bad.
    written(path)
    path.write_bytes(
        b"".join(line for number, line in enumerate(path.read_bytes().splitlines(keepends=True)) if number != 2)
    )
    assert (read_journal(path).edits, read_journal(path).unread) == (2, 2)


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"\xff" * 100, b'{"crc": "00000000", "line": }\n'])
def test_what_is_no_journal_is_refused(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ProjectError, match="no whole line"):
        read_journal(path)
    path.unlink()
    with pytest.raises(ProjectError, match="cannot be read"):
        read_journal(path)


def test_nothing_is_written_when_nothing_changed(path):
    journal = Journal(path, ABOUT)
    assert journal.record({"a": 1}, edits=1)
    size = path.stat().st_size
    assert not journal.record({"a": 1}, edits=1)
    assert path.stat().st_size == size
    assert journal.record({"a": 1}, edits=0)
    assert read_journal(path).edits == 0
    journal.remove()
    assert not path.exists()
    journal.remove()


def test_after_a_full_disk_the_next_edit_brings_everything(path, monkeypatch):
    write = journal_module.FileIO.write
    # Half of the line reaches the disk.
    monkeypatch.setattr(journal_module, "FileIO", type("Full", (journal_module.FileIO,), {}))
    full = Journal(path, ABOUT)
    full.record({"a": 1}, edits=1)
    monkeypatch.setattr(journal_module.FileIO, "write", lambda self, line: write(self, line[: len(line) // 2]))
    with pytest.raises(OSError, match="space") as caught:
        full.record({"a": 2}, edits=2)
    assert caught.value.errno == errno.ENOSPC
    assert read_journal(path).document == {"a": 1}
    monkeypatch.undo()
    full.record({"a": 2, "b": 3}, edits=3)
    assert read_journal(path).document == {"a": 2, "b": 3}
    assert read_journal(path).unread == 0
    full.close()


def test_edits_while_the_journal_is_made_short_are_kept(path, monkeypatch):
    monkeypatch.setattr(journal_module, "COMPACT_BYTES", 0)
    journal = Journal(path, ABOUT)
    journal.record({"n": 0}, edits=1)
    stop = threading.Event()

    def settling():
        while not stop.is_set():
            journal.settle()

    thread = threading.Thread(target=settling)
    thread.start()
    try:
        for number in range(1, 500):
            journal.record({"n": number, "text": "x" * 50}, edits=number)
            if number % 25 == 0:
                assert read_journal(path).document["n"] == number
    finally:
        stop.set()
        thread.join()
    assert read_journal(path).document == {"n": 499, "text": "x" * 50}
    journal.close()
    assert path.stat().st_size < 500 * 60
