"""The losses of trainings of the codec as curves: a transferred start beside a random one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sepstudio.gui.models.training_curves import Places, Training
from sepstudio.gui.panels.error_curves import CurveWords, ErrorCurve

WORDS = CurveWords(
    name="codec-training.curves",
    title="Training curves of the codec",
    run="training",
    step="step",
    short="steps",
    value="loss",
    about="mean of the validation excerpts, without the weight of the loss",
    plot="Losses of codecs in training",
    legend=280,
    axis_tip="Steps compare recipes, seconds what they cost on this machine",
    hint="Train, or open the folder of an earlier training: this plots how mel loss and covariance error fall.",
)
_TITLES = {"mel": "validation", "covariance": "covariance", "training": "training"}


def drawn_codec_curves(trainings: Sequence[Training], places: Places, series: Sequence[str]) -> Iterator[ErrorCurve]:
    """Give some series of the curves of trainings: ``mel`` and ``covariance`` of validation, and ``training``."""
    for training in trainings:
        before = f"{training.folder.name}: " if len(trainings) > 1 else ""
        for curve in training.curves:
            for name in series:
                yield ErrorCurve(
                    f"{training.folder}|{curve.start}|{name}",
                    f"{before}{curve.start}" + (f", {_TITLES[name]}" if len(series) > 1 else ""),
                    np.asarray(getattr(curve, name)),
                    np.asarray(curve.seconds),
                    places.of(training.folder, curve.start, dashed=name == "training"),
                    training.live,
                    np.asarray(curve.steps),
                )
