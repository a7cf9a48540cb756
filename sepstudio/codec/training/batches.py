"""Batches of excerpts that threads read while the networks compute."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import torch
from torch import Tensor

from sepstudio.codec.training.excerpts import TrainingExcerpts
from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.nn.training.ranks import Ranks


@dataclass(frozen=True, eq=False)
class Share:
    """What one process does of a step.

    Parameters
    ----------
    step : int
    scenes : float32 tensor [batch, channels, samples]
        On the device.
    places : tuple of int
        Of its excerpts in the batch of all processes.
    weight : float
        Its part of the whole batch; 0 where a process only keeps the others company.
    """

    step: int
    scenes: Tensor
    places: tuple[int, ...]
    weight: float


class BatchStream:
    """Reads the batches of a plan ahead of who takes them; use as a context manager."""

    def __init__(self, excerpts: TrainingExcerpts, plan: CodecTrainingPlan, device: str, ranks: Ranks) -> None:
        self._excerpts = excerpts
        self._plan = plan
        self._device = device
        own = tuple(range(plan.batch))[ranks.rank :: ranks.size]
        self._places = own or (0,)
        self._weight = len(own) / plan.batch
        self._pool = ThreadPoolExecutor(plan.workers, thread_name_prefix="scenes")

    def __enter__(self) -> BatchStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def shares(self, first: int) -> Iterator[Share]:
        """Yield what this process does of the steps from ``first`` on."""
        ahead: collections.deque[tuple[int, list[Future[np.ndarray]]]] = collections.deque()
        for step in range(first, self._plan.steps):
            ahead.append((step, [self._pool.submit(self._excerpts.read, step, place) for place in self._places]))
            if len(ahead) > 1:
                yield self._finished(*ahead.popleft())
        while ahead:
            yield self._finished(*ahead.popleft())

    def _finished(self, step: int, read: list[Future[np.ndarray]]) -> Share:
        scenes = torch.from_numpy(np.stack([future.result() for future in read])).to(self._device)
        return Share(step, scenes, self._places, self._weight)
