"""Models that are in memory: each is loaded once for a device, and stays until it is put away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

if TYPE_CHECKING:
    from sepstudio.nn.phase_models import PhaseModel


class Sized(Protocol):
    """A model of any kind."""

    @property
    def size(self) -> int:
        """Bytes that its weights take."""


Model = TypeVar("Model", bound=Sized)
Loader = Callable[[Path, str], Model]


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: its file, ``"cpu"`` or ``"cuda:N"``, and the bytes that its weights take there."""

    path: Path
    device: str
    size: int


@dataclass
class _Place:
    """Where one model of one device is, or will be as soon as the thread that loads it is done."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    model: Sized | None = None
    identity: tuple[int, int] = (0, 0)
    size: int = 0


class ModelShelf:
    """Keeps models that were loaded, by file and device; safe to use from several threads.

    A file that has changed since is read anew. A run goes on with the model that it was given, even if
    that is put away meanwhile.
    """

    def __init__(self, loader: Loader[Any] | None = None) -> None:
        self._loader = loader or _load
        self._lock = threading.Lock()
        self._places: dict[tuple[Path, str], _Place] = {}

    @overload
    def load(self, path: Path, device: str) -> PhaseModel: ...

    @overload
    def load(self, path: Path, device: str, loader: Loader[Model]) -> Model: ...

    def load(self, path: Path, device: str, loader: Loader[Any] | None = None) -> Any:
        """Return a model, read from its file unless it is here already.

        ``loader`` reads those of another kind than ``nn.phase_models``. Raises CheckpointError as it does; the file
        may be another thread's to read, which is waited for.
        """
        key = (path.resolve(), device)
        with self._lock:
            place = self._places.setdefault(key, _Place())
        with place.lock:
            identity = _identity(path)
            if place.model is None or place.identity != identity:
                try:
                    place.model = (loader or self._loader)(path, device)
                except BaseException:
                    self._forget(key, place)
                    raise
                place.identity, place.size = identity, cast(Sized, place.model).size
                with self._lock:
                    # Meanwhile it may have been put away, or given up by a thread that could not read the file.
                    self._places.setdefault(key, place)
            return place.model

    def loaded(self) -> tuple[LoadedModel, ...]:
        """Return what is in memory, in the order in which it was asked for."""
        with self._lock:
            return tuple(
                LoadedModel(path, device, place.size)
                for (path, device), place in self._places.items()
                if place.model is not None
            )

    def unload(self, path: Path | None = None, device: str | None = None) -> int:
        """Put models away: those of a file, of a device, or all; returns the bytes that runs no longer need."""
        wanted = path.resolve() if path is not None else None
        with self._lock:
            keys = [
                (file, place)
                for file, place in self._places
                if wanted in (None, file) and device in (None, place) and self._places[file, place].model is not None
            ]
            gone = [self._places.pop(key) for key in keys]
        freed = sum(place.size for place in gone)
        gone.clear()
        if any(place.startswith("cuda") for _, place in keys):
            _return_memory()
        return freed

    def _forget(self, key: tuple[Path, str], place: _Place) -> None:
        with self._lock:
            if self._places.get(key) is place:
                del self._places[key]


def _load(path: Path, device: str) -> PhaseModel:
    # Loads torch, which a list of models must not.
    from sepstudio.nn.phase_models import load_model

    return load_model(path, device=device)


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _return_memory() -> None:
    import torch

    # Torch keeps freed memory of a GPU for itself; other programs see it only after this.
    torch.cuda.empty_cache()
