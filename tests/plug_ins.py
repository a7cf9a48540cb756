"""Packages of other people in tests: a folder with the real ones, their entry points, and tiny networks of theirs."""

import json
import sys
import tomllib
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sepstudio.separation import registry

ROOT = Path(__file__).resolve().parents[1]
# Where packaging/test.sh installs what packaging/test-plug-ins.txt names.
FOLDER = Path(sys.prefix) / "test-plug-ins"
PACKAGES = ("demucs", "openunmix", "torchaudio", "einops", "julius")
SOURCES = ["drums", "bass", "other", "vocals"]
RATE = 8000
HYBRID = {"sources": SOURCES, "channels": 8, "samplerate": RATE, "segment": 1, "dconv_comp": 2, "norm_starts": 3}
TINY = {
    "HTDemucs": HYBRID | {"nfft": 512, "depth": 2, "t_layers": 1, "t_heads": 2, "bottom_channels": 8},
    "HDemucs": HYBRID | {"nfft": 256, "depth": 4},
    "Demucs": HYBRID | {"depth": 3, "lstm_layers": 1},
}


def forget():
    """Let the registry look again."""
    for remembered in (registry.methods, registry.missing_methods, registry._plug_ins):
        remembered.cache_clear()


def own_points(*, group):
    """Return the entry points as pyproject.toml has them: those that pip wrote down may be older."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [EntryPoint(name, value, group) for name, value in project["entry-points"][group].items()]


def loaded():
    return [name for name in sys.modules if name.partition(".")[0] in PACKAGES]


def without_packages(monkeypatch):
    """Let a machine have none of the packages, whatever this one has."""
    monkeypatch.setattr(registry, "entry_points", own_points)
    monkeypatch.setattr("sepstudio.separation.adapters.packages.find_spec", lambda _package: None)
    forget()


def with_packages(monkeypatch):
    """Install the real packages for one test; undo with ``unload``."""
    if not (FOLDER / ".installed").exists():
        pytest.skip("the packages that plug in are not installed: packaging/test.sh does it")
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(registry, "entry_points", own_points)
    # Open-Unmix imports it for training and resampling, which is not what the adapter asks for.
    monkeypatch.setitem(sys.modules, "torchaudio", types.ModuleType("torchaudio"))
    forget()


def unload():
    """Forget the packages, so that the next test finds them missing."""
    for name in loaded():
        sys.modules.pop(name, None)
    forget()


def tiny_demucs(kind, seed=0, **changes):
    """Return a network of a class of Demucs with random weights, at 8 kHz, for stretches of a second."""
    import importlib
    import warnings

    import torch

    torch.manual_seed(seed)
    made = getattr(importlib.import_module(f"demucs.{kind.lower()}"), kind)
    with warnings.catch_warnings():
        # Layers of one number have no spread.
        warnings.simplefilter("ignore")
        return made(**TINY[kind] | changes).eval()


def save_th(network, path):
    """Write a network as the package writes it after training."""
    import torch
    from demucs.states import get_state

    args, kwargs = network._init_args_kwargs
    state = get_state(network, None)
    torch.save({"klass": type(network), "args": args, "kwargs": kwargs, "state": state, "training_args": {}}, path)
    return path


def save_safetensors(network, path):
    """Write a network as the package publishes it."""
    from safetensors.torch import save_file

    args, kwargs = network._init_args_kwargs
    kwargs = {key: plain(value) for key, value in kwargs.items()}
    name = f"{type(network).__module__}.{type(network).__name__}"
    metadata = {"klass": name, "args": json.dumps(args), "kwargs": json.dumps(kwargs)}
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path, metadata)
    return path


def plain(value):
    if type(value).__name__ == "Fraction":
        return {"_type": "fraction", "numerator": value.numerator, "denominator": value.denominator}
    return value


def tiny_unmix(folder, targets=("bass", "drums", "vocals"), channels=2):
    """Write a model of Open-Unmix with random weights, at 8 kHz, as its training leaves it."""
    import torch
    from openunmix.model import OpenUnmix

    torch.manual_seed(1)
    folder.mkdir(parents=True)
    for target in targets:
        network = OpenUnmix(nb_bins=129, nb_channels=channels, hidden_size=8, max_bin=100)
        for norm in (network.bn1, network.bn2, network.bn3):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.0)
        torch.save(network.state_dict(), folder / f"{target}.pth")
        described = {"args": {"nfft": 256, "nb_channels": channels, "hidden_size": 8}}
        (folder / f"{target}.json").write_text(json.dumps(described))
    settings = {"sample_rate": RATE, "nfft": 256, "nhop": 64, "nb_channels": channels}
    (folder / "separator.json").write_text(json.dumps(settings))
    return folder


HALVER = """
from dataclasses import dataclass

import numpy as np

from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import MethodSpec, Progress, Provenance, Separation
from sepstudio.separation.parameters import param, to_json, validate


@dataclass(frozen=True)
class HalverParams:
    share: float = param(0.5, lo=0.0, hi=1.0, label="Share of the part")

    def __post_init__(self):
        validate(self)


def separate(mixture, params, *, context):
    yield Progress(0.5, "halving")
    part = mixture.samples * np.float32(params.share)
    rest = AudioClip(mixture.samples - part, mixture.sample_rate)
    stems = {"part": AudioClip(part, mixture.sample_rate), "rest": rest}
    return Separation(stems, Provenance("halver", to_json(params), context.seed, {}, "cpu", 0.0, 0))


METHOD = MethodSpec("halver", "Halver", "Splits by a share.", HalverParams, separate, lambda *_: 0)
"""


def install_halver(folder):
    """Write a small package with a method into a folder, with the notes that pip leaves of it."""
    notes = folder / "halver-1.0.dist-info"
    notes.mkdir(parents=True)
    (folder / "halver.py").write_text(HALVER)
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: halver\nVersion: 1.0\n")
    (notes / "entry_points.txt").write_text("[sepstudio.methods]\nhalver = halver:METHOD\n")
    return folder
