"""Phase features: closed forms, an independent reading in double precision, real music, silence, blocks, tensors."""

import tracemalloc

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp import phase_derivatives, phase_features, stft
from sepstudio.dsp.phase import KINDS, spectrum_peak
from sepstudio.dsp.phase_stream import PhaseStream, stream_phase_features
from sepstudio.dsp.stft import frame_span, transform_frames
from sepstudio.errors import ParameterError
from sepstudio.io.audio import open_audio, read_audio
from sepstudio.io.clip import AudioClip

SIZES = {"fft_size": 4096, "hop_size": 1024}
SMALL = {"fft_size": 256, "hop_size": 64}
PI = np.pi


def wrapped(angle):
    """The angle in [-pi, pi)."""
    return (angle + PI) % (2 * PI) - PI


def apart(a, b):
    """The largest difference of angles, modulo a turn."""
    return np.abs(wrapped(np.asarray(a, np.float64) - b)).max()


def noise(*shape, seed=0):
    """Noise, float32."""
    return (0.1 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def spectrum(*shape, seed=0):
    """A random spectrum, complex64."""
    return noise(*shape, 2, seed=seed).view(np.complex64)[..., 0]


def tone(bins, length=40_000, fft_size=4096):
    """A sinusoid at a number of bins, not always whole."""
    return (0.5 * np.cos(2 * PI * bins * np.arange(length) / fft_size + 0.3)).astype(np.float32)


def read_formulas(x, fft_size, hop_size):
    """Levels, raw phases and both corrected derivatives [bins, frames], read from the paper in double precision."""
    padded = np.pad(np.asarray(x, np.float64), fft_size // 2)
    starts = range(0, len(padded) - fft_size + 1, hop_size)
    window = 0.5 - 0.5 * np.cos(2 * PI * np.arange(fft_size) / fft_size)
    frames = np.stack([np.fft.fft(padded[n : n + fft_size] * window)[: fft_size // 2 + 1] for n in starts], axis=1)
    phase = np.angle(frames)
    k = np.arange(fft_size // 2 + 1)[:, np.newaxis]
    time = wrapped(np.diff(phase, axis=1) - 2 * PI * (k * hop_size % fft_size) / fft_size)
    frequency = wrapped(np.diff(phase, axis=0) - PI)
    return np.abs(frames), phase, time, frequency


def peak_of_histogram(values):
    """The middle of the fullest bin of a histogram of angles, in quarter turns."""
    counts, edges = np.histogram(values, 64, (-PI, PI))
    # The fullest bin among bins that go round: -pi and pi are one place.
    smooth = counts + np.roll(counts, 1) + np.roll(counts, -1)
    return (edges[smooth.argmax()] + PI / 64) / (PI / 2)


@pytest.mark.parametrize("bin_index", [5, 200, 201, 202, 203, 2000])
def test_a_sinusoid_on_a_bin_stands_still(bin_index):
    dt, _ = phase_derivatives(tone(bin_index), **SIZES)
    assert dt.dtype == np.float32
    assert np.abs(dt[bin_index, 4:-4]).max() <= 1e-6
    # The neighbours hear the same sinusoid, a bin away from theirs.
    assert apart(dt[bin_index - 1, 4:-4], PI / 2) <= 1e-4
    assert apart(dt[bin_index + 1, 4:-4], -PI / 2) <= 1e-4


@pytest.mark.parametrize("bins", [201.3, 77.5, 1000.9, 12.01])
def test_a_sinusoid_between_bins_turns_by_its_distance(bins):
    dt, _ = phase_derivatives(tone(bins), **SIZES)
    k = np.arange(np.ceil(bins - 1.9), np.floor(bins + 1.9) + 1).astype(int)
    expected = 2 * PI * (bins - k) * 1024 / 4096
    assert apart(dt[k, 4:-4], expected[:, np.newaxis]) <= 1e-3
    if bins == 201.3:
        assert np.allclose(dt[201, 4:-4], 0.4712, atol=1e-4)


@pytest.mark.parametrize(("delay", "value"), [(-300, 0.4602), (0, 0.0), (500, -0.7670)])
def test_an_impulse_tells_how_far_it_is_from_the_centre(delay, value):
    x = np.zeros(20 * 1024, np.float32)
    x[8 * 1024 + delay] = 1.0
    dt, df = phase_derivatives(x, **SIZES)
    assert np.abs(df[1:, 8] - value).max() <= 1e-4
    assert apart(df[1:, 8], -2 * PI * delay / 4096) <= 2e-6
    # The frame after has it a hop earlier; in time it does not move at all.
    assert apart(df[1:, 9], -2 * PI * (delay - 1024) / 4096) <= 2e-6
    assert apart(dt[:, 9], 0.0) <= 2e-6


def assert_shifts(dt, df, dt_corrected, df_corrected):
    """The shifts of a transform with 75 % overlap are there before the correction, and gone after it."""
    width = 4 / 64 * 1.5
    quarters = np.arange(1, dt.shape[-2] - 1) % 4
    for residue, quarter in enumerate([0.0, 1.0, -2.0, -1.0]):
        rows = 1 + np.flatnonzero(quarters == residue)
        found = peak_of_histogram(dt[..., rows, 1:]) - quarter
        assert abs((found + 2) % 4 - 2) <= width
        assert abs(peak_of_histogram(dt_corrected[..., rows, 1:])) <= width
    assert abs(abs(peak_of_histogram(df[..., 1:, :])) - 2.0) <= width
    assert abs(peak_of_histogram(df_corrected[..., 1:, :])) <= width


def test_the_shifts_of_noise_are_where_they_should_be_and_gone_after_correction():
    x = noise(44_100 * 12)
    dt, df = phase_derivatives(x, **SIZES, corrected=False)
    corrected = phase_derivatives(x, **SIZES)
    assert_shifts(dt, df, *corrected)
    # The circular means, of all bins but the real ones.
    turns = [np.angle(np.exp(1j * dt[4 + residue : -4 : 4, 1:]).mean()) for residue in range(4)]
    assert np.abs(np.exp(1j * np.array(turns)) - np.array([1, 1j, -1, -1j])).max() <= 0.05
    assert apart(np.angle(np.exp(1j * df[1:, 2:-2]).mean()), PI) <= 0.05
    for values in corrected:
        assert abs(np.angle(np.exp(1j * values[1:-1, 2:-2]).mean())) <= 0.05


@pytest.mark.parametrize("piece", ["eif_lithium", "rendered_dm14"])
def test_the_shifts_of_music_are_where_they_should_be_and_gone_after_correction(shared_data, piece):
    clip = open_audio(shared_data / "multitracks" / piece / "mixture.flac")
    X = stft(clip.read(5 * 44_100, 17 * 44_100), **SIZES)
    assert_shifts(
        *(values for corrected in (False, True) for values in phase_features(X, hop_size=1024, corrected=corrected))
    )


def test_double_precision_reads_the_same_formulas():
    x = noise(60_000) + tone(201.3, 60_000) + tone(44.7, 60_000)
    level, phase, time, frequency = read_formulas(x, **SIZES)
    X = stft(x, **SIZES)
    ours = phase_features(X, hop_size=1024, kinds=KINDS)
    assert ours.shape == (3, *level.shape)
    assert ours.dtype == np.float32
    loud = level > 1e-3 * level.max(axis=0)
    assert loud.mean() > 0.9
    assert apart(ours[0][loud], phase[loud]) <= 1e-4
    assert apart(ours[1][:, 1:][loud[:, 1:] & loud[:, :-1]], time[loud[:, 1:] & loud[:, :-1]]) <= 1e-4
    assert apart(ours[2][1:][loud[1:] & loud[:-1]], frequency[loud[1:] & loud[:-1]]) <= 1e-4
    dt, df = phase_derivatives(x, **SIZES)
    assert np.array_equal(dt, ours[1])
    assert np.array_equal(df, ours[2])


def test_double_precision_reads_the_same_formulas_in_music(shared_data):
    x = read_audio(shared_data / "multitracks" / "rendered_dm14" / "mixture.flac").read(441_000, 441_000 + 88_200)[0]
    level, _, time, frequency = read_formulas(x, **SIZES)
    dt, df = phase_derivatives(x, **SIZES)
    loud = level > 1e-3 * level.max(axis=0)
    assert loud.mean() > 0.05
    assert apart(dt[:, 1:][loud[:, 1:] & loud[:, :-1]], time[loud[:, 1:] & loud[:, :-1]]) <= 1e-4
    assert apart(df[1:][loud[1:] & loud[:-1]], frequency[loud[1:] & loud[:-1]]) <= 1e-4


@pytest.mark.parametrize("hop_size", [1024, 700])
def test_librosas_spectra_have_the_same_phases(hop_size):
    x = noise(2, 50_000)
    theirs = librosa.stft(
        x.astype(np.float64), n_fft=4096, hop_length=hop_size, pad_mode="constant", dtype=np.complex128
    )
    ours = phase_features(stft(x, fft_size=4096, hop_size=hop_size), hop_size=hop_size, kinds=KINDS)
    loud = np.abs(theirs) > 1e-2 * np.abs(theirs).max()
    assert apart(ours[0][loud], np.angle(theirs)[loud]) <= 1e-4
    # Theirs are taken as they are: centring moves frames, not the origin of phases.
    of_theirs = phase_features(theirs, hop_size=hop_size)
    both = loud[:, :, 1:] & loud[:, :, :-1]
    assert apart(ours[1][..., 1:][both], of_theirs[0][..., 1:][both]) <= 1e-4
    both = loud[:, 1:] & loud[:, :-1]
    assert apart(ours[2][:, 1:][both], of_theirs[1][:, 1:][both]) <= 1e-4


def test_every_angle_is_right():
    angles = np.linspace(-PI, PI, 1_000_001)[:-1]
    points = np.exp(1j * angles).astype(np.complex64).reshape(2, -1)
    found = phase_features(points, hop_size=1, kinds=("phase",))[0]
    assert apart(found, np.angle(points.astype(np.complex128))) <= 3e-7
    axes = np.array([[1, 1 + 1j, 1j, -1 + 1j], [-1, -1 - 1j, -1j, 1 - 1j]], np.complex64)
    found = phase_features(axes, hop_size=1, kinds=("phase",))[0]
    assert np.allclose(found / (PI / 4), [[0, 1, 2, 3], [-4, -3, -2, -1]], rtol=2e-7, atol=0.0)


@settings(max_examples=40)
@given(
    st.integers(1, 60),
    st.integers(1, 100),
    st.booleans(),
    st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    st.integers(0, 99),
)
def test_differences_of_a_spectrum_are_those_of_its_phases(half, hop, corrected, kinds, seed):
    hop_size = min(hop, 2 * half)
    X = spectrum(2, half + 1, 7, seed=seed)
    phase = np.angle(X.astype(np.complex128))
    time, frequency = np.zeros_like(phase), np.zeros_like(phase)
    shift = 2 * PI * np.arange(half + 1)[:, np.newaxis] * hop_size / (2 * half)
    time[..., 1:] = np.diff(phase, axis=-1) - shift * corrected
    frequency[:, 1:] = np.diff(phase, axis=-2) - PI * corrected
    expected = {"phase": phase, "time": time, "frequency": frequency}
    found = phase_features(X, hop_size=hop_size, kinds=kinds, corrected=corrected)
    assert found.shape == (len(kinds), *X.shape)
    assert found.min() >= np.float32(-PI)
    assert found.max() < np.float32(PI)
    for kind, values in zip(kinds, found, strict=True):
        assert apart(values, expected[kind]) <= 2e-6


def test_the_shift_of_high_bins_is_exact():
    # One sinusoid per row: the products of bin and hop reach 5e8, where float32 knows no fractions of a turn.
    half, hop_size = 32_768, 16_383
    k = np.arange(half + 1)
    turns = (k * hop_size % (2 * half)) / (2 * half)
    X = np.exp(2j * PI * np.stack([np.zeros(half + 1), turns, 2 * turns], axis=1)).astype(np.complex64)
    dt, _ = phase_features(X, hop_size=hop_size)
    assert np.abs(dt).max() <= 1e-6


def test_nothing_is_before_the_first_frame_and_below_the_first_bin():
    for corrected in (False, True):
        dt, df = phase_derivatives(noise(2, 5000), **SMALL, corrected=corrected)
        assert not dt[..., 0].any()
        assert not df[:, 0].any()
        assert dt[:, 1:-1, 1].all()
        assert df[:, 1, 5:-5].all()


def test_the_bins_of_real_numbers_turn_by_half():
    X = stft(noise(9000), **SMALL)
    ends = X[[0, -1]]
    assert not ends.imag.any()
    phase, dt = phase_features(X, hop_size=64, kinds=("phase", "time"))[:, [0, -1]]
    half_turn = np.float32(-PI)
    assert np.array_equal(phase, np.where(ends.real < 0, half_turn, 0))
    changed = np.diff(np.sign(ends.real)) != 0
    assert changed.any()
    assert apart(dt[:, 1:], np.where(changed, half_turn, 0)) <= 1e-6


def test_silence_is_zero():
    for corrected in (False, True):
        for values in phase_derivatives(np.zeros((2, 5000), np.float32), **SMALL, corrected=corrected):
            assert values.shape == (2, 129, 79)
            assert not values.any()
    assert not phase_features(np.zeros((3, 4), np.complex64), hop_size=1, kinds=KINDS, reference=0.0).any()
    assert not phase_features(np.zeros((3, 4), np.complex64), hop_size=1, kinds=KINDS, reference=1.0).any()


def test_a_gap_is_zero_and_so_is_what_it_would_be_compared_with():
    x = noise(2, 9000)
    x[0, 3000:6000] = 0.0
    X = stft(x, **SMALL)
    silent = np.abs(X) == 0.0
    assert silent.sum() > 1000
    phase, dt, df = phase_features(X, hop_size=64, kinds=KINDS, corrected=False)
    after, above = silent[..., 1:] | silent[..., :-1], silent[:, 1:] | silent[:, :-1]
    assert np.array_equal(phase[:, 1:-1] == 0.0, silent[:, 1:-1])
    assert np.array_equal(dt[:, 1:-1, 1:] == 0.0, after[:, 1:-1])
    assert np.array_equal(df[:, 1:] == 0.0, above)


@pytest.mark.parametrize("gain", [2.0**-100, 1.0, 2.0**60])
def test_silence_is_relative_to_the_loudest_point_of_all_channels(gain):
    X = np.full((2, 3, 4), 1e-3 * (1 + 1j), np.complex64)
    X[0, 2, 3] = 1.0
    X[1, 1, 1] = 1.01e-7
    X[1, 1, 2] = 0.99e-7j
    X = X * np.float32(gain)
    (phase,) = phase_features(X, hop_size=1, kinds=("phase",))
    assert phase[1, 1, 2] == 0.0
    assert np.isclose(phase[1, 0, 2], PI / 4)
    (louder,) = phase_features(X * -1, hop_size=1, kinds=("phase",), reference=100 * gain)
    assert louder[1, 1, 1] == 0.0
    assert np.isclose(louder[1, 0, 2], -3 * PI / 4)
    (quieter,) = phase_features(X, hop_size=1, kinds=("phase",), reference=0.1 * gain)
    assert np.isclose(quieter[1, 1, 2], PI / 2)
    assert spectrum_peak(X) == pytest.approx(gain)


def test_gain_changes_nothing():
    X = stft(noise(2, 9000), **SMALL)
    expected = phase_features(X, hop_size=64, kinds=KINDS)
    for gain in (2.0**-90, 2.0**50):
        assert np.array_equal(phase_features(X * np.float32(gain), hop_size=64, kinds=KINDS), expected)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 1300), min_size=1, max_size=6), st.booleans(), st.integers(1, 3))
def test_blocks_of_frames_have_the_features_of_the_whole_to_the_last_bit(blocks, corrected, threads):
    X = spectrum(2, 9, sum(blocks))
    whole = phase_features(X, hop_size=5, kinds=KINDS, corrected=corrected, threads=1)
    stream = PhaseStream(
        hop_size=5, kinds=KINDS, reference=spectrum_peak(X, threads=threads), corrected=corrected, threads=threads
    )
    ends = np.cumsum(blocks)
    parts = [stream.push(X[..., b - n : b]) for n, b in zip(blocks, ends, strict=True)]
    assert np.array_equal(np.concatenate(parts, axis=-1), whole)


def test_a_block_may_be_overwritten_after_it_was_pushed():
    X = spectrum(2, 9, 30)
    stream = PhaseStream(hop_size=4, reference=spectrum_peak(X))
    buffer, parts = np.empty((2, 9, 10), np.complex64), []
    for k in range(0, 30, 10):
        buffer[:] = X[..., k : k + 10]
        parts.append(stream.push(buffer))
        buffer[:] = 0.0
    assert np.array_equal(np.concatenate(parts, axis=-1), phase_features(X, hop_size=4))


@pytest.mark.parametrize(("length", "block"), [(0, 7), (300, 1), (5011, 7), (30_011, 77), (30_011, 10_000)])
@pytest.mark.parametrize("hop_size", [64, 128])
def test_a_recording_read_in_parts_has_the_features_of_the_whole_to_the_last_bit(length, block, hop_size):
    x = noise(2, length)
    clip = AudioClip(x, 44_100)
    parts = list(stream_phase_features(clip, fft_size=256, hop_size=hop_size, block=block))
    assert np.array_equal(np.concatenate(parts, axis=-1), phase_derivatives(x, fft_size=256, hop_size=hop_size))
    given_level = {"fft_size": 256, "hop_size": hop_size, "reference": 3e5, "corrected": False}
    parts = list(stream_phase_features(clip, block=block, **given_level))
    assert np.array_equal(np.concatenate(parts, axis=-1), phase_derivatives(x, **given_level))


def test_a_file_read_in_parts_has_the_features_of_the_whole_to_the_last_bit(shared_data):
    clip = open_audio(shared_data / "multitracks" / "eif_lithium" / "mixture.flac")
    parts = list(stream_phase_features(clip, **SIZES, block=333))
    whole = phase_derivatives(clip.read(0, clip.length), **SIZES)
    assert all(np.array_equal(np.concatenate([part[k] for part in parts], axis=-1), whole[k]) for k in (0, 1))


def test_any_stretch_can_be_computed_alone():
    x = noise(2, 20_000)
    X = stft(x, **SMALL)
    level = spectrum_peak(X)
    whole = phase_features(X, hop_size=64, kinds=KINDS)
    padded = np.pad(x, ((0, 0), (128, 128)))
    start, stop = frame_span(99, 150, **SMALL)
    stretch = transform_frames(padded[:, start + 128 : stop + 128], **SMALL)
    options = {"hop_size": 64, "kinds": KINDS, "reference": level}
    part = phase_features(stretch[..., 1:], before=stretch[..., 0], **options)
    assert np.array_equal(part, whole[..., 100:150])


def test_long_recordings_take_no_more_memory():
    def peak_of(length):
        clip = AudioClip(noise(1, length), 44_100)
        tracemalloc.start()
        for _ in stream_phase_features(clip, **SMALL, block=64):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak_of(10_000)  # compiles
    longer = 700_000
    # A tenth of the further samples: what the collector has not taken yet may differ, 80 kB were seen.
    assert peak_of(100_000 + longer) - peak_of(100_000) < 0.1 * longer * np.float32().nbytes


def test_leading_axes_are_kept_and_input_is_not_changed():
    X = spectrum(2, 3, 9, 11)
    kept = X.copy()
    features = phase_features(X, hop_size=4, reference=1.0)
    assert features.shape == (2, 2, 3, 9, 11)
    assert np.array_equal(features[:, 1, 2], phase_features(X[1, 2], hop_size=4, reference=1.0))
    strided = np.asfortranarray(X)[..., ::2]
    assert np.array_equal(
        phase_features(strided, hop_size=4), phase_features(np.ascontiguousarray(strided), hop_size=4)
    )
    assert np.array_equal(X, kept)
    assert phase_features(X[..., :0], hop_size=4).shape == (2, 2, 3, 9, 0)
    x = noise(2000).tolist()
    assert np.array_equal(phase_derivatives(x, **SMALL), phase_derivatives(np.float32(x), **SMALL))


def test_tensors_of_the_processor_have_the_same_features_to_the_last_bit():
    torch = pytest.importorskip("torch")
    x = noise(2, 9000)
    for ours, expected in zip(
        phase_derivatives(torch.from_numpy(x).requires_grad_(), **SMALL), phase_derivatives(x, **SMALL), strict=True
    ):
        assert isinstance(ours, torch.Tensor)
        assert np.array_equal(ours.numpy(), expected)
    X = stft(x, **SMALL)
    tensor = torch.from_numpy(X).conj()
    assert np.array_equal(
        phase_features(tensor, hop_size=64, kinds=KINDS).numpy(), phase_features(X.conj(), hop_size=64, kinds=KINDS)
    )
    stream = PhaseStream(hop_size=64, reference=spectrum_peak(tensor))
    parts = torch.cat([stream.push(tensor[..., :50]), stream.push(tensor[..., 50:])], dim=-1)
    assert torch.equal(parts, phase_features(tensor, hop_size=64))


def assert_alike(x, device):
    """What torch computes on a device is what the processor's loops compute, in blocks to the last bit."""
    import torch

    from sepstudio.dsp.phase import PhasePlan
    from sepstudio.dsp.phase_tensors import tensor_features, tensor_peak, tensor_stft

    X = stft(x, **SMALL)
    on_device = tensor_stft(torch.as_tensor(x, device=device), **SMALL)
    assert on_device.device.type == torch.device(device).type
    assert np.abs(on_device.cpu().numpy() - X).max() <= 1e-6 * np.abs(X).max()
    X[..., 40:43] = 0.0
    same = torch.as_tensor(X, device=device)
    level = tensor_peak(same)
    assert level == pytest.approx(spectrum_peak(X), rel=1e-6)
    for corrected in (False, True):
        plan = PhasePlan(129, hop_size=64, kinds=KINDS, corrected=corrected)
        found = tensor_features(same, plan, level, None)
        expected = phase_features(X, hop_size=64, kinds=KINDS, corrected=corrected)
        values = found.cpu().numpy()
        assert values.dtype == np.float32
        assert apart(values, expected) <= 3e-6
        assert np.array_equal(values == 0.0, expected == 0.0)
        assert values.min() >= np.float32(-PI)
        assert values.max() < np.float32(PI)
        part = tensor_features(same[..., 60:90], plan, level, same[..., 59])
        assert apart(part.cpu().numpy(), values[..., 60:90]) <= 1e-6
    with pytest.raises(ParameterError, match="hop_size"):
        tensor_stft(torch.as_tensor(x, device=device), fft_size=256, hop_size=129)


def test_torchs_own_operations_come_to_the_same_features():
    pytest.importorskip("torch")
    assert_alike(noise(2, 9000), "cpu")


@pytest.mark.cuda
def test_a_gpu_comes_to_the_same_features():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    x = noise(2, 9000)
    assert_alike(x, "cuda")
    loud = np.abs(stft(x, **SMALL)) > 1e-2
    for ours, expected in zip(
        phase_derivatives(torch.as_tensor(x, device="cuda"), **SMALL), phase_derivatives(x, **SMALL), strict=True
    ):
        assert ours.device.type == "cuda"
        assert np.quantile(np.abs(wrapped(ours.cpu().numpy() - expected))[loud], 0.99) <= 1e-3
    X = torch.as_tensor(stft(x, **SMALL), device="cuda")
    stream = PhaseStream(hop_size=64, reference=spectrum_peak(X))
    parts = torch.cat([stream.push(X[..., :50]), stream.push(X[..., 50:])], dim=-1)
    assert torch.equal(parts, phase_features(X, hop_size=64))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"hop_size": 0}, "hop_size"),
        ({"hop_size": 17}, "hop_size"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": ("time", "time")}, "kinds"),
        ({"kinds": ("pitch",)}, "kinds"),
        ({"reference": -1.0}, "reference"),
        ({"reference": np.nan}, "reference"),
        ({"reference": np.inf}, "reference"),
        ({"before": np.zeros(9, np.complex64)}, "before"),
        ({"spectrum": np.zeros((9, 4), np.float32)}, "spectrum"),
        ({"spectrum": np.zeros(9, np.complex64)}, "spectrum"),
        ({"spectrum": np.zeros((1, 4), np.complex64)}, "spectrum"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given, named):
    with pytest.raises(ParameterError, match=named):
        phase_features(**({"spectrum": spectrum(2, 9, 4), "hop_size": 4} | given))


@pytest.mark.parametrize(
    ("sizes", "named"), [((255, 64), "fft_size"), ((256, 0), "hop_size"), ((256, 129), "hop_size")]
)
def test_impossible_sizes_are_refused_by_name(sizes, named):
    given = dict(zip(("fft_size", "hop_size"), sizes, strict=True))
    with pytest.raises(ParameterError, match=named):
        phase_derivatives(noise(1000), **given)
    with pytest.raises(ParameterError, match=named):
        list(stream_phase_features(AudioClip(noise(1, 1000), 44_100), **given))
    with pytest.raises(ParameterError, match="block"):
        list(stream_phase_features(AudioClip(noise(1, 1000), 44_100), **SMALL, block=0))
    with pytest.raises(ParameterError, match="reference"):
        PhaseStream(hop_size=64, reference=np.nan)
