"""The models at hand: those that ship with the program, and the user's own, by name. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.failures import display_name, write_failure
from sepstudio.paths import data_dir, resource

SUFFIX = ".safetensors"
DEFAULT_MODEL = "phase-small"
LONGEST_NAME = 80

_FORBIDDEN = frozenset('/\\:*?"<>|')


@dataclass(frozen=True)
class InstalledModel:
    """A model that can be chosen by its name, which is that of its file; ``shipped`` with the program or the user's."""

    name: str
    path: Path
    shipped: bool


def own_folder() -> Path:
    """Return the folder of the user's models; it need not exist yet."""
    return data_dir() / "models"


def installed() -> tuple[InstalledModel, ...]:
    """Return the models at hand by name, shipped ones first; whether their files are sound is not looked at."""
    try:
        shipped = _models(resource("models"), shipped=True)
    except FileNotFoundError:
        shipped = []
    return (*shipped, *_models(own_folder(), shipped=False))


def find_model(name_or_path: str, fits: Callable[[Path], bool] = Path.exists) -> Path:
    """Return the file of a model.

    Parameters
    ----------
    name_or_path : str
        Name of a model at hand, whatever its case, or the path of a file; "" for the one that is the default.
    fits : callable
        Which of those at hand are offered if there is none of that name.

    Raises
    ------
    CheckpointError
        If there is neither a model of that name nor a file; it says what is at hand.
    """
    models = installed()
    name = (name_or_path or DEFAULT_MODEL).removesuffix(SUFFIX)
    # What the user put there goes first: only a later version of the program can have brought another of that name.
    for model in reversed(models):
        if model.name.casefold() == name.casefold() and (model.shipped or name_or_path):
            return model.path
    if name_or_path and _is_file(name_or_path):
        return Path(name_or_path)
    what = display_name(Path(name_or_path)) if name_or_path else f"the default model {DEFAULT_MODEL}"
    names = ", ".join(dict.fromkeys(model.name for model in models if fits(model.path)))
    at_hand = f"choose {names}" if names else "no model is installed: import or download one"
    raise CheckpointError(what, "is neither an installed model nor a file of one", f"{at_hand}, or name a file")


def own_model(name: str) -> InstalledModel:
    """Return a model of the user's by its name.

    Raises CheckpointError if there is none, or only one that ships with the program.
    """
    found = [model for model in installed() if model.name.casefold() == name.casefold()]
    if not found:
        raise CheckpointError(name, "is not installed", "see which models are: sepstudio models list")
    if found[-1].shipped:
        raise CheckpointError(name, "ships with the program", "only models that you have added can be deleted")
    return found[-1]


def delete_model(name: str) -> None:
    """Delete a model of the user's; raises CheckpointError as ``own_model``, or if the file cannot be deleted."""
    model = own_model(name)
    try:
        model.path.unlink()
    except OSError as error:
        what, why, remedy = write_failure(model.path, error)
        raise CheckpointError(what, why.replace("written", "deleted"), remedy) from error


def usable_name(name: str) -> str:
    """Return a name for a model without spaces around it; raises ParameterError if no file can be called that."""
    name = " ".join(name.split()).removesuffix(SUFFIX)
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name[0] == "." or _FORBIDDEN & set(name):
        raise ParameterError("name", name, f"of 1 to {LONGEST_NAME} characters that names of files may have")
    return name


def is_taken(name: str) -> bool:
    """Return whether a model at hand has a name, whatever its case."""
    return name.casefold() in {model.name.casefold() for model in installed()}


def free_name(name: str) -> str:
    """Return a name that no model at hand has: this one, or this one with a number."""
    number, candidate = 1, name
    while is_taken(candidate):
        number += 1
        candidate = f"{name} {number}"
    return candidate


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # a name that is too long for the system
        return False


def _models(folder: Path, *, shipped: bool) -> list[InstalledModel]:
    return [InstalledModel(path.name.removesuffix(SUFFIX), path, shipped) for path in _files(folder)]


def _files(folder: Path) -> Iterable[Path]:
    try:
        found = [path for path in folder.iterdir() if path.name.endswith(SUFFIX) and not path.name.startswith(".")]
    except OSError:
        return []
    return sorted(found, key=lambda path: path.stem.casefold())
