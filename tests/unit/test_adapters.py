"""Separators of other packages: offered where they are installed, explained where not, and what they share."""

import hashlib
import subprocess
import sys

import numpy as np
import plug_ins
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.errors import CheckpointError, MissingToolError
from sepstudio.io.clip import AudioClip
from sepstudio.io.resampled import at_rate
from sepstudio.io.steps import drain
from sepstudio.separation import registry
from sepstudio.separation.adapters import caches, packages
from sepstudio.separation.adapters.channels import grouped, ungrouped
from sepstudio.separation.adapters.overlapping import Grid, Pass, merged_steps
from sepstudio.separation.adapters.stretches import levels, stems_of
from sepstudio.separation.base import RunContext

ADAPTED = {"demucs": "demucs", "openunmix": "openunmix"}


@pytest.fixture
def bare(monkeypatch):
    plug_ins.without_packages(monkeypatch)
    yield
    plug_ins.forget()


@pytest.fixture
def installed(monkeypatch):
    plug_ins.with_packages(monkeypatch)
    yield
    plug_ins.unload()


@pytest.mark.filterwarnings("error")
def test_without_their_packages_the_methods_are_quietly_absent(bare):
    assert not set(ADAPTED) & set(registry.methods())
    assert {key: one.package for key, one in registry.missing_methods().items()} == ADAPTED


@pytest.mark.parametrize("method", ADAPTED)
def test_the_command_line_says_in_one_line_what_to_install(bare, method, tmp_path, capsys):
    soundfile.write(tmp_path / "song.wav", np.zeros((800, 2)), 8000)
    assert main(["separate", method, str(tmp_path / "song.wav"), "-o", str(tmp_path / "out")]) == 2
    written = capsys.readouterr()
    (line,) = written.err.splitlines()
    assert line.startswith(f"sepstudio: method {method}: ")
    assert "is not installed" in line
    assert f"{sys.executable} -m pip install {ADAPTED[method]}" in line
    assert not (tmp_path / "out").exists()
    assert main(["separate", method]) == 2
    assert "is not installed" in capsys.readouterr().err


def test_a_script_is_told_too(bare):
    with pytest.raises(MissingToolError, match="Open-Unmix runs in the package openunmix"):
        registry.separate("openunmix", np.zeros((2, 100)), 8000)


def test_with_their_packages_the_methods_are_there_and_nothing_is_loaded(installed):
    assert set(ADAPTED) < set(registry.methods())
    assert dict(registry.missing_methods()) == {}
    assert not {name.partition(".")[0] for name in plug_ins.loaded()} - {"torchaudio"}
    script = "import sys; from sepstudio.separation.registry import methods; methods(); print(*sys.modules)"
    search = f"import sys; sys.path.insert(0, {str(plug_ins.FOLDER)!r}); "
    told = subprocess.run([sys.executable, "-c", search + script], capture_output=True, text=True, check=True)
    assert not {"torch", "demucs", "openunmix", "scipy.signal"} & set(told.stdout.split())


def test_a_folder_of_that_name_is_no_package(tmp_path, monkeypatch):
    (tmp_path / "somenet").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not packages.is_installed("somenet")
    (tmp_path / "somenet" / "__init__.py").touch()
    assert packages.is_installed("somenet")
    assert not packages.is_installed("nonet")


@pytest.mark.parametrize("problem", ["raise OSError('libc10_cuda.so: cannot open')", "import nothing_such"])
def test_a_package_that_cannot_be_loaded_is_named_with_the_reason(problem, tmp_path, monkeypatch):
    (tmp_path / "brokennet.py").write_text(problem)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        MissingToolError, match=r"brokennet cannot be loaded: .*(libc10_cuda|nothing_such).*pip install"
    ):
        packages.load("brokennet", "brokennet")


def test_the_hub_keeps_files_by_branch(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert caches.hub_file("someone/Net", "net.safetensors") is None
    root = tmp_path / "hub" / "models--someone--Net"
    for revision in ("aaa", "bbb"):
        (root / "snapshots" / revision).mkdir(parents=True)
        (root / "snapshots" / revision / "net.safetensors").touch()
    assert caches.hub_file("someone/Net", "net.safetensors").parent.name == "aaa"
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("bbb")
    assert caches.hub_file("someone/Net", "net.safetensors").parent.name == "bbb"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "else"))
    assert caches.hub_file("someone/Net", "net.safetensors") is None


