"""Transform and inverse: reconstruction everywhere, scale and phase, other libraries, blocks."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp import istft, stft
from sepstudio.dsp.stft import Synthesis, frame_count, frame_span, hann, transform_frames
from sepstudio.errors import ParameterError

RECONSTRUCTION = 1e-6


def noise(*shape, seed=0):
    """Full-scale noise, float32."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, shape).astype(np.float32)


@st.composite
def sizes(draw):
    """An FFT size, a hop up to half of it, and a length from nothing to some frames."""
    fft_size = 2 * draw(st.integers(8, 300))
    hop_size = draw(st.integers(max(fft_size // 16, 1), fft_size // 2))
    return fft_size, hop_size, draw(st.integers(0, 5 * fft_size))


@settings(max_examples=150, deadline=None)
@given(sizes())
def test_every_sample_comes_back_at_any_size(drawn):
    fft_size, hop_size, length = drawn
    x = noise(length)
    spectrum = stft(x, fft_size=fft_size, hop_size=hop_size)
    assert spectrum.dtype == np.complex64
    assert spectrum.shape == (fft_size // 2 + 1, frame_count(length, fft_size=fft_size, hop_size=hop_size))
    y = istft(spectrum, fft_size=fft_size, hop_size=hop_size, length=length)
    assert y.dtype == np.float32
    assert y.shape == x.shape
    assert np.abs(y - x).max(initial=0.0) <= RECONSTRUCTION


@pytest.mark.parametrize(("fft_size", "hop_size"), [(4096, 1024), (4096, 2048), (2048, 256), (1000, 333), (64, 16)])
@pytest.mark.parametrize("length", [0, 1, 15, 1024, 30_011])
def test_edges_come_back_at_usual_sizes(fft_size, hop_size, length):
    x = np.ones((2, length), np.float32)
    y = istft(
        stft(x, fft_size=fft_size, hop_size=hop_size), fft_size=fft_size, hop_size=hop_size, length=length, threads=1
    )
    assert np.abs(y - x).max(initial=0.0) <= RECONSTRUCTION


@pytest.mark.filterwarnings("ignore:n_fft=1024 is too large")
@pytest.mark.parametrize("hop_size", [256, 100, 171])
@pytest.mark.parametrize("length", [1, 700, 5000, 5120])
def test_librosa_transforms_alike(hop_size, length):
    x = noise(2, length)
    ours = stft(x, fft_size=1024, hop_size=hop_size)
    theirs = librosa.stft(
        x.astype(np.float64), n_fft=1024, hop_length=hop_size, pad_mode="constant", dtype=np.complex128
    )
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-6 * np.abs(theirs).max()


def test_torch_transforms_alike():
    torch = pytest.importorskip("torch")
    x = noise(2, 6000)
    theirs = torch.stft(
        torch.as_tensor(x, dtype=torch.float64),
        1024,
        256,
        window=torch.hann_window(1024, dtype=torch.float64),
        center=True,
        pad_mode="constant",
        return_complex=True,
    ).numpy()
    ours = stft(x, fft_size=1024, hop_size=256)
    assert np.abs(ours - theirs).max() <= 1e-6 * np.abs(theirs).max()


def test_librosa_inverts_a_changed_spectrum_alike():
    spectrum = stft(noise(2, 5000), fft_size=1024, hop_size=256)
    spectrum[:, 100:300] *= noise(200, spectrum.shape[2], seed=1)
    ours = istft(spectrum, fft_size=1024, hop_size=256, length=5000)
    theirs = librosa.istft(spectrum.astype(np.complex128), n_fft=1024, hop_length=256, length=5000, dtype=np.float64)
    assert np.abs(ours - theirs).max() <= RECONSTRUCTION


@pytest.mark.parametrize("bin_index", [5, 64, 500])
def test_a_full_scale_tone_on_a_bin_has_a_quarter_of_the_fft_size(bin_index):
    time = np.arange(20_000)
    tone = np.cos(2 * np.pi * bin_index * time / 1024).astype(np.float32)
    magnitude = np.abs(stft(tone, fft_size=1024, hop_size=256))
    inner = magnitude[:, 4:-4]
    assert np.allclose(inner[bin_index], 1024 / 4, rtol=1e-5)
    # The Hann window has three lines: the neighbours carry half, all else nothing.
    assert np.allclose(inner[[bin_index - 1, bin_index + 1]], 1024 / 8, rtol=1e-4)
    assert np.delete(inner, [bin_index - 1, bin_index, bin_index + 1], axis=0).max() <= 1e-3


def test_phase_refers_to_the_first_sample_of_a_frame():
    x = np.zeros(4096, np.float32)
    x[2048 + 3] = 1.0
    # Frame 8 is centred on sample 2048 and begins half a frame earlier: the click is its sample 128 + 3.
    frame = stft(x, fft_size=256, hop_size=256 // 2)[:, 16]
    expected = hann(256)[131] * np.exp(-2j * np.pi * np.arange(129) * 131 / 256)
    assert np.allclose(frame, expected, atol=1e-5)


def test_frames_are_centred_on_multiples_of_the_hop():
    assert frame_span(0, 1, fft_size=1024, hop_size=256) == (-512, 512)
    assert frame_span(3, 5, fft_size=1024, hop_size=256) == (256, 1536)
    assert frame_count(0, fft_size=1024, hop_size=256) == 1
    assert frame_count(1024, fft_size=1024, hop_size=256) == 5
    assert frame_count(1025, fft_size=1024, hop_size=512) == 4


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 150), st.integers(0, 9000), st.sampled_from([64, 100, 128]), st.integers(0, 2**32 - 1))
def test_synthesis_in_blocks_is_the_same_to_the_last_bit(block, length, hop_size, seed):
    spectrum = stft(noise(2, length, seed=seed), fft_size=256, hop_size=hop_size)
    spectrum *= noise(1, *spectrum.shape[1:], seed=seed + 1)
    whole = istft(spectrum, fft_size=256, hop_size=hop_size, length=length)
    synthesis = Synthesis(2, length, fft_size=256, hop_size=hop_size)
    parts = [synthesis.push(spectrum[..., k : k + block]) for k in range(0, spectrum.shape[2], block)]
    parts.append(synthesis.finish())
    assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("first", [0, 7, 40])
def test_frames_of_a_segment_are_those_of_the_whole(first):
    x = noise(2, 20_000)
    whole = stft(x, fft_size=512, hop_size=128)
    start, stop = frame_span(first, first + 50, fft_size=512, hop_size=128)
    segment = np.pad(x, ((0, 0), (256, 256)))[:, start + 256 : stop + 256]
    part = transform_frames(segment, fft_size=512, hop_size=128)
    assert np.array_equal(part, whole[..., first : first + 50])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(threads):
    x = noise(3, 20_000)
    one = stft(x, fft_size=512, hop_size=128, threads=1)
    assert np.array_equal(stft(x, fft_size=512, hop_size=128, threads=threads), one)
    y = istft(one, fft_size=512, hop_size=128, length=20_000, threads=1)
    assert np.array_equal(istft(one, fft_size=512, hop_size=128, length=20_000, threads=threads), y)


def test_leading_axes_are_kept_and_input_is_not_changed():
    x = noise(2, 3, 1000)
    before = x.copy()
    spectrum = stft(x, fft_size=256, hop_size=64)
    assert spectrum.shape == (2, 3, 129, 16)
    assert np.array_equal(spectrum[1, 2], stft(x[1, 2], fft_size=256, hop_size=64))
    kept = spectrum.copy()
    y = istft(spectrum, fft_size=256, hop_size=64, length=1000)
    assert y.shape == x.shape
    assert np.array_equal(x, before)
    assert np.array_equal(spectrum, kept)


def test_lists_and_double_precision_are_taken():
    x = noise(1000)
    expected = stft(x, fft_size=256, hop_size=64)
    assert np.array_equal(stft(x.tolist(), fft_size=256, hop_size=64), expected)
    assert np.array_equal(stft(x.astype(np.float64), fft_size=256, hop_size=64), expected)
    y = istft(expected.astype(np.complex128), fft_size=256, hop_size=64, length=1000)
    assert y.dtype == np.float32
    assert np.abs(y - x).max() <= RECONSTRUCTION


@pytest.mark.parametrize(
    ("fft_size", "hop_size", "named"),
    [(0, 1, "fft_size"), (255, 64, "fft_size"), (-4, 1, "fft_size"), (256, 0, "hop_size"), (256, 129, "hop_size")],
)
def test_impossible_sizes_are_refused_by_name(fft_size, hop_size, named):
    with pytest.raises(ParameterError, match=named):
        stft(np.zeros(1000), fft_size=fft_size, hop_size=hop_size)
    with pytest.raises(ParameterError, match=named):
        istft(np.zeros((129, 4), np.complex64), fft_size=fft_size, hop_size=hop_size, length=10)


@pytest.mark.parametrize("shape", [(129, 4), (513, 4), (257,), ()])
def test_a_spectrum_of_another_fft_size_is_refused(shape):
    with pytest.raises(ParameterError, match=r"spectrum must be .*257"):
        istft(np.zeros(shape, np.complex64), fft_size=512, hop_size=128, length=400)


def test_a_single_number_is_no_signal():
    with pytest.raises(ParameterError, match="x"):
        stft(np.float32(1.0), fft_size=256, hop_size=64)
