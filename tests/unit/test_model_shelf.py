"""Models in memory: loaded once for a device however many ask, and gone when they are put away."""

import dataclasses
import gc
import os
import threading
import weakref

import pytest
from tiny_models import tiny_model

from sepstudio.errors import CheckpointError
from sepstudio.nn.phase_models import load_model
from sepstudio.nn.shelf import LoadedModel, ModelShelf
from sepstudio.separation.base import RunContext

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def path(tmp_path):
    return tiny_model(tmp_path / "band.safetensors", ("drums", "bass"))


class Loads:
    """Loads models and counts."""

    def __init__(self):
        self.count = 0

    def __call__(self, path, device):
        self.count += 1
        return load_model(path, device=device)


def test_a_model_is_read_once_for_each_device(path, tmp_path):
    loads = Loads()
    shelf = ModelShelf(loads)
    first = shelf.load(path, "cpu")
    assert shelf.load(tmp_path / "." / "band.safetensors", "cpu") is first
    assert shelf.load(path, "meta") is not first
    assert loads.count == 2
    weights = sum(w.nbytes for part in first.networks.values() for w in part.state_dict().values())
    assert shelf.loaded() == (LoadedModel(path, "cpu", weights), LoadedModel(path, "meta", weights))


def test_the_shelf_loads_models_by_itself(path):
    assert tuple(ModelShelf().load(path, "cpu").networks) == ("drums", "bass")


def test_a_file_that_has_changed_is_read_anew(path):
    shelf = ModelShelf()
    before = shelf.load(path, "cpu")
    tiny_model(path, ("vocals",))
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    assert tuple(shelf.load(path, "cpu").networks) == ("vocals",)
    assert tuple(before.networks) == ("drums", "bass")
    assert len(shelf.loaded()) == 1


def test_what_is_put_away_is_let_go_and_a_run_keeps_what_it_has(path):
    shelf = ModelShelf()
    held = shelf.load(path, "cpu")
    gone = weakref.ref(next(iter(held.networks.values())))
    assert shelf.unload(path) == held.size
    assert shelf.loaded() == ()
    assert gone() is not None
    del held
    gc.collect()
    assert gone() is None


def test_devices_and_files_are_put_away_apart(path, tmp_path):
    other = tiny_model(tmp_path / "solo.safetensors", ("vocals",))
    shelf = ModelShelf()
    for file, device in ((path, "cpu"), (path, "meta"), (other, "cpu")):
        shelf.load(file, device)
    shelf.unload(path, "cpu")
    assert [(one.path, one.device) for one in shelf.loaded()] == [(path, "meta"), (other, "cpu")]
    shelf.unload(device="cpu")
    assert [one.device for one in shelf.loaded()] == ["meta"]
    assert shelf.unload() > 0
    assert shelf.unload() == 0


def test_threads_that_ask_at_once_share_one_reading(path):
    inside, go = threading.Event(), threading.Event()
    loads = Loads()

    def slow(file, device):
        inside.set()
        assert go.wait(10)
        return loads(file, device)

    shelf = ModelShelf(slow)
    found = []
    threads = [threading.Thread(target=lambda: found.append(shelf.load(path, "cpu"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert inside.wait(10)
    # While it is read it is not there yet, and others can be asked for.
    assert shelf.loaded() == ()
    assert shelf.unload() == 0
    go.set()
    for thread in threads:
        thread.join(10)
    assert loads.count == 1
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


def test_what_cannot_be_read_is_told_and_can_be_asked_for_again(path, tmp_path):
    shelf = ModelShelf()
    missing = tmp_path / "later.safetensors"
    with pytest.raises(CheckpointError, match="does not exist"):
        shelf.load(missing, "cpu")
    assert shelf.loaded() == ()
    tiny_model(missing, ("vocals",))
    assert tuple(shelf.load(missing, "cpu").networks) == ("vocals",)


def test_what_is_put_away_while_it_is_read_anew_is_on_the_shelf_afterwards(path):
    def load(file, device):
        # Of the model as it was before; what is being read is the other's from now on.
        shelf.unload(file, device)
        return load_model(file, device=device)

    shelf = ModelShelf(load)
    before = shelf.load(path, "cpu")
    tiny_model(path, ("vocals",))
    os.utime(path, ns=(0, 0))
    after = shelf.load(path, "cpu")
    assert after is not before
    assert [one.size for one in shelf.loaded()] == [after.size]
    assert shelf.load(path, "cpu") is after


def test_runs_of_one_context_share_a_shelf_and_others_have_their_own():
    context = RunContext()
    assert dataclasses.replace(context, seed=4).models is context.models
    assert RunContext().models is not context.models
