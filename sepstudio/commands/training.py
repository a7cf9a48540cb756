"""What commands that train networks have in common."""

from __future__ import annotations

import io
from collections.abc import Generator

from sepstudio.codec.training.plan import CodecTrainingProgress
from sepstudio.commands.progress import ProgressLine, Result, drive
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.training.plan import TrainingProgress


def trained(steps: Generator[TrainingProgress | CodecTrainingProgress, None, Result]) -> Result | None:
    """Train to the end and return what came out, but None in a process that is not the one to tell of it."""
    from sepstudio.nn.training.ranks import launched

    # Of the processes that torchrun starts, one speaks.
    leads = launched().leads
    with terminating_cleanly(), ProgressLine("train", None if leads else io.StringIO()) as line:
        results = drive(steps, lambda step: line.show(step.fraction, step.text))
    return results if leads else None
