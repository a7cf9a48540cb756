"""Downloads from a server on this machine: broken off, gone on with, changed meanwhile, and refused."""

import errno
import hashlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from file_server import FileServer
from tiny_models import tiny_model

from sepstudio.errors import CheckpointError, DownloadError, ParameterError, UnreachableError
from sepstudio.io.steps import drain
from sepstudio.nn import downloads
from sepstudio.nn.downloads import Patience, download_steps, offline_instructions, unfinished_bytes
from sepstudio.nn.library import installed, own_folder

pytestmark = pytest.mark.usefixtures("one_thread")

HASTY = Patience(attempts=3, pause_s=0.01, silence_s=5.0)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tiny_model(tmp_path_factory.mktemp("model") / "choir.safetensors", ("vocals", "bass"), hidden=32)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server(content):
    with FileServer(content).running() as running:
        yield running


def fetch(server, **options):
    return drain(download_steps(server.url, patience=HASTY, **options))


def own():
    return [model.name for model in installed() if not model.shipped]


def left_over():
    folder = own_folder() / "downloads"
    return sorted(path.suffix for path in folder.iterdir()) if folder.exists() else []


def half_way(server, content):
    """Break a download off when about half of it has arrived; return the bytes that stay."""
    server.hold, server.held_after = threading.Event(), len(content) // 2
    work = download_steps(server.url, patience=HASTY)
    while unfinished_bytes(server.url) < server.held_after:
        next(work)
    work.close()
    server.hold.set()
    server.hold = None
    return unfinished_bytes(server.url)


def test_a_download_is_installed_under_the_name_in_its_address(server, content):
    steps = list(download_steps(server.url, sha256=hashlib.sha256(content).hexdigest()))
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    assert steps[-1].text == "verifying"
    (model,) = (model for model in installed() if not model.shipped)
    assert model.name == "choir"
    assert model.path.read_bytes() == content
    assert left_over() == []


def test_a_download_that_is_closed_goes_on_where_it_stopped(server, content):
    there = half_way(server, content)
    assert 0 < there < len(content)
    assert own() == []
    assert fetch(server).path.read_bytes() == content
    assert server.asked == ["", f"bytes={there}-"]
    assert server.answered == [200, 206]
    assert left_over() == []


def test_a_program_that_is_killed_leaves_what_the_next_one_goes_on_with(server, content):
    server.hold, server.held_after = threading.Event(), len(content) // 3
    code = (
        "from sepstudio.io.steps import drain\n"
        "from sepstudio.nn.downloads import download_steps\n"
        f"drain(download_steps({server.url!r}))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while unfinished_bytes(server.url) < server.held_after and time.monotonic() < deadline:
        time.sleep(0.01)
    child.kill()
    child.wait()
    server.hold.set()
    server.hold = None
    assert fetch(server).path.read_bytes() == content
    assert server.answered == [200, 206]


def test_closing_never_waits_for_a_server_that_says_nothing(content):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Longer than any test may take.
        patience = Patience(silence_s=1000.0)
        work = download_steps(f"http://127.0.0.1:{listener.getsockname()[1]}/a.safetensors", patience=patience)
        assert [next(work).text for _ in range(3)] == ["waiting for the server"] * 3
        work.close()
    assert left_over() == []


def test_a_server_that_serves_no_parts_is_asked_for_all_of_it(server, content):
    half_way(server, content)
    server.ranges = False
    assert fetch(server).path.read_bytes() == content
    assert server.answered == [200, 200]


@pytest.mark.parametrize("by", ["etag", "modified"])
def test_a_file_that_has_changed_is_fetched_from_its_beginning(server, content, tmp_path, by):
    if by == "modified":
        server.etag, server.modified = "", "Sat, 21 Nov 2026 10:00:00 GMT"
    half_way(server, content)
    server.content = tiny_model(tmp_path / "new.safetensors", ("drums", "bass"), hidden=32).read_bytes()
    setattr(server, by, {"etag": '"two"', "modified": "Sat, 21 Nov 2026 11:00:00 GMT"}[by])
    assert fetch(server).path.read_bytes() == server.content
    assert server.answered == [200, 200]


def test_a_server_that_forgets_to_compare_versions_is_caught(server, content, tmp_path, monkeypatch):
    half_way(server, content)
    server.content = tiny_model(tmp_path / "new.safetensors", ("drums", "bass"), hidden=32).read_bytes()
    server.etag = '"two"'
    monkeypatch.setattr(server, "_start", lambda headers: int((headers.get("Range") or "bytes=0-")[6:-1]))
    assert fetch(server).path.read_bytes() == server.content
    assert server.answered == [200, 206, 200]


def test_a_file_that_has_become_shorter_is_fetched_anew(server, content, tmp_path):
    half_way(server, content)
    server.content = tiny_model(tmp_path / "new.safetensors", ("drums",)).read_bytes()
    server.etag = ""
    assert len(server.content) < len(content) // 2
    assert fetch(server).path.read_bytes() == server.content


def test_broken_connections_are_taken_up_again(server, content):
    server.break_after = [1000, 5000, 2000, 7, 1]
    assert fetch(server).path.read_bytes() == content
    assert server.asked == ["", "bytes=1000-", "bytes=6000-", "bytes=8000-", "bytes=8007-", "bytes=8008-"]


def test_a_server_that_always_breaks_off_is_given_up_and_what_came_stays(server, content):
    server.ranges = False
    server.break_after = [1000] * 50
    with pytest.raises(DownloadError, match=r"broke off after 0\.0 MB.*it goes on where it stopped"):
        fetch(server)
    assert unfinished_bytes(server.url) == 1000
    assert own() == []


def test_an_answer_of_unknown_length_is_taken_to_its_end(server, content):
    server.says_length = False
    assert fetch(server).path.read_bytes() == content
    assert left_over() == []


def test_failures_that_pass_are_waited_for(server, content):
    server.refuse = [503, 429]
    assert fetch(server).path.read_bytes() == content


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "is not there .the server says 404 Not Found.; check the address"),
        (403, "may not be fetched from here .*import the file"),
        (418, "cannot be fetched .the server says 418"),
        (500, "cannot be fetched .the server says 500 .*; try again later"),
    ],
)
def test_refusals_are_told_as_they_are(server, status, words):
    server.refuse = [status] * 10
    with pytest.raises(DownloadError, match=words) as caught:
        fetch(server)
    assert not isinstance(caught.value, UnreachableError)
    assert len(server.asked) == (HASTY.attempts if status == 500 else 1)


