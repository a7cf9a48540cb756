"""What each codebook of a decoded scene adds: the scene decoded with more and more of them, and without each."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sepstudio.codec.codes import Codes
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.io.picked import PickedClip
from sepstudio.io.steps import part, scaled
from sepstudio.metrics.channel_scores import channel_steps
from sepstudio.metrics.mel_spectra import mel_distance_steps
from sepstudio.separation.base import Progress, staged

if TYPE_CHECKING:
    from sepstudio.codec.codec import Codec

# Frames at both ends whose neighbours are missing when only a stretch is decoded.
_MARGIN = 10
# Where parts of the work of a score end, by the time that they take.
_DECODED, _COMPARED = 0.5, 0.7


@dataclass(frozen=True)
class BookScore:
    """How near a decoded stretch comes to the scene.

    ``si_sdr`` is the mean over channels that are not silent, in dB; ``mel`` the mel distance of the first channel.
    """

    si_sdr: float
    mel: float


@dataclass(frozen=True)
class BookScores:
    """Scores with the first 1, 2, … codebooks, and without the first, the second, …; what is not known yet lacks."""

    first: tuple[BookScore, ...] = ()
    without: tuple[BookScore, ...] = ()


def stretch_of(codes: Codes, seconds: float, longest: float) -> tuple[Codes, int]:
    """Return some seconds of codes from a time on, or the last ones, and the sample at which they begin.

    Parameters
    ----------
    codes : Codes
    seconds : float
        From the beginning of the recording.
    longest : float
        In seconds.
    """
    rate = codes.config.sample_rate / codes.config.hop_size
    count = min(max(round(longest * rate), 1), codes.frames)
    first = min(max(int(seconds * rate), 0), codes.frames - count)
    # The first sample of the recording that lies in the first frame, and all that lie before the end of the last.
    per_frame = codes.config.hop_size * codes.sample_rate / codes.config.sample_rate
    begin, end = (min(round(place * per_frame), codes.length) for place in (first, first + count))
    found = codes.codes[:, first : first + count]
    length = int(min(end - begin, count * per_frame))
    return Codes(found, length, codes.sample_rate, codes.gain, codes.model_sha256, codes.config), begin


def book_steps(codec: Codec, codes: Codes, reference: AudioClip) -> Generator[Progress, None, BookScores]:
    """Decode a short stretch with the first 1, 2, … codebooks and without each of them, and measure it.

    Parameters
    ----------
    codec : Codec
        The one that made the codes.
    codes : Codes
        A few seconds.
    reference : AudioClip
        The same samples of the scene in ACN/SN3D, of as many channels as the codec has.

    Yields
    ------
    Progress
        Now and then with the scores so far in ``partial``.

    Raises
    ------
    CheckpointError
        If another model made the codes.
    """
    count = codes.codebooks
    scores = BookScores()
    # Nothing is left of a single one that is left out.
    wishes: list[tuple[int | None, int | None]] = [(number, None) for number in range(1, count + 1)]
    wishes += [(None, number) for number in range(count if count > 1 else 0)]
    for done, (codebooks, left_out) in enumerate(wishes):
        stage = f"first {codebooks}" if left_out is None else f"without {left_out + 1}"
        steps = staged(part(_score(codec, codes, reference, codebooks, left_out), done, len(wishes)), stage)
        score = yield from steps
        if left_out is None:
            scores = replace(scores, first=(*scores.first, score))
        else:
            scores = replace(scores, without=(*scores.without, score))
        yield Progress((done + 1) / len(wishes), stage, scores)
    return scores


def _score(
    codec: Codec, codes: Codes, reference: AudioClip, codebooks: int | None, left_out: int | None
) -> Generator[float, None, BookScore]:
    from sepstudio.codec.stream import decode_steps

    steps = decode_steps(codec, codes, codebooks=codebooks, left_out=left_out)
    decoded = yield from scaled(steps, 0.0, _DECODED)
    margin = _MARGIN * codes.config.hop_size * codes.sample_rate // codes.config.sample_rate
    margin = margin if 4 * margin < codes.length else 0
    inside = [excerpt(clip, margin, codes.length - margin) for clip in (reference, decoded)]
    channels = yield from scaled(channel_steps(*inside), _DECODED, _COMPARED)
    omni = (PickedClip(clip, (0,)) for clip in inside)
    mel = yield from scaled(mel_distance_steps(*omni), _COMPARED, 1.0)
    ratios = channels.si_sdr()
    known = ratios[np.isfinite(ratios)]
    return BookScore(float(known.mean()) if known.size else float("nan"), float(mel[0]))
