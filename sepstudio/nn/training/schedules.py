"""The rate of learning and the end of it, from the curve alone: a training that was killed needs to keep neither."""

from __future__ import annotations

import math

from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.plan import TrainingPlan

_FACTOR = 0.3
_LEAST = 0.01


def next_rate(plan: TrainingPlan, curve: Curve) -> float:
    """Return the rate of learning in the epoch after those of a curve."""
    if plan.schedule == "cosine":
        done = min(len(curve.validation) / plan.epochs, 1.0)
        return plan.rate * (_LEAST + (1.0 - _LEAST) * (1.0 + math.cos(math.pi * done)) / 2.0)
    rate, best, waited = plan.rate, math.inf, 0
    for loss in curve.validation:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited >= max(1, plan.patience // 3):
            rate, waited = rate * _FACTOR, 0
    return rate


def is_finished(plan: TrainingPlan, curve: Curve) -> bool:
    """Return whether all epochs are done, or ``plan.patience`` of them went by without a better validation."""
    done, best = len(curve.validation), curve.best_epoch
    return done >= plan.epochs or (best is not None and done - 1 - best >= plan.patience)
