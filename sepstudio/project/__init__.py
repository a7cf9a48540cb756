"""Project folders."""

from sepstudio.project.load import load_project, load_project_steps
from sepstudio.project.records import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    SourceState,
    StemData,
)
from sepstudio.project.save import save_project, save_project_steps

__all__ = [
    "LaneData",
    "ProjectData",
    "RunData",
    "SelectionData",
    "SourceData",
    "SourceState",
    "StemData",
    "load_project",
    "load_project_steps",
    "save_project",
    "save_project_steps",
]
