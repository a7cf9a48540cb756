"""The files of Open-Unmix models: where they lie, and how the networks are made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.separation.adapters.caches import torch_checkpoints
from sepstudio.separation.adapters.packages import load, python_command

MUSIC = (44100, 4096, 1024)


@dataclass(frozen=True)
class Pretrained:
    """A published model: the file of every target, its rate, FFT and hop, and the terms of its weights."""

    targets: Mapping[str, str]
    transform: tuple[int, int, int]
    licence: str


PRETRAINED = {
    "umxl": Pretrained(
        {
            "vocals": "vocals-bccbd9aa.pth",
            "drums": "drums-69e0ebd4.pth",
            "bass": "bass-2ca1ce51.pth",
            "other": "other-c8c5b3e6.pth",
        },
        MUSIC,
        "CC BY-NC-SA 4.0, not for commercial use",
    ),
    "umxhq": Pretrained(
        {
            "vocals": "vocals-b62c91ce.pth",
            "drums": "drums-9619578f.pth",
            "bass": "bass-8d85a5bd.pth",
            "other": "other-b52fbbf7.pth",
        },
        MUSIC,
        "terms at zenodo.org/records/3370489",
    ),
    "umx": Pretrained(
        {
            "vocals": "vocals-c8df74a5.pth",
            "drums": "drums-5a48008b.pth",
            "bass": "bass-646024d3.pth",
            "other": "other-f8e132cc.pth",
        },
        MUSIC,
        "terms at zenodo.org/records/3370486",
    ),
    "umxse": Pretrained(
        {"speech": "speech_f5e0d9f9.pth", "noise": "noise_04a6fc2d.pth"},
        (16000, 1024, 512),
        "terms at zenodo.org/records/3786908",
    ),
}


@dataclass(frozen=True)
class Files:
    """The file of every target of a model, and the rate in Hz, FFT and hop in samples that it works with."""

    name: str
    paths: Mapping[str, Path]
    sample_rate: int
    fft_size: int
    hop_size: int
    licence: str = ""

    @property
    def note(self) -> str:
        """What was used, in words, for the provenance of a run."""
        files = ", ".join(path.name for path in self.paths.values())
        return f"model {self.name} ({files})" + (f", weights {self.licence}" if self.licence else "")


def find_files(name: str, targets: Sequence[str]) -> Files:
    """Find the files of a model in the cache of the user, or in a folder.

    Parameters
    ----------
    name : str
        Of a published model, such as ``umxl``, or the path of a folder with ``separator.json`` and, for every target,
        ``TARGET.json`` and ``TARGET.pth``, as the training of the package writes it.
    targets : sequence of str
        Which are wanted; none for all.

    Raises
    ------
    ParameterError
        If there is no such model or target.
    CheckpointError
        If its files have not been fetched, or are not what they should be.
    """
    folder = Path(name).expanduser()
    if name in PRETRAINED:
        return _published(name, targets)
    if not folder.is_dir():
        known = ", ".join(PRETRAINED)
        raise ParameterError("model", name, f"one of {known}, or a folder with separator.json")
    # A folder holds the description of every target beside its weights.
    there = sorted(path.stem for path in folder.glob("*.json") if path.stem != "separator")
    paths = {target: _weights(folder, target) for target in _wanted(targets, there)}
    try:
        described = json.loads((folder / "separator.json").read_text(encoding="utf-8"))
        rate, fft_size, hop_size = (int(described[key]) for key in ("sample_rate", "nfft", "nhop"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder / 'separator.json'} cannot be used",
            f"it must name sample_rate, nfft and nhop ({error})",
            "choose a folder that the training of Open-Unmix has written",
        ) from error
    return Files(folder.name, paths, rate, fft_size, hop_size)


def _wanted(targets: Sequence[str], there: Sequence[str]) -> Sequence[str]:
    for target in targets:
        if target not in there:
            raise ParameterError("targets", target, "one of " + ", ".join(there))
    return targets or there


def _published(name: str, targets: Sequence[str]) -> Files:
    model = PRETRAINED[name]
    paths = {target: torch_checkpoints() / model.targets[target] for target in _wanted(targets, tuple(model.targets))}
    absent = [path.name for path in paths.values() if not path.is_file()]
    if absent:
        raise CheckpointError(
            f"the weights of Open-Unmix {name} ({model.licence}) are not on this computer",
            f"{', '.join(absent)} must be in {torch_checkpoints()}",
            f"if these terms suit you, fetch them: {python_command('-c', f'import openunmix; openunmix.{name}()')}",
        )
    return Files(name, paths, *model.transform, model.licence)


def _weights(folder: Path, target: str) -> Path:
    found = sorted({*folder.glob(f"{target}.pth"), *folder.glob(f"{target}-*.pth")})
    if not found:
        raise CheckpointError(f"{folder} lacks weights", f"there is no {target}.pth in it", "choose another folder")
    return found[0]


def load_network(path: Path) -> Any:
    """Return the network of one target, in memory of the processor and ready to estimate.

    Raises
    ------
    CheckpointError
        If the file does not hold the weights of a network of Open-Unmix.
    MissingToolError
        If the package cannot be loaded.
    """
    import torch

    model = load("openunmix.model", "openunmix")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        bins, outputs = state["input_mean"].shape[0], state["output_mean"].shape[0]
        hidden, inputs = state["fc1.weight"].shape
        network = model.OpenUnmix(
            nb_bins=outputs,
            nb_channels=inputs // bins,
            hidden_size=hidden,
            nb_layers=sum(name.startswith("lstm.weight_hh") and not name.endswith("reverse") for name in state),
            unidirectional="lstm.weight_hh_l0_reverse" not in state,
            max_bin=bins,
        )
        # Not strict: published files also hold the window of their transform.
        missing, _ = network.load_state_dict(state, strict=False)
    except Exception as error:  # torch and its unpickler raise whatever comes
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise CheckpointError(f"{path} is no network of Open-Unmix", why, "fetch it again or choose another") from error
    if missing:
        raise CheckpointError(f"{path} is incomplete", f"it lacks {missing[0]}", "fetch it again or choose another")
    network.freeze()
    return network
