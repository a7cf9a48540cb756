"""What all tests share: a home of their own, the test data, and a run in which Qt is absent.

``SEPSTUDIO_TEST_HALF`` chooses a half of the suite: ``without-qt`` runs the test files that
never name Qt while every import of it fails, ``with-qt`` runs the others. Unset, all run.
It is an environment variable because the workers of a parallel run must know it before
options are parsed.
"""

import os
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import pytest
from halves import NAMES_QT
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
HALF = os.environ.get("SEPSTUDIO_TEST_HALF", "")

# How fast examples come depends on what else the machine does.
settings.register_profile("sepstudio", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sepstudio")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Compiled kernels are shared by all tests and runs: compiling them takes longer than most tests.
os.environ["SEPSTUDIO_CACHE_DIR"] = str(ROOT / "build" / "test-cache")


class QtIsAbsent(MetaPathFinder):
    """Makes imports fail as they do where Qt is not installed."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ModuleNotFoundError(f"No module named {fullname!r} (hidden by the tests)", name=fullname)


def pytest_addoption(parser, pluginmanager):
    if HALF == "without-qt":
        # Before its configuration step, which imports PySide6, but after it declared its options.
        pluginmanager.unregister(name="pytest-qt")
        sys.meta_path.insert(0, QtIsAbsent())


def pytest_ignore_collect(collection_path, config):
    if HALF and collection_path.suffix == ".py" and collection_path.name.startswith("test_"):
        names_qt = NAMES_QT.search(collection_path.read_text(encoding="utf-8")) is not None
        return True if names_qt == (HALF == "without-qt") else None
    return None


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch) -> Path:
    """Settings, logs and recovery files of one test meet neither the user's nor another test's."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    folders = {"CONFIG": ".config", "DATA": ".local/share", "STATE": ".local/state", "CACHE": ".cache"}
    for name, folder in folders.items():
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    return home


@pytest.fixture(autouse=True)
def qt_for_tests(request) -> None:
    """Give Qt test locations, and let every mouse event through, in the tests that use it."""
    if not {"qtbot", "qapp", "qapp_cls", "qtmodeltester"} & set(request.fixturenames):
        return
    import pyqtgraph
    from PySide6.QtCore import QStandardPaths

    QStandardPaths.setTestModeEnabled(True)
    pyqtgraph.setConfigOptions(mouseRateLimit=-1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings beside the project; tests that need it skip where it is missing."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no test recordings in {folder}")
    return folder


@pytest.fixture
def rng() -> Iterator[np.random.Generator]:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20140627)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small products on two threads wait for each other longer than they work when the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
