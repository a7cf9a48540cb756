"""The check of gradients on the page that looks inside networks."""

import threading

from gui.test_inside import controller, opened, show
from PySide6.QtGui import QGuiApplication

from sepstudio.gui.inside.gradient_view import NOT_CHECKED
from sepstudio.nn import gradient_check
from sepstudio.nn.gradient_check import GradientReport, GradientRow


def gradients(page):
    show(page, "gradients")
    return page.gradients


def test_gradients_are_checked_and_the_table_says_which_agree(in_studio, qtbot, recording):
    def scenario(window):
        view = gradients(opened(window, qtbot))
        assert not view.table.isVisible()
        view.check.click()
        assert not view.check.isEnabled()
        qtbot.waitUntil(lambda: view.report is not None, timeout=60_000)
        assert view.report.passed
        assert view.verdict.text().startswith(f"All {len(view.report.rows)} gradients agree")
        assert view.texts()[0][0] == view.report.rows[0].layer
        assert {row[-1] for row in view.texts()} == {"yes"}
        assert view.check.isEnabled()
        view.copy.click()
        assert QGuiApplication.clipboard().text() == "\n".join(view.report.lines())

    in_studio([recording], scenario)


def test_gradients_that_do_not_agree_and_a_check_that_is_cancelled_are_told(in_studio, qtbot, monkeypatch):
    rows = (GradientRow("Convolution", "kernels", 50, 2e-10, 1e-15), GradientRow("Loss", "outputs", 4, 0.5, 1e-15))
    begun, go_on = threading.Event(), threading.Event()

    def check():
        begun.set()
        go_on.wait(30.0)
        yield 0.5
        return GradientReport(rows)

    monkeypatch.setattr(gradient_check, "check_steps", check)

    def scenario(window):
        window.actions_by_id["look-inside"].trigger()
        view = gradients(controller(window).page)
        view.check.click()
        assert begun.wait(30.0)
        window.bridge.cancel_all()
        go_on.set()
        qtbot.waitUntil(lambda: view.verdict.text() == NOT_CHECKED, timeout=10_000)
        view.check.click()
        qtbot.waitUntil(lambda: view.report is not None, timeout=10_000)
        assert view.verdict.text().startswith("1 of 2 gradients do not agree")
        assert [row[-1] for row in view.texts()] == ["yes", "NO"]

    in_studio([], scenario)
