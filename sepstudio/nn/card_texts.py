"""What people read of a model: its card in words, the same on the command line and in the window."""

from __future__ import annotations

from typing import Any, Protocol

from sepstudio.nn.phase_cards import ModelCard
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.provenance import Provenance

_HEARS = {
    "amplitude": "amplitudes",
    "phase": "phases",
    "late": "amplitudes and phases, joined late",
    "early": "amplitudes and phases, joined at the input",
}
_KINDS = {"phase": "raw", "time": "Δt", "frequency": "Δf"}


class AnyCard(Protocol):
    """What cards of all kinds of models have: parameters are counted, the size of the file is in bytes."""

    @property
    def parameters(self) -> int: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def sha256(self) -> str: ...  # noqa: D102

    @property
    def provenance(self) -> Provenance: ...  # noqa: D102


def size_text(count: float) -> str:
    """Return a number of bytes, for example ``12.3 MB``."""
    if count < 1e6:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.2f} GB"


def card_rows(card: ModelCard) -> tuple[tuple[str, str], ...]:
    """Return what a card says beside summary and figures, each with its title."""
    return (
        ("Instruments", ", ".join(card.instruments)),
        ("Hears", hearing_text(card)),
        ("Recordings", f"{card.sample_rate} Hz, {channels_text(card.channels)}"),
        ("Spectrum", f"FFT {card.fft_size}, hop {card.hop_size}"),
        *file_rows(card),
    )


def file_rows(card: AnyCard) -> tuple[tuple[str, str], ...]:
    """Return what cards of all kinds say: size, origin and hash."""
    made = card.provenance
    # Those of the codec are counted in steps, which its figures tell.
    epochs = f"{made.epochs} epochs, " if made.epochs else ""
    training = f"{epochs}seed {made.seed}, {made.date[:10]}"
    return (
        ("Parameters", f"{card.parameters:,}".replace(",", "\u202f")),
        ("File size", size_text(card.size)),
        ("Licence", made.licence),
        ("Trained with", "; ".join(made.data_sets) or "not told"),
        ("Training", f"{training}, {made.program}" if made.program else training),
        ("SHA-256", card.sha256),
    )


def card_json(card: ModelCard) -> dict[str, Any]:
    """Return a card as JSON values; sizes in bytes, rates in Hz, lengths in samples."""
    return {
        "title": card.name,
        "summary": card.summary,
        "instruments": list(card.instruments),
        "sample_rate": card.sample_rate,
        "channels": card.channels,
        "fft_size": card.fft_size,
        "hop_size": card.hop_size,
        "parameters": card.parameters,
        "size": card.size,
        "sha256": card.sha256,
        "provenance": card.provenance.to_json(),
        "networks": [config.to_json() for config in card.configs],
    }


def hearing_text(card: ModelCard) -> str:
    """Return what the networks of a model look at."""
    return "; ".join(dict.fromkeys(map(_hearing, card.configs)))


def channels_text(channels: int) -> str:
    """Return a number of channels in words."""
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


def _hearing(config: PhaseNetworkConfig) -> str:
    kinds = " and ".join(_KINDS[kind] for kind in config.phase_kinds)
    told = _HEARS[config.inputs] + (f" ({kinds})" if kinds else "")
    return told if config.corrected or not kinds else f"{told}, uncorrected"
