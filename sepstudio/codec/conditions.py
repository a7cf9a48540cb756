"""What a scene is heard through in a comparison of codecs: the reference, anchors, Opus, and the codec itself.

Nothing here loads torch before a condition of the codec is computed.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

from sepstudio.codec.cards import read_codec_card
from sepstudio.codec.library import DEFAULT_CODEC, find_codec
from sepstudio.codec.opus import OpusSettings, opus_steps
from sepstudio.dsp.anchors import LOW_ANCHOR_HZ, MID_ANCHOR_HZ
from sepstudio.errors import ParameterError
from sepstudio.io.anchors import LowPassClip, TruncatedClip
from sepstudio.io.clip import AudioClip
from sepstudio.io.levels import peak_steps, usual_gain
from sepstudio.io.scratch import StemSink
from sepstudio.io.steps import scaled
from sepstudio.nn.shelf import ModelShelf

REFERENCE, LOW_ANCHOR, MID_ANCHOR = "reference", "low-anchor", "mid-anchor"
FIRST_ORDER, W_ONLY = "first-order", "w-only"
OPUS, CODEC = "opus", "codec"
# In the order in which they are offered.
KINDS = (REFERENCE, LOW_ANCHOR, MID_ANCHOR, FIRST_ORDER, W_ONLY, OPUS, CODEC)

_CUTOFFS = {LOW_ANCHOR: LOW_ANCHOR_HZ, MID_ANCHOR: MID_ANCHOR_HZ}
_ORDERS = {FIRST_ORDER: 1, W_ONLY: 0}
_LABELS = {
    REFERENCE: "Hidden reference",
    LOW_ANCHOR: "Low anchor (low-pass 3.5 kHz)",
    MID_ANCHOR: "Mid anchor (low-pass 7 kHz)",
    FIRST_ORDER: "Spatial anchor (first order)",
    W_ONLY: "Spatial anchor (W only)",
}
_OPUS_TEXT = re.compile(r"opus:([23]):(\d{1,6})(:vbr)?")
_WRITTEN = (
    f"{', '.join(_LABELS)}, opus:FAMILY:KBIT such as opus:3:160 (with :vbr behind it for a variable rate), "
    "or codec, codec:MODEL and codec:MODEL:CODEBOOKS"
)


@dataclass(frozen=True)
class Condition:
    """A way in which scenes are changed; equal ones change them equally.

    Parameters
    ----------
    kind : str
        One of KINDS.
    opus : OpusSettings
        Of Opus.
    model : str
        Of the codec: name or file of a model, "" for the default.
    codebooks : int or None
        Of the codec: how many of the first codebooks are used, None for all.

    Raises
    ------
    ParameterError
        For another kind.
    """

    kind: str
    opus: OpusSettings = field(default_factory=OpusSettings)
    model: str = ""
    codebooks: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError("kind", self.kind, "one of " + ", ".join(KINDS))

    @classmethod
    def from_text(cls, text: str) -> Condition:
        """Return the condition that a text names, as ``text`` does; raises ParameterError if none is."""
        found = _OPUS_TEXT.fullmatch(text)
        if found:
            family, kilobits, variable = found.groups()
            return cls(OPUS, OpusSettings(1000 * int(kilobits), int(family), constant=not variable))
        kind, _, rest = text.partition(":")
        if kind == CODEC:
            model, _, count = rest.rpartition(":")
            return cls(CODEC, model=model, codebooks=int(count)) if _is_count(count) else cls(CODEC, model=rest)
        if text in _LABELS:
            return cls(text)
        raise ParameterError("condition", text, _WRITTEN)

    @property
    def text(self) -> str:
        """The condition as people write it, which ``from_text`` reads."""
        if self.kind == OPUS:
            opus = self.opus
            return f"opus:{opus.family}:{opus.bitrate // 1000}{'' if opus.constant else ':vbr'}"
        if self.kind == CODEC and self.codebooks is not None:
            return f"codec:{self.model}:{self.codebooks}"
        return f"codec:{self.model}" if self.kind == CODEC and self.model else self.kind

    @property
    def name(self) -> str:
        """A name that may be that of a file: letters of ASCII, digits and hyphens."""
        if self.kind == CODEC and self.model:
            parts = [CODEC, Path(self.model).stem, "" if self.codebooks is None else str(self.codebooks)]
            return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(filter(None, parts))).strip("-")
        return re.sub(r":+", "-", self.text)

    @property
    def label(self) -> str:
        """For people."""
        if self.kind == OPUS:
            rate = f"{self.opus.bitrate / 1000:g} kbit/s"
            return f"Opus {rate}, family {self.opus.family}{'' if self.opus.constant else ', variable rate'}"
        if self.kind == CODEC:
            books = "" if self.codebooks is None else f", {self.codebooks} codebooks"
            return f"Codec {Path(self.model).stem or DEFAULT_CODEC}{books}"
        return _LABELS[self.kind]

    @property
    def is_anchor(self) -> bool:
        """Whether it is a known degradation rather than a codec."""
        return self.kind in _CUTOFFS or self.kind in _ORDERS

    def bits_per_second(self) -> float | None:
        """Return the rate that scenes need in this condition, None where nothing is encoded or the rate varies.

        Raises
        ------
        CheckpointError
            If the model is not there or cannot be read.
        """
        if self.kind == OPUS and self.opus.constant:
            return float(self.opus.bitrate)
        if self.kind != CODEC:
            return None
        config = read_codec_card(find_codec(self.model)).description.config
        return config.bits_per_second(self.codebooks)

    def steps(
        self,
        clip: AudioClip,
        *,
        sink: StemSink | None = None,
        device: str = "auto",
        shelf: ModelShelf | None = None,
    ) -> Generator[float, None, AudioClip]:
        """Return a scene as it is in this condition, of the same length, rate, channels and level; yields progress.

        Parameters
        ----------
        clip : AudioClip
            ambiX (ACN, SN3D).
        sink : StemSink or None
            Where the samples go that a codec gives, None for memory; the other conditions are computed as they are
            read.
        device : str
            Of the codec: ``"auto"``, ``"cpu"``, ``"cuda"``, ...
        shelf : ModelShelf or None
            Where models stay that were loaded.

        Raises
        ------
        CheckpointError
            If the model is not there or cannot be read.
        MissingToolError
            If there is no libopus that knows Ambisonics.
        ParameterError
            If scenes of so many channels do not go through it.
        """
        if self.kind == OPUS:
            return (yield from opus_steps(clip, self.opus, sink=sink))
        if self.kind == CODEC:
            return (yield from self._codec_steps(clip, sink, device, shelf or ModelShelf()))
        if self.kind in _CUTOFFS:
            return LowPassClip(clip, _CUTOFFS[self.kind])
        return TruncatedClip(clip, _ORDERS[self.kind]) if self.kind in _ORDERS else clip

    def _codec_steps(
        self, clip: AudioClip, sink: StemSink | None, device: str, shelf: ModelShelf
    ) -> Generator[float, None, AudioClip]:
        # Loads torch.
        from sepstudio.codec.models import load
        from sepstudio.codec.stream import decode_steps, encode_steps

        codec = shelf.load(find_codec(self.model), device, load)
        peak = yield from scaled(peak_steps(clip), 0.0, 0.02)
        steps = encode_steps(codec, clip, codebooks=self.codebooks, gain=usual_gain(peak))
        codes = yield from scaled(steps, 0.02, 0.5)
        return (yield from scaled(decode_steps(codec, codes, sink=sink), 0.5, 1.0))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:9]) > 0


# Hirvonen and Namazi, "Compression of Higher Order Ambisonics with Multichannel RVQGAN" (2024), section 4.
PAPER_CONDITIONS = (Condition(REFERENCE), Condition(LOW_ANCHOR), Condition(OPUS), Condition(CODEC))
