"""The codecs among the models at hand."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from sepstudio.codec.cards import CodecCard, read_codec_card
from sepstudio.codec.config import CodecConfig
from sepstudio.errors import CheckpointError
from sepstudio.nn.library import installed
from sepstudio.separation.codec_method import CHANNELS


@dataclass(frozen=True)
class CodecModel:
    """A codec that can be chosen by its name."""

    name: str
    card: CodecCard

    @property
    def config(self) -> CodecConfig:
        """What its network is made of."""
        return self.card.description.config

    @property
    def summary(self) -> str:
        """What it says of itself."""
        return self.card.description.summary


def codec_model_steps() -> Generator[float, None, tuple[CodecModel, ...]]:
    """Read the cards of all codecs for scenes; of several of one name the user's counts. Yields the fraction done."""
    models = installed()
    found: dict[str, CodecModel] = {}
    for number, model in enumerate(models, 1):
        try:
            card = read_codec_card(model.path)
        except CheckpointError:
            # Another kind of model, or one that the Models tab tells to be damaged.
            pass
        else:
            if card.description.config.channels == CHANNELS:
                found[model.name] = CodecModel(model.name, card)
        yield number / len(models)
    return tuple(found.values())
