"""The files of Demucs models: which belong to a name, where they lie, and how a network is made of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.separation.adapters.caches import hub_file, hub_folder, torch_checkpoints
from sepstudio.separation.adapters.packages import load, python_command

# The pretrained weights are said to be this by the author of Demucs; only its code is under the MIT licence.
LICENCE = "provided only for scientific purposes"
OWNER = "adefossez"
CLASSES = ("demucs.demucs.Demucs", "demucs.hdemucs.HDemucs", "demucs.htdemucs.HTDemucs")
# Weights in fewer bits are unpacked by diffq, which is no longer kept.
QUANTISED = ("mdx_q", "mdx_extra_q")


@dataclass(frozen=True)
class Bag:
    """The files of the networks of a model, the weight of every network for every stem, and its stretch in seconds."""

    name: str
    paths: tuple[Path, ...]
    weights: tuple[tuple[float, ...], ...] | None = None
    segment: float | None = None
    licence: str = ""

    @property
    def note(self) -> str:
        """What was used, in words, for the provenance of a run."""
        files = ", ".join(path.name for path in self.paths)
        return f"model {self.name} ({files})" + (f", weights {self.licence}" if self.licence else "")


def find_bag(name: str) -> Bag:
    """Find the files of a model in the caches of the user.

    Parameters
    ----------
    name : str
        Of a pretrained model, such as ``htdemucs``, or the path of a ``.th`` or ``.safetensors`` file.

    Raises
    ------
    ParameterError
        If there is neither a model nor a file of that name.
    CheckpointError
        If its files have not been fetched.
    """
    path = Path(name).expanduser()
    if path.suffix in (".th", ".safetensors"):
        if not path.is_file():
            raise CheckpointError(f"{path} cannot be read", "there is no such file", "check the path")
        return Bag(path.stem, (path,))
    recipes = _recipes()
    if name not in recipes:
        known = ", ".join(sorted(recipes))
        raise ParameterError("model", name, f"one of {known}, or the path of a .th or .safetensors file")
    yaml = load("yaml", "demucs")
    recipe = yaml.safe_load(recipes[name].read_text(encoding="utf-8"))
    weights = recipe.get("weights")
    return Bag(
        name=name,
        paths=tuple(_cached(name, signature) for signature in recipe["models"]),
        weights=None if weights is None else tuple(tuple(map(float, row)) for row in weights),
        segment=recipe.get("segment"),
        licence=LICENCE,
    )


def _recipes() -> dict[str, Path]:
    """Return the lists of networks of the pretrained models by name, from the package itself."""
    found = find_spec("demucs")
    roots = [Path(root) for root in (found.submodule_search_locations or ())] if found is not None else []
    paths = [path for root in roots for path in root.glob("remote/*.yaml")]
    return {path.stem: path for path in paths if path.stem not in QUANTISED}


def _cached(name: str, signature: str) -> Path:
    repository = f"{OWNER}/{load('demucs.hf', 'demucs').hf_repo_name(name)}"
    path = hub_file(repository, f"{signature}.safetensors")
    older = sorted(torch_checkpoints().glob(f"{signature}-*.th"))
    if path is None and not older:
        fetch = python_command("-c", f'from demucs.pretrained import get_model; get_model("{name}")')
        raise CheckpointError(
            f"the weights of Demucs {name} ({LICENCE}) are not on this computer",
            f"there is neither {signature}.safetensors of {repository} in {hub_folder()} "
            f"nor {signature}-*.th in {torch_checkpoints()}",
            f"if these terms suit you, fetch them: {fetch}",
        )
    return path or older[0]


def load_network(path: Path) -> Any:
    """Return the network of a file, in memory of the processor and ready to estimate.

    Raises
    ------
    CheckpointError
        If the file is damaged or holds anything but a network of Demucs.
    MissingToolError
        If the package cannot be loaded.
    """
    states = load("demucs.states", "demucs")
    try:
        package = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
        network = states.load_model({key: package[key] for key in ("klass", "args", "kwargs", "state")})
    except CheckpointError:
        raise
    except Exception as error:  # the readers and the classes of the package raise whatever comes
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise CheckpointError(f"{path} is no model of Demucs", why, "fetch it again or choose another") from error
    network.eval().requires_grad_(False)
    return network


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        about = file.metadata() or {}
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    if "structure" in about:
        raise CheckpointError(f"{path} cannot be used", "its weights are quantised", "choose a model that is not")
    return {
        "klass": _class(path, about.get("klass", "")),
        "args": _decoded(json.loads(about["args"])),
        "kwargs": _decoded(json.loads(about["kwargs"])),
        "state": state,
    }


def _class(path: Path, name: str) -> Any:
    # The name comes from the file: it must not choose what is imported.
    if name not in CLASSES:
        raise CheckpointError(f"{path} is no model of Demucs", f"it names the class {name!r}", "choose another file")
    module, _, own = name.rpartition(".")
    return getattr(load(module, "demucs"), own)


def _read_pickle(path: Path) -> dict[str, Any]:
    import torch

    classes = [getattr(load(module, "demucs"), own) for module, _, own in (name.rpartition(".") for name in CLASSES)]
    # Nothing but these classes, numbers and containers: a pickle could otherwise run anything.
    with torch.serialization.safe_globals([*classes, Fraction]):
        package: Mapping[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if package["state"].get("__quantized"):
        raise CheckpointError(f"{path} cannot be used", "its weights are quantised", "choose a model that is not")
    if package["klass"] not in classes:
        raise CheckpointError(f"{path} is no model of Demucs", "it names another class", "choose another file")
    return dict(package)


def _decoded(value: Any) -> Any:
    """Return arguments from JSON, in which a fraction is an object of its own."""
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: _decoded(item) for key, item in value.items()}
    return [_decoded(item) for item in value] if isinstance(value, list) else value


def fitting_weights(bag: Bag, networks: Sequence[Any]) -> tuple[tuple[float, ...], ...]:
    """Return the weight of every network for every stem: equal ones where the model names none."""
    return bag.weights or tuple((1.0,) * len(network.sources) for network in networks)
