"""``sepstudio models`` as users call it: lists, cards, imports, downloads, verification and deletion."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from file_server import FileServer
from tiny_models import ORIGIN, tiny_model

from sepstudio.cli import main
from sepstudio.nn import downloads, library
from sepstudio.nn.downloads import Patience, unfinished_bytes
from sepstudio.nn.library import installed, own_folder

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_model(folder / "phase-small.safetensors", ("drums", "bass"))
    return folder


@pytest.fixture
def choir(tmp_path):
    return tiny_model(tmp_path / "choir.safetensors", ("vocals",))


def told(capsys, *arguments):
    """Return exit status, what was printed, and the lines of complaint."""
    code = main(["models", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_list_names_models_and_their_origin(capsys, choir):
    told(capsys, "import", choir)
    code, out, err = told(capsys, "list")
    assert code == 0
    first, second = out.splitlines()
    assert first.split()[:2] == ["phase-small", "shipped"]
    assert first.endswith("44.1 kHz  drums, bass")
    assert second.split()[:2] == ["choir", "own"]
    assert str(own_folder()) in err[0]


def test_the_list_as_json_holds_the_cards_and_what_is_broken(capsys, shipped):
    (shipped / "broken.safetensors").write_text("no model")
    code, out, _ = told(capsys, "list", "--json")
    assert code == 0
    broken, good = json.loads(out)["models"]
    assert "is no checkpoint of this program" in broken["problem"]
    assert good["card"]["instruments"] == ["drums", "bass"]
    assert good["card"]["provenance"]["licence"] == ORIGIN.licence


def test_a_card_tells_licence_data_and_figures(capsys, shipped):
    code, out, _ = told(capsys, "info", "phase-small")
    assert code == 0
    for text in ("Random networks.", "CC0 1.0", "noise (CC0)", "FFT 256, hop 64", "validation loss  0.125", "Hears"):
        assert text in out
    _, plain, _ = told(capsys, "info", shipped / "phase-small.safetensors", "--json")
    assert json.loads(plain)["sha256"] in out


def test_a_model_that_is_not_there_is_one_line(capsys):
    code, out, err = told(capsys, "info", "brass")
    assert (code, out) == (2, "")
    assert len(err) == 1
    assert "choose phase-small" in err[0]


def test_an_import_says_where_the_model_is(capsys, choir):
    code, out, _ = told(capsys, "import", choir, "--sha256", digest(choir), "--name", "my choir")
    assert (code, out) == (0, f"my choir: {own_folder() / 'my choir.safetensors'}\n")
    code, _, err = told(capsys, "import", choir)
    assert code == 2
    assert "is installed already, as my choir" in err[0]


def test_verifying_tells_sound_from_damaged(capsys, shipped, choir):
    told(capsys, "import", choir)
    code, out, err = told(capsys, "verify")
    assert (code, err) == (0, [])
    assert f"choir: sound, SHA-256 of the file {digest(choir)}" in out
    content = bytearray(choir.read_bytes())
    content[-1] ^= 1
    (own_folder() / "choir.safetensors").write_bytes(content)
    code, out, err = told(capsys, "verify", "--json")
    assert code == 1
    assert {name: one["sound"] for name, one in json.loads(out).items()} == {"phase-small": True, "choir": False}
    assert "is damaged" in err[0]
    assert told(capsys, "verify", "choir")[0] == 2


def test_only_own_models_are_deleted(capsys, choir):
    told(capsys, "import", choir)
    assert told(capsys, "delete", "choir")[:2] == (0, "choir: deleted\n")
    code, _, err = told(capsys, "delete", "phase-small")
    assert code == 2
    assert "ships with the program" in err[0]


def test_a_download_is_installed(capsys, choir):
    with FileServer(choir.read_bytes()).running() as server:
        code, out, _ = told(capsys, "download", server.url, "--sha256", digest(choir), "--json")
    assert code == 0
    assert json.loads(out)["name"] == "choir"
    assert (own_folder() / "choir.safetensors").read_bytes() == choir.read_bytes()


def test_without_a_network_the_way_round_it_is_told(capsys, monkeypatch):
    monkeypatch.setattr(downloads, "Patience", lambda: Patience(1, 0.0))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/choir.safetensors"
    code, out, err = told(capsys, "download", url, "--sha256", "ab" * 32)
    assert (code, out) == (2, "")
    assert "without a network, 1: On a machine with a network, download" in err[0]
    assert "ab" * 32 in err[1]
    assert "cannot be reached" in err[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise")
def test_an_interrupted_download_goes_on_later(choir, capsys):
    with FileServer(choir.read_bytes()).running() as server:
        server.hold, server.held_after = threading.Event(), 1000
        child = subprocess.Popen([sys.executable, "-m", "sepstudio", "models", "download", server.url])
        while unfinished_bytes(server.url) < 1000:
            assert child.poll() is None
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGINT)
        assert child.wait(30) == 130
        server.hold.set()
        server.hold = None
        assert told(capsys, "download", server.url)[0] == 0
    assert server.answered == [200, 206]
    assert installed()[-1].path.read_bytes() == choir.read_bytes()


@pytest.mark.parametrize("arguments", [(), ("fetch",), ("info",), ("list", "x"), ("download",)])
def test_bad_usage_is_one_line(capsys, arguments):
    code, out, err = told(capsys, *arguments)
    assert (code, out, len(err)) == (2, "", 1)
