"""Which checkpoints are models, and how their cards are made: what files say of themselves, read without weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from sepstudio.errors import CheckpointError
from sepstudio.io.failures import read_failure
from sepstudio.nn.checkpoints import CheckpointHeader, read_header


class Card(Protocol):
    """What the library must know of a model of any kind."""

    @property
    def sha256(self) -> str:
        """Of all weights."""


CardT = TypeVar("CardT", bound=Card, covariant=True)


@dataclass(frozen=True)
class ModelKinds(Generic[CardT]):
    """Kinds of checkpoints, and how the card of one is made of its header, its file and the bytes of that."""

    names: tuple[str, ...]
    card_of: Callable[[CheckpointHeader, Path, int], CardT]

    def read(self, path: Path) -> CardT:
        """Return the card of a file; CheckpointError if it cannot be read, is damaged, or is of another kind."""
        header = read_header(path, kind=self.names)
        try:
            return self.card_of(header, path, path.stat().st_size)
        except OSError as error:
            raise CheckpointError(*read_failure(path, error)) from error
