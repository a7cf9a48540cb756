"""The covariance loss against values worked out by hand and against numpy's own correlations."""

import numpy as np
import pytest

import sepstudio.codec
from sepstudio.codec import covariance_loss
from sepstudio.errors import ParameterError

torch = pytest.importorskip("torch")

SINE = np.tile([0.0, 1.0, 0.0, -1.0], 250)
COSINE = np.tile([1.0, 0.0, -1.0, 0.0], 250)


def mixed(seed, channels=4, length=2000):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(channels, channels)) @ rng.normal(size=(channels, length))


def by_numpy(x, y):
    return 0.5 * np.abs(np.corrcoef(x) - np.corrcoef(y)).sum()


def test_identical_recordings_have_no_loss():
    x = mixed(0, channels=16)
    assert covariance_loss(x, x) == 0
    assert covariance_loss(torch.from_numpy(x).float(), torch.from_numpy(x).float()) == 0


def test_it_is_offered_by_the_package():
    assert sepstudio.codec.covariance_loss is covariance_loss


def test_permuted_channels_have_a_known_loss():
    # Of three channels the first two are alike and the third is uncorrelated with them: ρ_01 = 1.
    # After swapping the last two, ρ_02 = 1 instead: four entries of the matrices differ by 1.
    x = np.stack([SINE, 0.1 * SINE, COSINE])
    assert covariance_loss(x, x[[0, 2, 1]]) == pytest.approx(2.0, abs=1e-12)
    assert covariance_loss(x, x[[1, 0, 2]]) == pytest.approx(0.0, abs=1e-12)


def test_a_turned_phase_counts_twice():
    x = np.stack([SINE, SINE])
    assert covariance_loss(x, x * [[1], [-1]]) == pytest.approx(2.0, abs=1e-12)


@pytest.mark.parametrize("channels", [2, 4, 16])
def test_it_agrees_with_numpy(channels):
    x, y = mixed(1, channels), mixed(2, channels)
    assert covariance_loss(x, y) == pytest.approx(by_numpy(x, y), rel=1e-10)
    single = covariance_loss(torch.from_numpy(x).float(), torch.from_numpy(y).float())
    assert float(single) == pytest.approx(by_numpy(x, y), rel=1e-4)


def test_levels_and_offsets_of_channels_do_not_count():
    x = mixed(3)
    louder = x * [[1e-3], [1.0], [30.0], [0.5]] + [[0.3], [0.0], [-2.0], [1.0]]
    assert covariance_loss(x, louder) == pytest.approx(0, abs=1e-9)


def test_quiet_recordings_count_like_loud_ones():
    x, y = mixed(1), mixed(2)
    quiet = covariance_loss(torch.from_numpy(1e-6 * x).float(), torch.from_numpy(1e-6 * y).float())
    assert float(quiet) == pytest.approx(by_numpy(x, y), rel=1e-4)


def test_a_batch_gives_the_mean():
    x, y = np.stack([mixed(1), mixed(2)]), np.stack([mixed(3), mixed(4)])
    expected = (by_numpy(x[0], y[0]) + by_numpy(x[1], y[1])) / 2
    assert covariance_loss(x, y) == pytest.approx(expected, rel=1e-10)
    assert covariance_loss(torch.from_numpy(x), torch.from_numpy(y)).shape == ()


@pytest.mark.parametrize("level", [0.0, 0.3, -1.0])
def test_a_silent_channel_correlates_with_nothing(level):
    x = np.stack([SINE, SINE + COSINE, np.full_like(SINE, level)]).astype(np.float32)
    assert covariance_loss(x, x) == 0
    y = x.copy()
    y[2] = SINE  # ρ_02 = 1, ρ_12 = 1/√2, ρ_22 = 1
    expected = 0.5 * (2 * 1 + 2 * np.sqrt(0.5) + 1)
    assert covariance_loss(x, y) == pytest.approx(expected, rel=1e-6)
    single = covariance_loss(torch.from_numpy(x), torch.from_numpy(y))
    assert float(single) == pytest.approx(expected, rel=1e-5)


def test_one_sample_and_silence_are_finite():
    assert covariance_loss(np.ones((2, 1)), np.ones((2, 1))) == 0
    assert covariance_loss(np.zeros((2, 10)), np.zeros((2, 10))) == 0


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_gradients_are_finite_and_leave_silent_channels_alone(level):
    x = torch.from_numpy(np.stack([SINE, COSINE + SINE, np.full_like(SINE, level)])).float().requires_grad_()
    target = torch.from_numpy(mixed(5, 3, 1000)).float()
    covariance_loss(x, target).backward()
    assert torch.isfinite(x.grad).all()
    assert x.grad[:2].abs().max() > 0
    assert (x.grad[2] == 0).all()


def test_gradients_of_silence_and_of_identical_recordings_are_finite():
    silence = torch.zeros(2, 3, 100, requires_grad=True)
    covariance_loss(silence, torch.zeros(2, 3, 100)).backward()
    assert (silence.grad == 0).all()
    x = torch.from_numpy(mixed(6)).requires_grad_()
    covariance_loss(x, x.detach().clone()).backward()
    assert torch.isfinite(x.grad).all()


def test_gradients_agree_with_finite_differences():
    x = torch.from_numpy(mixed(7, 3, 20)).requires_grad_()
    y = torch.from_numpy(mixed(8, 3, 20)).requires_grad_()
    assert torch.autograd.gradcheck(covariance_loss, (x, y))


def test_descending_brings_the_correlations_together():
    torch.manual_seed(0)
    target = torch.from_numpy(mixed(9, 4)).float()
    x = torch.randn(4, 2000, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.02)
    start = covariance_loss(x, target).item()
    for _ in range(200):
        optimizer.zero_grad()
        covariance_loss(x, target).backward()
        optimizer.step()
    assert covariance_loss(x, target).item() < 0.05 * start


def test_half_precision_is_computed_in_single_precision():
    x = torch.from_numpy(1e-3 * mixed(1)).half()
    y = torch.from_numpy(1e-3 * mixed(2)).half()
    loss = covariance_loss(x, y)
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(by_numpy(mixed(1), mixed(2)), rel=1e-2)


@pytest.mark.parametrize(
    ("x", "y"), [((2, 10), (2, 11)), ((2, 10), (1, 2, 10)), ((10,), (10,)), ((2, 0), (2, 0)), ((1, 1, 2, 9),) * 2]
)
def test_other_shapes_are_refused(x, y):
    with pytest.raises(ParameterError):
        covariance_loss(np.zeros(x), np.zeros(y))
    with pytest.raises(ParameterError):
        covariance_loss(torch.zeros(x), torch.zeros(y))
