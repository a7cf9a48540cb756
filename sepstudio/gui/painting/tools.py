"""The tools of painting: what they are called, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sepstudio.io.strokes.records import Tool

# Sizes in pixels of the screen, from edge to edge.
SIZES = (4.0, 200.0)
USUAL_SIZE = 24.0
SIZE_STEP = 1.25
OPACITIES = (0.1, 1.0)
OPACITY_STEP = 0.1
PARTIALS = (2, 40)
USUAL_PARTIALS = 12


@dataclass(frozen=True)
class ToolWords:
    """The icon of a tool, what it is called, and what a drag with it does."""

    icon: str
    title: str
    does: str


TOOLS: Mapping[Tool, ToolWords] = {
    "brush": ToolWords("paint", "Brush", "Paint what belongs to the source"),
    "box": ToolWords("paint-box", "Box", "Mark a stretch of time and frequencies"),
    "lasso": ToolWords("paint-lasso", "Lasso", "Draw around what belongs to the source"),
    "harmonic": ToolWords("paint-harmonic", "Harmonic brush", "Paint along a fundamental, and its overtones with it"),
    "eraser": ToolWords("paint-eraser", "Eraser", "Take away what was painted"),
}
# Tools whose size matters.
SIZED: frozenset[Tool] = frozenset({"brush", "harmonic", "eraser"})


def tool_action(tool: Tool) -> str:
    """Return the id of the action that takes a tool."""
    return f"paint-{tool}"
