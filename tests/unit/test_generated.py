"""Generated modules: written once, found again, never confused, and usable where nothing may be written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sepstudio.dsp.generated import load_generated
from sepstudio.dsp.parallel import over_rows

SOURCE = "def answer():\n    return {}\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache folder for this test alone; what it loaded is forgotten with it."""
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    before = set(sys.modules)
    yield tmp_path / "cache"
    for name in set(sys.modules) - before:
        if name.startswith("generated_test"):
            del sys.modules[name]
    load_generated.cache_clear()


def test_a_module_is_written_and_imported(own_cache):
    module = load_generated("generated_test", SOURCE.format(42))
    assert module.answer() == 42
    assert Path(module.__file__).parent == own_cache / "kernels"
    assert Path(module.__file__).read_text() == SOURCE.format(42)
    assert sys.modules[module.__name__] is module


def test_the_same_source_is_one_module():
    assert load_generated("generated_test", SOURCE.format(1)) is load_generated("generated_test", SOURCE.format(1))


def test_another_source_is_another_file():
    first = load_generated("generated_test", SOURCE.format(1))
    second = load_generated("generated_test", SOURCE.format(2))
    assert (first.answer(), second.answer()) == (1, 2)
    assert first.__file__ != second.__file__


def test_a_damaged_file_is_written_again():
    module = load_generated("generated_test", SOURCE.format(7))
    Path(module.__file__).write_text("def answer(): return 'damaged'")
    load_generated.cache_clear()
    assert load_generated("generated_test", SOURCE.format(7)).answer() == 7


def test_nothing_half_written_stays(own_cache):
    module = load_generated("generated_test", SOURCE.format(3))
    files = [path.name for path in (own_cache / "kernels").iterdir() if path.is_file()]
    assert files == [Path(module.__file__).name]


def test_a_cache_that_cannot_be_written_does_not_keep_anyone_from_working(tmp_path, monkeypatch):
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "kernels").write_text("a file where the folder should be")
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(occupied))
    assert load_generated("generated_test", SOURCE.format(5)).answer() == 5


def test_machine_code_is_kept_for_the_next_start(own_cache):
    """A second process finds what the first one compiled."""
    script = (
        "import numpy as np\n"
        "from sepstudio.dsp import running_median\n"
        "from sepstudio.dsp.medians import _compiled\n"
        "running_median(np.ones((4, 9), np.float32), length=3, axis=1)\n"
        "print(sum(_compiled(3).along_time.stats.cache_hits.values()))\n"
    )
    hits = [
        int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
        for _ in range(2)
    ]
    assert hits == [0, 1]
    assert list((own_cache / "kernels").rglob("*.nbi"))


@pytest.mark.parametrize("threads", [0, 1, 2, 3, 7, 100])
@pytest.mark.parametrize(("first", "last"), [(0, 10), (3, 4), (5, 5), (2, 99)])
def test_rows_are_divided_without_gap_or_overlap(first, last, threads):
    visits = np.zeros(100, int)

    def work(start, stop):
        visits[start:stop] += 1

    over_rows(work, first, last, threads)
    assert (visits[first:last] == 1).all()
    assert visits.sum() == last - first


def test_an_error_on_a_thread_is_raised():
    def work(start, stop):
        raise ArithmeticError(f"rows {start} to {stop}")

    with pytest.raises(ArithmeticError, match="rows 0 to 5"):
        over_rows(work, 0, 10, 2)