@pytest.mark.parametrize("sign", "-_")
def test_a_file_that_is_not_what_its_name_says_is_refused(sign, tmp_path):
    announced = hashlib.sha256(b"weights").hexdigest()[:8]
    path = tmp_path / f"bass{sign}{announced}.pth"
    path.write_bytes(b"weights")
    assert caches.checked_hash(path).startswith(announced)
    path.write_bytes(b"weight")
    with pytest.raises(CheckpointError, match="damaged"):
        caches.checked_hash(path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        caches.checked_hash(tmp_path / "absent.pth")


def test_several_files_have_one_hash():
    assert caches.joint_hash(["aa"]) == "aa"
    assert caches.joint_hash(["aa", "bb"]) not in {caches.joint_hash(["bb", "aa"]), "aa"}


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_any_number_of_channels_comes_back(channels, width, rng):
    block = rng.standard_normal((channels, 7)).astype(np.float32)
    groups = grouped(block, width)
    assert groups.shape == (-(-channels // width), width, 7)
    estimates = np.stack([groups, -2 * groups], axis=1)
    np.testing.assert_allclose(ungrouped(estimates, channels), np.stack([block, -2 * block]))


class Halves:
    """Splits into a part and the rest, linearly, and keeps where it was asked."""

    stems = 2

    def __init__(self, gain=0.25):
        self.gain = gain
        self.asked = []

    def steps(self, source, start, stop):
        self.asked.append((start, stop))
        yield
        block = source.read(start, stop)
        return np.stack([block * np.float32(self.gain), block * np.float32(1 - self.gain)])


def merged(source, passes, grid):
    fractions, blocks = zip(*merged_steps(source, passes, grid), strict=True)
    assert list(fractions) == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    return np.concatenate([block for block in blocks if block is not None], axis=-1)


@pytest.mark.parametrize("length", [1, 99, 100, 101, 1234])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.9])
def test_stretches_make_the_whole(length, overlap, rng):
    source = AudioClip(rng.standard_normal((2, length)), 8000)
    network = Halves()
    found = merged(source, [Pass(network, (1.0, 1.0))], Grid.overlapping(100, overlap))
    np.testing.assert_allclose(found, np.stack([0.25 * source.samples, 0.75 * source.samples]), atol=1e-5)
    assert max(stop - start for start, stop in network.asked) <= 100


def test_passes_are_averaged_with_the_weights_of_their_stems(rng):
    source = AudioClip(rng.standard_normal((1, 777)), 8000)
    first, second = Halves(0.0), Halves(1.0)
    passes = [Pass(first, (1.0, 3.0)), Pass(second, (3.0, 0.0), shift=130), Pass(second, (0.0, 0.0), shift=7)]
    found = merged(source, passes, Grid.overlapping(100, 0.25))
    np.testing.assert_allclose(found, np.stack([0.75 * source.samples, source.samples]), atol=1e-5)
    assert first.asked[0] == (0, 100)
    assert second.asked[0] == (-130, -30)


def test_no_pass_runs_far_ahead_of_the_others(rng):
    source = AudioClip(rng.standard_normal((1, 5000)), 8000)
    waiting = [
        block.shape[-1]
        for _, block in merged_steps(
            source, [Pass(Halves(), (1.0, 1.0), s) for s in (0, 90)], Grid.overlapping(100, 0.25)
        )
        if block is not None
    ]
    assert max(waiting) <= 100


class Watched(AudioClip):
    """Knows how much was read at once."""

    longest = 0

    def _read_inside(self, start, stop):
        self.longest = max(self.longest, stop - start)
        return super()._read_inside(start, stop)


def test_nothing_is_held_that_is_longer_than_a_stretch(rng):
    mixture = Watched(rng.standard_normal((1, 4 * 11025)), 11025)
    source = at_rate(mixture, 8000)
    steps = stems_of(mixture, source, ["part", "rest"], [Pass(Halves(), (1.0, 1.0))], Grid(800, 600), RunContext())
    stems = drain(steps)
    # A stretch of 0.1 s, and what the filters of both resamplings reach beyond it.
    assert mixture.longest < 0.15 * 11025
    np.testing.assert_allclose(sum(stem.samples for stem in stems.values()), mixture.samples, atol=1e-5)
    assert np.std(stems["residual"].samples) < np.std(mixture.samples)


def test_the_level_is_measured_in_blocks(rng):
    clip = Watched(0.1 + 0.3 * rng.standard_normal((2, 10_000)), 8000)
    mean, deviation = drain(levels(clip, block_length=512))
    mono = clip.samples.mean(axis=0)
    assert (mean, deviation) == pytest.approx((mono.mean(), mono.std(ddof=1)), rel=1e-4)
    assert clip.longest == 512
