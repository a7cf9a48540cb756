"""The models of the library as the window knows them: with their cards, and what of them is in memory."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from sepstudio.codec.cards import CodecCard
from sepstudio.codec.model_cards import AnyCard, read_any_card
from sepstudio.errors import CheckpointError
from sepstudio.nn.card_texts import size_text
from sepstudio.nn.library import InstalledModel, installed
from sepstudio.nn.shelf import LoadedModel


@dataclass(frozen=True)
class ModelEntry:
    """A model with its card, or with what is wrong with its file; ``loaded`` tells where it is in memory."""

    model: InstalledModel
    card: AnyCard | None = None
    problem: str = ""
    loaded: tuple[LoadedModel, ...] = ()

    @property
    def name(self) -> str:
        """What it is chosen by."""
        return self.model.name

    @property
    def key(self) -> tuple[str, bool]:
        """What tells it from all others: the user may have one of the name of one that ships."""
        return self.model.name, self.model.shipped

    @property
    def is_codec(self) -> bool:
        """Whether it encodes scenes, and does not separate recordings."""
        return isinstance(self.card, CodecCard)

    @property
    def origin(self) -> str:
        """Whether it came with the program."""
        return "Shipped" if self.model.shipped else "Own"

    @property
    def memory(self) -> str:
        """Where it is in memory and how much it takes there, empty if nowhere."""
        return ", ".join(f"{one.device}: {size_text(one.size)}" for one in self.loaded)


def library_steps() -> Generator[float, None, tuple[ModelEntry, ...]]:
    """Read the cards of all models at hand; yields the fraction done."""
    models = installed()
    entries = []
    for number, model in enumerate(models, 1):
        entries.append(_entry(model))
        yield number / len(models)
    return tuple(entries)


def with_memory(entry: ModelEntry, loaded: Sequence[LoadedModel]) -> ModelEntry:
    """Return an entry with what is in memory of it now."""
    path = entry.model.path.resolve()
    return ModelEntry(entry.model, entry.card, entry.problem, tuple(one for one in loaded if one.path == path))


def _entry(model: InstalledModel) -> ModelEntry:
    try:
        return ModelEntry(model, read_any_card(model.path))
    except CheckpointError as error:
        return ModelEntry(model, problem=f"{error.why}; {error.remedy}")
