"""Where stems go that come as spectra, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import Synthesis
from sepstudio.io.clip import AudioClip
from sepstudio.io.scratch import StemSink, StemWriter


@dataclass
class Output:
    """Transforms the frames of one stem back and writes them."""

    synthesis: Synthesis
    writer: StemWriter

    def push(self, image: npt.NDArray[np.complex64]) -> None:
        """Append frames [channels, bins, frames]."""
        self.writer.write(self.synthesis.push(image))

    def finish(self) -> AudioClip:
        """Append the tail and return all."""
        self.writer.write(self.synthesis.finish())
        return self.writer.finish()


def open_output(sink: StemSink, name: str, mixture: AudioClip, *, fft_size: int, hop_size: int) -> Output:
    """Return the place of a stem of a mixture, whose transform has these sizes in samples."""
    writer = sink.open(name, mixture.channels, mixture.length, mixture.sample_rate)
    return Output(Synthesis(mixture.channels, mixture.length, fft_size=fft_size, hop_size=hop_size), writer)
