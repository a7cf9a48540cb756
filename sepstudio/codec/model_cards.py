"""Cards of all kinds of models that the library holds, and what people read of them. Nothing here loads torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sepstudio.codec.cards import KIND, CodecCard
from sepstudio.codec.cards import card_of as codec_card_of
from sepstudio.nn import card_texts
from sepstudio.nn.checkpoints import CheckpointHeader
from sepstudio.nn.model_kinds import ModelKinds
from sepstudio.nn.phase_cards import PHASE_KINDS, ModelCard
from sepstudio.nn.phase_cards import card_of as phase_card_of

AnyCard = ModelCard | CodecCard

_WIDENED = {"replicate": "identical kernels", "level": "level-matched", "mean": "mean of the channels"}


def any_card_of(header: CheckpointHeader, path: Path, size: int) -> AnyCard:
    """Return the card of a header that was read from a file of some size; CheckpointError if it does not fit."""
    return codec_card_of(header, path, size) if header.kind == KIND else phase_card_of(header, path, size)


ALL_MODELS = ModelKinds((*PHASE_KINDS, KIND), any_card_of)


def read_any_card(path: Path) -> AnyCard:
    """Return what the file of a model of any kind says of itself.

    Raises CheckpointError if it cannot be read, is damaged, or is no such file.
    """
    return ALL_MODELS.read(path)


def about(card: AnyCard) -> str:
    """Return in a few words what a model does: the instruments that it finds, or channels and rate of a codec."""
    if isinstance(card, ModelCard):
        return ", ".join(card.instruments)
    config = card.description.config
    return f"codec, {card_texts.channels_text(config.channels)}, {_kbps(config.bits_per_second())}"


def card_rows(card: AnyCard) -> tuple[tuple[str, str], ...]:
    """Return what a card says beside summary and figures, each with its title."""
    if isinstance(card, ModelCard):
        return card_texts.card_rows(card)
    config, widening = card.description.config, card.description.widening
    rate = config.bits_per_second()
    strides = "·".join(map(str, config.encoder_rates))
    rows = [
        ("Kind", "Codec: recordings to codes and back"),
        ("Recordings", f"{config.sample_rate} Hz, {card_texts.channels_text(config.channels)}"),
        ("Rate", f"{_kbps(rate)}, {_kbps(rate / config.channels)} for each channel"),
        ("Codebooks", f"{config.codebooks} of {config.codebook_size} entries, {_kbps(config.bits_per_second(1))} each"),
        ("Frames", f"{config.hop_size} samples, {config.frame_rate:.2f} a second"),
        (
            "Network",
            f"encoder {config.encoder_dim} ({strides}), latent {config.latent_dim}, decoder {config.decoder_dim}",
        ),
    ]
    if widening is not None:
        rows.append(("Widened", f"from a mono model, {_WIDENED[widening.mode]}: {widening.source_sha256[:12]}"))
    return (*rows, *card_texts.file_rows(card))


def card_json(card: AnyCard) -> dict[str, Any]:
    """Return a card as JSON values; sizes in bytes, rates in Hz and bits per second."""
    if isinstance(card, ModelCard):
        return {"kind": "phase model"} | card_texts.card_json(card)
    config = card.description.config
    values = card.description.to_json()
    return {
        "kind": KIND,
        "title": card.name,
        "summary": card.summary,
        "sample_rate": config.sample_rate,
        "channels": config.channels,
        "bits_per_second": config.bits_per_second(),
        "parameters": card.parameters,
        "size": card.size,
        "sha256": card.sha256,
        "provenance": card.provenance.to_json(),
        "network": values["network"],
        "widening": values["widening"],
    }


def _kbps(bits_per_second: float) -> str:
    return f"{bits_per_second / 1000:.4g} kbit/s"
