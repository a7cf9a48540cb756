"""Phase features of a spectrum: instantaneous frequency and group delay, without the shifts of the transform.

After Muth, Uhlich, Perraudin, Kemp, Cardinaux and Mitsufuji, "Improving DNN-based music source
separation using phase features" (2018), sections 2.2 to 2.4, with N = ``fft_size``, n0 = ``hop_size``
and the phase phi(k, m) of bin k and frame m:

- ``time``       phi(k, m) - phi(k, m - 1) - 2 pi k n0 / N      (eq. 5a, 7): 0 for a sinusoid on bin k,
  2 pi (f - k) n0 / N for one at f bins
- ``frequency``  phi(k, m) - phi(k - 1, m) - pi                 (eq. 5b): 0 for what is centred in the
  frame, -2 pi d / N for what comes d samples after the centre
- ``phase``      phi(k, m) itself, never corrected

each wrapped to [-pi, pi) after everything is combined (eq. 8).

**Where phases begin.** The phase refers to the first sample of each frame, as that of ``stft``,
``librosa.stft`` and ``torch.stft`` does: ``center=True`` moves frames, not the origin of their
phases. Hence pi in ``frequency``, the centre being N / 2 samples after the origin. Spectra with
another origin (frames rotated to their centres, or the start of the file) must not be given.

**Sign.** The paper *adds* 2 pi k n0 / N; its eq. 6 has the sign of a transform with exp(+j). With
the usual exp(-j) this would leave pi on every odd bin, so it is subtracted, as ``k n0 mod N`` in integers.

**Silence.** A point is silent where its magnitude is below 1e-7 of a reference: the largest
magnitude over all channels, bins and frames unless another one is given. A phase is 0 where
its point is silent, and a difference where either of its points is: it would measure noise.
What lies before the first frame and below the first bin counts as silent, so ``time`` is 0 in
frame 0 and ``frequency`` in bin 0. ``phase_stream`` computes parts that agree with the whole.

**Bin 0 and bin N / 2** are real: phase 0 or -pi. They are treated as all others.

**Precision.** float32, within 1e-6 of the phases of the given spectrum. The float32 transform
adds about 1e-7 of the level of its frame to every bin, hence about 1e-4 radians to
what is 60 dB below that level. With less than 75 % overlap ``time`` is ambiguous in the
main lobe of a sinusoid, 2 bins to each side.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.stft import stft
from sepstudio.errors import ParameterError

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]
PhaseFeature = Literal["phase", "time", "frequency"]

KINDS: tuple[PhaseFeature, ...] = ("phase", "time", "frequency")
DERIVATIVES: tuple[PhaseFeature, ...] = ("time", "frequency")
SILENCE = 1e-7


@overload
def phase_derivatives(
    x: npt.ArrayLike,
    *,
    fft_size: int,
    hop_size: int,
    corrected: bool = ...,
    reference: float | None = ...,
    threads: int = ...,
) -> tuple[Floats, Floats]: ...
@overload
def phase_derivatives(
    x: torch.Tensor,
    *,
    fft_size: int,
    hop_size: int,
    corrected: bool = ...,
    reference: float | None = ...,
    threads: int = ...,
) -> tuple[torch.Tensor, torch.Tensor]: ...
def phase_derivatives(
    x: Any,
    *,
    fft_size: int,
    hop_size: int,
    corrected: bool = True,
    reference: float | None = None,
    threads: int = 2,
) -> tuple[Any, Any]:
    """Return the derivatives of the phase of a signal along time and frequency.

    Conventions, edges and silence are described in ``sepstudio.dsp.phase``.

    Parameters
    ----------
    x : float array or torch tensor [..., samples]
        Zeros are assumed outside. A tensor is transformed on its own device.
    fft_size, hop_size : int
        Samples, as for ``stft``.
    corrected : bool
        Whether the shifts of the transform are subtracted, so that what is stationary and
        centred gives 0.
    reference : float, optional
        Magnitude of the spectrum below 1e-7 of which features are 0; its maximum if None.

    Returns
    -------
    dt, df : float32 arrays or tensors [..., fft_size // 2 + 1, frames]
        Radians per hop and per bin, in [-pi, pi).

    Raises
    ------
    ParameterError
        For sizes out of range, a single number, and a reference that is negative or not finite.
    """
    if _on_device(x):
        from sepstudio.dsp.phase_tensors import tensor_stft

        spectrum: Any = tensor_stft(x, fft_size=fft_size, hop_size=hop_size)
    else:
        samples = x.detach() if is_tensor(x) else x
        spectrum = _like(stft(samples, fft_size=fft_size, hop_size=hop_size, threads=threads), x)
    dt, df = phase_features(spectrum, hop_size=hop_size, corrected=corrected, reference=reference, threads=threads)
    return dt, df


def phase_features(
    spectrum: Any,
    *,
    hop_size: int,
    kinds: Sequence[PhaseFeature] = DERIVATIVES,
    corrected: bool = True,
    reference: float | None = None,
    before: Any = None,
    threads: int = 2,
) -> Any:
    """Return phase features of a spectrum that exists.

    Parameters
    ----------
    spectrum : complex array or torch tensor [..., bins, frames]
        As ``stft`` returns it: bins 0 to N / 2, phases from the first sample of each frame.
        Finite values; doubles are rounded to complex64. Tensors give no gradients.
    hop_size : int
        Samples between frames, 1 to N.
    kinds : sequence of {"phase", "time", "frequency"}
        Which features, in this order.
    corrected : bool
        Whether the shifts are subtracted from the differences. ``phase`` is the same either way.
    reference : float, optional
        Magnitude below 1e-7 of which points are silent; the largest of the spectrum if None.
        Parts of a recording agree with the whole only if all are given the same.
    before : complex array or tensor [..., bins], optional
        The frame before the first one; without it ``time`` is 0 in the first frame.

    Returns
    -------
    float32 array or tensor [kinds, ..., bins, frames], radians in [-pi, pi): ``dt, df =
    phase_features(X, hop_size=1024)`` unpacks it. On the processor a point has the same
    value, bit for bit, in whatever part of the spectrum it is computed.

    Raises
    ------
    ParameterError
        For values out of range, unknown kinds, and shapes that do not fit.
    """
    x: Any = spectrum if is_tensor(spectrum) else np.asarray(spectrum)
    if x.ndim < 2 or x.shape[-2] < 2 or not (x.is_complex() if is_tensor(x) else np.iscomplexobj(x)):
        raise ParameterError("spectrum", (tuple(x.shape), str(x.dtype)), "a complex array [..., bins, frames]")
    plan = PhasePlan(x.shape[-2], hop_size=hop_size, kinds=kinds, corrected=corrected)
    before = before if before is None or is_tensor(before) else np.asarray(before)
    if before is not None and tuple(before.shape) != tuple(x.shape[:-1]):
        raise ParameterError("before", tuple(before.shape), f"a frame {list(x.shape[:-1])}")
    level = spectrum_peak(x, threads=threads) if reference is None else checked_reference(reference)
    if _on_device(x):
        from sepstudio.dsp.phase_tensors import tensor_features

        return tensor_features(x, plan, level, before)
    return _like(_array_features(_array(x), plan, level, None if before is None else _array(before), threads), x)


def spectrum_peak(spectrum: Any, *, threads: int = 2) -> float:
    """Return the largest magnitude of a spectrum [..., bins, frames]; the maximum over parts is that of the whole."""
    if _on_device(spectrum):
        from sepstudio.dsp.phase_tensors import tensor_peak

        return tensor_peak(spectrum)
    from sepstudio.dsp.phase_kernels import energy_peaks

    x = _array(spectrum)
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    peaks = np.zeros(len(rows))
    over_rows(lambda a, b: energy_peaks(rows, peaks, a, b), 0, len(rows), threads)
    return float(np.sqrt(peaks.max(initial=0.0)))


class PhasePlan:
    """Which features of a spectrum of some size are wanted, and what is subtracted from them.

    ``shifts`` float32 [bins] and ``tilt`` are for the differences along time and frequency, in [-pi, pi).
    """

    def __init__(self, bins: int, *, hop_size: int, kinds: Sequence[PhaseFeature], corrected: bool) -> None:
        size = 2 * (bins - 1)
        if not 1 <= hop_size <= size:
            raise ParameterError("hop_size", hop_size, f"between 1 and the FFT size ({size})")
        if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(KINDS):
            raise ParameterError("kinds", tuple(kinds), "some of " + ", ".join(KINDS) + ", each once")
        self.kinds = tuple(kinds)
        samples = (np.arange(bins) * hop_size + size // 2) % size - size // 2
        self.shifts = (2 * np.pi / size * samples * corrected).astype(np.float32)
        self.tilt = np.float32(-np.pi * corrected)

    @staticmethod
    def threshold(reference: float) -> float:
        """Return the magnitude below which a point is silent."""
        return SILENCE * reference


def checked_reference(reference: float) -> float:
    """Return a reference level, or raise ParameterError if it is none."""
    if not 0.0 <= reference < np.inf:
        raise ParameterError("reference", reference, "a magnitude, finite and at least 0")
    return float(reference)


def _array_features(x: Complex, plan: PhasePlan, reference: float, before: Complex | None, threads: int) -> Floats:
    from sepstudio.dsp.phase_kernels import feature_rows

    first = np.zeros(x.shape[:-1], np.complex64) if before is None else before
    out = np.empty((len(plan.kinds), *x.shape), np.float32)
    channels = math.prod(x.shape[:-2])
    flat, flat_first = x.reshape(channels, *x.shape[-2:]), first.reshape(channels, x.shape[-2], 1)
    flat_out = out.reshape(len(plan.kinds), *flat.shape)
    slots = tuple(plan.kinds.index(kind) if kind in plan.kinds else -1 for kind in KINDS)
    # In units of the threshold: the energies of very quiet recordings would vanish in float32.
    threshold = plan.threshold(reference)
    usable = threshold > 1.0 / float(np.finfo(np.float32).max)
    scale, floor = np.float32(1.0 / threshold if usable else 1.0), np.float32(usable)
    given = (scale, floor, plan.shifts, plan.tilt, slots, flat_out)
    for channel in range(channels):
        work = functools.partial(feature_rows, flat, flat_first, *given, channel)
        over_rows(work, 0, x.shape[-2], threads)
    return out


def _array(x: Any) -> Complex:
    """Return an array or a tensor of the processor as complex64, contiguous, copied only if it must be."""
    return np.ascontiguousarray(x.detach().resolve_conj().numpy() if is_tensor(x) else x, np.complex64)


def _like(result: npt.NDArray[Any], given: Any) -> Any:
    """Return an array as a tensor if a tensor was given."""
    return sys.modules["torch"].from_numpy(result) if is_tensor(given) else result


def is_tensor(x: object) -> bool:
    """Whether something is a tensor of torch, which is not imported to find out."""
    # Who gives a tensor has imported torch, which takes seconds.
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def _on_device(x: Any) -> bool:
    return is_tensor(x) and x.device.type != "cpu"
