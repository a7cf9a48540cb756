"""Runs the check of gradients as a job and shows what comes of it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.inside.gradient_view import GradientView
from sepstudio.jobs.runner import JobState
from sepstudio.nn.torch_threads import one_thread_each

if TYPE_CHECKING:
    from sepstudio.nn.gradient_check import GradientReport


class GradientChecker(QObject):
    """Answers the button of a view."""

    def __init__(self, view: GradientView, bridge: JobBridge) -> None:
        super().__init__(view)
        self._view = view
        self._bridge = bridge
        self._job = 0
        view.checkWanted.connect(self._check)
        bridge.ended.connect(self._on_ended)

    def _check(self) -> None:
        self._view.wait()
        self._job = self._bridge.start("Checking gradients", _check_steps(), self._view.show_report)

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        if job == self._job and state != JobState.DONE.value:
            self._view.give_up()


def _check_steps() -> Generator[float, None, GradientReport]:
    # On the thread of the job: loading torch takes a second.
    from sepstudio.nn.gradient_check import check_steps

    # Thousands of tiny products: threads of torch would wait for each other longer than they work.
    with one_thread_each():
        return (yield from check_steps())
