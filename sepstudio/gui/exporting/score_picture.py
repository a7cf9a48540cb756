"""Bars of scores as a picture without a window, for the command line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtWidgets import QApplication

from sepstudio.gui.exporting.curve_views import CurveFigure
from sepstudio.gui.exporting.figure import look_of, save_figure_steps
from sepstudio.gui.panels.score_bars import ScoreBars, ScoreBarsView
from sepstudio.gui.theme import LIGHT, apply_theme
from sepstudio.io.steps import drain
from sepstudio.metrics.bss_fit import MEASURES

WIDTH, HEIGHT = 900, 420
_PNG_SCALE = 2


def save_score_picture(path: Path, bars: ScoreBars, measure: str, title: str) -> None:
    """Write a picture of bars, as SVG or PNG by the extension.

    Parameters
    ----------
    path : Path
    bars : ScoreBars
        Whatever is compared in the place of runs.
    measure : str
        Of ``MEASURES``.
    title : str

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    """
    # Held to the end: there is no program without a window around it.
    app = QApplication.instance() or QApplication(["sepstudio", "-platform", "offscreen"])
    if isinstance(app, QApplication):
        apply_theme(app, LIGHT)
    view = ScoreBarsView()
    view.resize(WIDTH, HEIGHT)
    view.measure.setCurrentIndex(MEASURES.index(measure))
    view.show_bars(bars)
    view.show()
    QApplication.processEvents()
    source = CurveFigure(view)
    figure = source.figure(drain(source.prepare(1.0)), look_of("white"))
    drain(save_figure_steps(path, dataclasses.replace(figure, title=title), _PNG_SCALE))
    view.close()
