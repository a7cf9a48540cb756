"""What factorisations share: checks, errors, stopping, and groups of frames."""

import numpy as np
import pytest
import torch

from sepstudio.errors import ParameterError
from sepstudio.separation.factor_groups import assembled, energy, grouped
from sepstudio.separation.factorization import (
    StoppingRule,
    dead_components,
    l1_error,
    matrix,
    normalised,
)


def test_the_error_is_the_mean_over_frames_of_absolute_differences():
    V = np.array([[1.0, 2.0, 0.0], [0.0, 4.0, 1.0]])
    W, H = np.array([[1.0], [2.0]]), np.array([[1.0, 2.0, 0.0]])
    assert l1_error(V, W, H) == pytest.approx((2 + 0 + 1) / 3)
    assert l1_error(torch.tensor(V), torch.tensor(W), torch.tensor(H)) == pytest.approx(1.0)


def test_the_error_of_many_frames_is_that_of_their_parts(rng):
    V, W, H = rng.random((5, 2500)), rng.random((5, 3)), rng.random((3, 2500))
    assert l1_error(V, W, H) == pytest.approx(np.abs(V - W @ H).sum(axis=0).mean())


def test_normalising_changes_scales_and_not_the_model(rng):
    W, H = rng.random((7, 3)), rng.random((3, 9))
    W[:, 1] = 0
    templates, activations, sums = normalised(W, H)
    np.testing.assert_allclose(templates @ activations, W @ H)
    np.testing.assert_allclose(templates.sum(axis=0), [1, 0, 1])
    np.testing.assert_allclose(sums, [W[:, 0].sum(), 1, W[:, 2].sum()])


def test_components_without_template_or_activations_are_dead(rng):
    W, H = rng.random((7, 4)), rng.random((4, 9))
    W[:, 1] = 0
    H[3] = 1e-12
    assert dead_components(W, H) == (1, 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.ones(3), "matrix"),
        (np.ones((0, 3)), "at least one"),
        (np.array([[1.0, np.nan]]), "finite"),
        (np.array([[1.0, np.inf]]), "finite"),
        (np.array([[1.0, -1e-9]]), "nonnegative"),
        (np.array([[1j]]), "real"),
    ],
)
def test_what_is_no_spectrogram_is_refused_by_name(values, expected):
    with pytest.raises(ParameterError, match=expected) as caught:
        matrix(values, "V", nonnegative=True)
    assert caught.value.name == "V"


def test_only_double_precision_stays_what_it_is():
    assert matrix(np.ones((1, 1)), "V").dtype == np.float64
    assert matrix(np.ones((1, 1), np.int16), "V").dtype == np.float32
    assert matrix(torch.ones(1, 1, dtype=torch.float16), "V").dtype == np.float32


def test_a_stopping_rule_waits_for_its_window():
    rule = StoppingRule(100, improvement=0.01, window=3)
    assert not rule.met_by([8.0, 8.0, 8.0])
    assert rule.met_by([8.0, 8.0, 8.0, 7.95])
    assert not rule.met_by([8.0, 8.0, 8.0, 7.8])
    assert not StoppingRule(100).met_by([8.0] * 50)
    assert StoppingRule.of(7) == StoppingRule(7)
    assert StoppingRule.of(rule) is rule


@pytest.mark.parametrize(
    "arguments", [{"iterations": 0}, {"iterations": 2.5}, {"iterations": True}, {"iterations": 5, "improvement": 1.0},
                  {"iterations": 5, "improvement": -0.1}, {"iterations": 5, "window": 0}]
)  # fmt: skip
def test_a_stopping_rule_without_sense_is_refused(arguments):
    with pytest.raises(ParameterError):
        StoppingRule(**arguments)


def test_few_components_at_a_time_are_grouped_without_the_others(rng):
    """Every frame is in one group, and every component that may sound in a frame in that group."""
    active = np.zeros((50, 1001), np.bool_)
    for component in range(50):
        first = rng.integers(0, 950)
        active[component, first : first + 40] = True
    V, marks = rng.random((9, 1001)), np.where(active, rng.random(active.shape), 0)
    batches = grouped(V, active, 2.0, "cpu")
    assert sum(batch.rows.shape[1] for batch in batches) < 50 * len(batches) / 3
    on_device = torch.from_numpy(marks)
    parts = [batch.part(on_device) for batch in batches]
    np.testing.assert_array_equal(assembled(batches, parts, marks.shape).numpy(), marks)
    assert energy(batches) == pytest.approx((V**2).sum() / 4)
    product, square = torch.zeros(50, 9, dtype=torch.float64), torch.zeros(50, 50, dtype=torch.float64)
    for batch, h in zip(batches, parts, strict=True):
        batch.add(product, h, batch.spectra.mT)
        batch.add_square(square, h)
    np.testing.assert_allclose(product.numpy(), marks @ V.T / 2)
    np.testing.assert_allclose(square.numpy(), marks @ marks.T)


def test_many_components_at_a_time_make_one_group(rng):
    V, active = rng.random((9, 300)), rng.random((6, 300)) < 0.5
    (batch,) = grouped(V, active, 1.0, "cpu")
    assert batch.rows.shape == (1, 6)
    assert batch.spectra.shape == (1, 9, 300)
    assert len(grouped(V, active, 1.0, "cpu", longest=100)) == 3
