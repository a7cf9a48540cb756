"""The page of the method with networks: its model, and where the run on show was computed."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.model_editor import ModelEditor
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.labels import label
from sepstudio.separation.base import MethodSpec
from sepstudio.session.records import Run


class NetworksPage(MethodPage):
    """The page of the method with networks."""

    def __init__(self, spec: MethodSpec, turns: Turns | None = None, parent: QWidget | None = None) -> None:
        # The instruments are those of the model, and are chosen with it.
        super().__init__(spec, editors={"model": ModelEditor}, hidden=("instruments",), turns=turns, parent=parent)
        self.made = label("", "caption", name="networks.made")
        self.made.setWordWrap(True)
        self.made.hide()
        self.layout().addWidget(self.made)

    @property
    def models(self) -> ModelEditor:
        """The choice of the model."""
        return self.form.editor("model")

    def show_run(self, run: Run | None) -> None:
        """Say where a run of this method was computed, and how long it took."""
        facts = run.provenance if run is not None else {}
        self.made.setVisible(run is not None and bool(facts.get("device")))
        if run is not None and facts.get("device"):
            seconds = facts.get("wall_seconds")
            took = f" in {seconds:.1f} s" if isinstance(seconds, int | float) else ""
            self.made.setText(f"Run {run.number} was computed on {facts['device']}{took}.")
            self.made.setToolTip("\n".join(str(note) for note in facts.get("notes", ())))
