"""Mel filters against librosa's, the mel loss against the reference's number and automatic differentiation."""

import numpy as np
import pytest

from sepstudio.dsp.mel import MEL_SCALES, mel_filterbank
from sepstudio.errors import ParameterError

torch = pytest.importorskip("torch")

from sepstudio.codec.mel_loss import MelLoss  # noqa: E402

# Short windows keep what is checked number by number small.
SHORT = ((16, 3), (32, 5), (256, 100))


def plain(x, y, rate, scales):
    """Return the loss written down again, for automatic differentiation."""
    total = 0.0
    for size, mels in scales:
        window = torch.hann_window(size).to(x.dtype)
        filters = torch.tensor(mel_filterbank(rate, size, mels)).to(x.dtype)
        spectra = [torch.stft(z.flatten(0, 1), size, size // 4, window=window, return_complex=True) for z in (x, y)]
        first, second = (torch.log10(torch.clamp(filters @ z.abs(), min=1e-5)) for z in spectra)
        total = total + (first - second).abs().mean()
    return total


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_filters_are_those_of_librosa(rate):
    librosa = pytest.importorskip("librosa")
    for size, mels in MEL_SCALES:
        expected = librosa.filters.mel(sr=rate, n_fft=size, n_mels=mels)
        np.testing.assert_allclose(mel_filterbank(rate, size, mels), expected, atol=1e-6 * expected.max())


@pytest.mark.parametrize(("rate", "size", "mels"), [(0, 32, 5), (44100, 33, 5), (44100, 32, 0)])
def test_filters_of_no_size_are_refused(rate, size, mels):
    with pytest.raises(ParameterError):
        mel_filterbank(rate, size, mels)


def test_it_has_the_value_of_the_reference():
    torch.manual_seed(0)
    x, y = torch.randn(1, 1, 44100) * 0.1, torch.randn(1, 1, 44100) * 0.05
    assert MelLoss(44100)(x, y).item() == pytest.approx(2.37583, abs=2e-5)


def test_identical_recordings_have_no_loss():
    x = torch.randn(2, 3, 3000)
    x[0, 1] = 0
    assert MelLoss(44100)(x, x.clone()) == 0


def test_value_and_gradient_are_those_of_automatic_differentiation():
    torch.manual_seed(1)
    x, y = torch.randn(2, 3, 700, dtype=torch.float64) * 0.1, torch.randn(2, 3, 700, dtype=torch.float64) * 0.03
    x[0, 0], y[1, 2] = 0, 0
    by_hand, by_torch = x.clone().requires_grad_(), x.clone().requires_grad_()
    loss, expected = MelLoss(8000, SHORT)(by_hand, y), plain(by_torch, y, 8000, SHORT)
    (3 * loss).backward()
    (3 * expected).backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-9)
    np.testing.assert_allclose(by_hand.grad, by_torch.grad, atol=1e-9 * by_torch.grad.abs().max().item())


def test_cutting_the_batch_changes_nothing(monkeypatch):
    x, y = torch.randn(5, 1, 1500), torch.randn(5, 1, 1500)
    whole = x.clone().requires_grad_()
    loss = MelLoss(44100)(whole, y)
    loss.backward()
    monkeypatch.setattr("sepstudio.codec.mel_gradient._CHUNK", 2 * 1500)
    parts = x.clone().requires_grad_()
    in_parts = MelLoss(44100)(parts, y)
    in_parts.backward()
    assert in_parts.item() == pytest.approx(loss.item(), rel=1e-6)
    np.testing.assert_allclose(parts.grad, whole.grad, atol=1e-5 * whole.grad.abs().max().item())


def test_the_loss_is_the_mean_over_channels():
    x, y = torch.randn(1, 4, 2000), torch.randn(1, 4, 2000)
    loss = MelLoss(44100)
    each = [loss(x[:, k : k + 1], y[:, k : k + 1]).item() for k in range(4)]
    assert loss(x, y).item() == pytest.approx(np.mean(each), rel=1e-5)
    assert loss(x, y, channels=[1, 3]).item() == pytest.approx((each[1] + each[3]) / 2, rel=1e-5)
    # Channels in another order are other channels.
    assert loss(x, x[:, [1, 0, 2, 3]]).item() > 0


def test_chosen_channels_alone_receive_a_gradient():
    x = torch.randn(1, 4, 2000, requires_grad=True)
    MelLoss(44100)(x, torch.randn(1, 4, 2000), channels=[2]).backward()
    assert x.grad[:, 2].abs().max() > 0
    assert (x.grad[:, [0, 1, 3]] == 0).all()


def test_silence_has_finite_gradients():
    x = torch.zeros(1, 2, 2000, requires_grad=True)
    loss = MelLoss(44100)(x, torch.randn(1, 2, 2000))
    loss.backward()
    assert loss > 0
    assert torch.isfinite(x.grad).all()


def test_half_precision_is_computed_in_single_precision():
    x, y = torch.randn(1, 2, 2000) * 0.1, torch.randn(1, 2, 2000) * 0.1
    loss = MelLoss(44100)
    assert loss(x.half(), y.half()).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(x, y).item() == pytest.approx(loss(x, y).item())
    assert loss(x.half(), y.half()).item() == pytest.approx(loss(x, y).item(), rel=1e-2)


def test_descending_brings_the_spectra_together():
    torch.manual_seed(2)
    target, x = torch.randn(1, 1, 2000) * 0.1, torch.randn(1, 1, 2000)
    loss = MelLoss(44100, SHORT)
    start = loss(x, target).item()
    for _ in range(20):
        (slope,) = torch.autograd.grad(loss(x.requires_grad_(), target), x)
        x = x.detach() - 0.05 * slope / slope.square().mean().sqrt()
    assert loss(x, target).item() < 0.7 * start


@pytest.mark.parametrize(("x", "y"), [((1, 2, 2000), (1, 3, 2000)), ((2, 2000), (2, 2000)), ((1, 1, 1024),) * 2])
def test_other_shapes_are_refused(x, y):
    with pytest.raises(ParameterError):
        MelLoss(44100)(torch.zeros(x), torch.zeros(y))


def test_it_is_no_part_of_checkpoints():
    assert not MelLoss(44100).state_dict()
