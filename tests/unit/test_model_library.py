"""The library of models: found by name, imported whole and verified, deleted only where they are the user's."""

import errno
import hashlib
import subprocess
import sys

import pytest
from tiny_models import ORIGIN, network, tiny_model

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.steps import drain
from sepstudio.nn import library, model_files
from sepstudio.nn.library import delete_model, find_model, installed, own_folder
from sepstudio.nn.model_files import import_steps, verify_steps
from sepstudio.nn.phase_checkpoints import save_network

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program, with its default model."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_model(folder / "phase-small.safetensors", ("drums", "bass"))
    return folder


def names():
    return [(model.name, model.shipped) for model in installed()]


def damage(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def test_models_that_ship_come_first_and_foreign_files_are_left_out(shipped, tmp_path):
    (shipped / "README.md").write_text("no model")
    tiny_model(tmp_path / "b.safetensors", ("vocals",))
    drain(import_steps(tmp_path / "b.safetensors"))
    (own_folder() / ".hidden.safetensors").write_bytes(b"")
    assert names() == [("phase-small", True), ("b", False)]


def test_without_any_folder_there_is_no_model(monkeypatch):
    def missing(*_):
        raise FileNotFoundError

    monkeypatch.setattr(library, "resource", missing)
    assert installed() == ()
    with pytest.raises(CheckpointError, match=r"the default model phase-small: .*no model is installed: import"):
        find_model("")


def test_a_model_is_found_by_name_whatever_its_case_by_path_and_by_default(shipped, tmp_path):
    other = tiny_model(tmp_path / "mine.safetensors", ("vocals",))
    assert find_model("") == find_model("Phase-Small") == find_model("phase-small.safetensors")
    assert find_model("") == shipped / "phase-small.safetensors"
    assert find_model(str(other)) == other
    with pytest.raises(CheckpointError, match=r"brass: is neither an installed model nor a file.*choose phase-small"):
        find_model("brass")
    with pytest.raises(CheckpointError, match="neither"):
        find_model("x" * 5000)


def test_a_model_of_ones_own_goes_before_one_that_ships_but_never_becomes_the_default(shipped):
    own_folder().mkdir(parents=True)
    mine = tiny_model(own_folder() / "phase-small.safetensors", ("vocals",))
    assert find_model("phase-small") == mine
    assert find_model("") == shipped / "phase-small.safetensors"


def test_an_imported_model_is_the_same_file_under_its_name(shipped, tmp_path):
    source = tiny_model(tmp_path / "choir.safetensors", ("vocals",))
    fractions = []
    work = import_steps(source)
    try:
        while True:
            fractions.append(next(work))
    except StopIteration as stop:
        model = stop.value
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert (model.name, model.shipped, model.path.parent) == ("choir", False, own_folder())
    assert model.path.read_bytes() == source.read_bytes()
    assert find_model("choir") == model.path


def test_a_file_of_one_network_is_a_model_too(shipped, tmp_path):
    save_network(tmp_path / "solo.safetensors", *network("bass", seed=7), ORIGIN)
    assert drain(import_steps(tmp_path / "solo.safetensors")).name == "solo"


def test_the_same_weights_are_refused_whatever_the_file_is_called(shipped, tmp_path):
    copy = tmp_path / "another name.safetensors"
    copy.write_bytes((shipped / "phase-small.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match="is installed already, as phase-small: the weights are the same"):
        drain(import_steps(copy))
    assert names() == [("phase-small", True)]


def test_a_taken_name_gets_a_number_unless_it_was_asked_for(shipped, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    source = tiny_model(folder / "Phase-Small.safetensors", ("vocals",))
    with pytest.raises(ParameterError, match="one that no other model has"):
        drain(import_steps(source, name="phase-small"))
    assert drain(import_steps(source)).name == "Phase-Small 2"


@pytest.mark.parametrize("name", ["a/b", "..", "x" * 81, "bell\a", "what?"])
def test_names_that_no_file_can_have_are_refused(shipped, tmp_path, name):
    source = tiny_model(tmp_path / "choir.safetensors", ("vocals",))
    with pytest.raises(ParameterError, match="characters that names of files may have"):
        drain(import_steps(source, name=name))
    assert names() == [("phase-small", True)]


def test_what_is_no_sound_model_is_refused_and_leaves_nothing(shipped, tmp_path):
    damaged = tiny_model(tmp_path / "damaged.safetensors", ("vocals",))
    damage(damaged)
    with pytest.raises(CheckpointError, match=r"damaged\.safetensors: is damaged: its weights are not those"):
        drain(import_steps(damaged))
    text = tmp_path / "text.safetensors"
    text.write_text("Dear reader, this is no model at all.")
    with pytest.raises(CheckpointError, match="is no checkpoint of this program"):
        drain(import_steps(text))
    with pytest.raises(CheckpointError, match="does not exist"):
        drain(import_steps(tmp_path / "absent.safetensors"))
    assert names() == [("phase-small", True)]
    assert not any(own_folder().glob("*")) if own_folder().exists() else True


def test_another_file_than_the_hash_says_is_refused(shipped, tmp_path):
    source = tiny_model(tmp_path / "choir.safetensors", ("vocals",))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    with pytest.raises(CheckpointError, match=f"its SHA-256 is {digest}, not 000"):
        drain(import_steps(source, sha256="0" * 64))
    with pytest.raises(ParameterError, match="sha256"):
        drain(import_steps(source, sha256="12"))
    assert drain(import_steps(source, sha256=f" {digest.upper()}\n")).name == "choir"


def test_an_import_that_is_broken_off_leaves_nothing(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "_CHUNK", 1000)
    work = import_steps(tiny_model(tmp_path / "choir.safetensors", ("vocals",)))
    next(work)
    assert list(own_folder().iterdir())
    work.close()
    assert list(own_folder().iterdir()) == []


def test_a_full_disk_is_said_to_be_full(shipped, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model_files, "replacing", full)
    with pytest.raises(CheckpointError, match="the disk is full; free some space"):
        drain(import_steps(tiny_model(tmp_path / "choir.safetensors", ("vocals",))))


def test_only_the_users_own_models_can_be_deleted(shipped, tmp_path):
    drain(import_steps(tiny_model(tmp_path / "choir.safetensors", ("vocals",))))
    with pytest.raises(CheckpointError, match="ships with the program"):
        delete_model("phase-small")
    with pytest.raises(CheckpointError, match="is not installed"):
        delete_model("brass")
    delete_model("Choir")
    assert names() == [("phase-small", True)]


def test_verifying_computes_both_hashes_anew(shipped):
    path = shipped / "phase-small.safetensors"
    sound = drain(verify_steps(path))
    assert sound.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sound.card.instruments == ("drums", "bass")
    damage(path)
    with pytest.raises(CheckpointError, match="its weights are not those"):
        drain(verify_steps(path))


def test_listing_importing_and_verifying_load_no_torch(tmp_path):
    source = tiny_model(tmp_path / "choir.safetensors", ("vocals",))
    code = (
        "import pathlib, sys\n"
        "from sepstudio.io.steps import drain\n"
        "from sepstudio.nn.model_files import import_steps, verify_steps\n"
        "from sepstudio.nn.library import installed\n"
        "from sepstudio.separation.base import RunContext\n"
        f"model = drain(import_steps(pathlib.Path({str(source)!r})))\n"
        "drain(verify_steps(model.path)); RunContext()\n"
        "print(model in installed(), 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
