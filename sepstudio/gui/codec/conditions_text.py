"""Scenes, conditions and bit rates in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sepstudio.codec.config import CodecConfig
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.gui.panels.run_block import range_text
from sepstudio.gui.texts import duration_text
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import Convention, as_ambix, order_of
from sepstudio.separation.base import Matrix
from sepstudio.separation.codec_method import CHANNELS, ORDER
from sepstudio.separation.codec_results import rate_of
from sepstudio.session.records import Run, Source

_PCM_BITS = 16
_KILO = 1000.0


@dataclass(frozen=True)
class ConditionText:
    """What a row says: its title, details below it, and more in the tooltip; ``label`` is the user's own name."""

    title: str
    detail: str = ""
    tip: str = ""
    label: str = ""


def kbps_text(bits_per_second: float) -> str:
    """Return a rate in kbps, such as ``15.5 kbps``."""
    kbps = bits_per_second / _KILO
    return f"{kbps:.3g} kbps" if kbps < 100 else f"{kbps:.0f} kbps"


def rate_texts(config: CodecConfig, codebooks: int, sample_rate: int) -> tuple[str, str, str]:
    """Return the rate of a number of codebooks: in all, per channel, and against 16-bit samples of a scene."""
    rate = config.bits_per_second(codebooks or None)
    plain = _PCM_BITS * sample_rate * config.channels
    ratio = f"1 : {plain / rate:.0f} of {_PCM_BITS}-bit samples"
    return kbps_text(rate), f"{kbps_text(rate / config.channels)} per channel", ratio


def order_text(channels: int) -> str:
    """Return of what order a number of channels is, as ``order 3``; empty where it is no scene."""
    try:
        return f"order {order_of(channels)}" if channels > 1 else ""
    except ParameterError:
        return ""


def scene_text(source: Source) -> str:
    """Return the facts of a recording in one line."""
    kilohertz = f"{source.sample_rate / _KILO:g} kHz"
    count = f"{source.channels} channel{'s' if source.channels > 1 else ''}"
    parts = (count, order_text(source.channels), kilohertz, duration_text(source.length / source.sample_rate))
    return " · ".join(part for part in parts if part)


def scene_obstacle(clip: AudioClip, convention: Convention) -> str:
    """Return why a recording cannot be encoded, and what to do; empty where it can."""
    try:
        as_ambix(clip, convention, ORDER)
    except AudioFileError as error:
        return f"{error.what} {error.why}: {error.remedy}."
    return ""


def cut_text(channels: int) -> str:
    """Return what of a scene is not encoded, or an empty text."""
    if channels <= CHANNELS:
        return ""
    return f"Of {channels} channels ({order_text(channels)}) the first {CHANNELS} are encoded: order {ORDER}."


def decoded_text(run: Run, source: Source, matrices: Mapping[str, Matrix]) -> ConditionText:
    """Return what to say of a decoded run; ``matrices`` are its own."""
    model = _value(run.params, "model") or "usual model"
    rate = rate_of(matrices)
    parts = [kbps_text(rate)] if rate else []
    parts += _codebooks(run.params)
    where = range_text(run, source)
    tip = "\n".join([f"Model {model}", *map(str, run.provenance.get("notes", ()))])
    title = run.label or f"Decoded {run.number}"
    return ConditionText(title, " · ".join([*parts, where] if where else parts), tip, run.label)


def _codebooks(params: Any) -> list[str]:
    used, left_out = _value(params, "codebooks"), _value(params, "left_out")
    parts = [f"first {used}"] if used else []
    return [*parts, f"without {left_out}"] if left_out else parts


def _value(params: Any, name: str) -> Any:
    return params.get(name) if isinstance(params, Mapping) else getattr(params, name, None)