def test_without_a_network_it_is_said_how_to_do_without():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/choir.safetensors"
    with pytest.raises(UnreachableError, match=r"cannot be reached .connection refused.*on another machine"):
        drain(download_steps(url, patience=HASTY))
    digest = "ab" * 32
    told = "\n".join(offline_instructions(url, digest))
    assert url in told
    assert digest in told
    assert "sepstudio models import" in told


def test_an_unknown_server_is_named(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError, match="the name of its server is not known here"):
        drain(download_steps("https://models.example/choir.safetensors", patience=HASTY))


def test_a_wrong_hash_leaves_nothing(server, content):
    with pytest.raises(CheckpointError, match=f"choir.safetensors.*SHA-256 is {hashlib.sha256(content).hexdigest()}"):
        fetch(server, sha256="0" * 64)
    assert own() == []
    assert left_over() == []


def test_damage_on_the_way_is_found_without_any_hash(server, content):
    server.content = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(CheckpointError, match="is damaged: its weights are not those"):
        fetch(server)
    assert own() == []
    assert left_over() == []


def test_what_is_installed_already_is_said_to_be(server):
    fetch(server)
    with pytest.raises(CheckpointError, match="is installed already, as choir"):
        fetch(server)
    assert own() == ["choir"]


def test_a_web_page_is_no_model(server):
    server.kind = "text/html; charset=utf-8"
    with pytest.raises(DownloadError, match="gives a web page and not a file"):
        fetch(server)


def test_more_than_is_wanted_is_not_taken(server, content):
    with pytest.raises(DownloadError, match=r"are the most that is taken"):
        fetch(server, largest=len(content) - 1)
    server.says_length = False
    with pytest.raises(DownloadError, match="sends more than"):
        fetch(server, largest=len(content) - 1)
    assert left_over() == []


def test_a_disk_without_room_is_told_before_anything_is_written(server, monkeypatch):
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(DownloadError, match="is too full; free some space; the download goes on"):
        fetch(server)


def test_a_disk_that_fills_up_keeps_what_has_come(server, content, monkeypatch):
    half_way(server, content)
    opened = Path.open

    def full(path, *given, **options):
        if path.suffix == ".part" and given[:1] == ("ab",):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, *given, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(DownloadError, match="the disk is full"):
            fetch(server)
    assert fetch(server).path.read_bytes() == content
    assert server.answered == [200, 206, 206]


def test_one_address_is_fetched_once_at_a_time(server, content):
    server.hold, server.held_after = threading.Event(), 10
    first = download_steps(server.url, patience=HASTY)
    next(first)
    with pytest.raises(DownloadError, match="is being downloaded already"):
        next(download_steps(server.url))
    first.close()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "choir.safetensors",
        "http://",
        "http://[::1",
        "https://user:secret@example.org/a",
        "http://example.org/a b",
        "http://example.org:99999/a",
    ],
)
def test_only_addresses_of_the_web_are_taken(url):
    with pytest.raises(ParameterError, match="https:// or http://"):
        next(download_steps(url))


def test_names_and_hashes_are_checked_before_anything_is_fetched(server):
    fetch(server)
    for options, words in (({"name": "choir"}, "no other model"), ({"sha256": "xyz"}, "64 characters")):
        with pytest.raises(ParameterError, match=words):
            fetch(server, **options)
    assert len(server.asked) == 1
