"""Curves between axes, whatever their values."""

import numpy as np
import pytest

from sepstudio.gui.codec.book_curves import BookCurves
from sepstudio.separation.codec_books import BookScore, BookScores


@pytest.mark.parametrize("ratios", [(-10.0, -9.9), (-3.0,), (0.0, 0.0), (2.0, 5.0), (-1.0, float("nan"), 4.0)])
def test_axes_hold_all_values_and_zero(qtbot, ratios):
    picture = BookCurves()
    qtbot.addWidget(picture)
    picture.show_scores(BookScores(tuple(BookScore(ratio, 1.0) for ratio in ratios)), len(ratios), "run")
    picture.fit(280, 0)
    low, high = picture.span("left")
    known = np.array([ratio for ratio in ratios if np.isfinite(ratio)])
    assert low <= min(known.min(), 0.0) <= max(known.max(), 0.0) <= high
    places = [tick.position for tick in picture.ticks("left", 100)]
    assert places
    assert all(0.0 <= place <= 1.0 for place in places)
    assert not picture.grab().isNull()
