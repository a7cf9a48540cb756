"""Batches that threads prepare while the networks compute."""

from __future__ import annotations

import collections
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sepstudio.io.clip import FloatArray
from sepstudio.nn.training.excerpts import ExcerptSet
from sepstudio.nn.training.features import Analysis, Batch
from sepstudio.nn.training.ranks import Ranks

Loaded = FloatArray | dict[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Share:
    """What one process does of a step.

    Parameters
    ----------
    batch : Batch
        Its excerpts.
    count : int
        Excerpts of the step in all processes.
    weight : float
        0 where a process only keeps the others company, because there are less excerpts than processes; else 1.
    """

    batch: Batch
    count: int
    weight: float


class BatchStream:
    """Reads the excerpts of a set in batches, ahead of who takes them; use as a context manager.

    Parameters
    ----------
    excerpts : ExcerptSet
    analysis : Analysis
    instruments : sequence of str
    batch : int
        Excerpts over all processes.
    workers : int
        Threads; the batch after the next one is begun when the next one is done.
    device : str
        Of the batches. A GPU computes features by itself.
    ranks : Ranks
    """

    def __init__(
        self,
        excerpts: ExcerptSet,
        analysis: Analysis,
        instruments: Sequence[str],
        *,
        batch: int,
        workers: int,
        device: str,
        ranks: Ranks,
    ) -> None:
        self._excerpts = excerpts
        self._analysis = analysis
        self._instruments = tuple(instruments)
        self._batch = batch
        self._workers = workers
        self._device = device
        self._ranks = ranks
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="examples")

    def __enter__(self) -> BatchStream:
        return self

    def __exit__(self, *error: object) -> None:
        # What is being read ends with the excerpt at hand.
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __len__(self) -> int:
        return -(-len(self._excerpts) // self._batch)

    def shares(self, epoch: int, first: int = 0) -> Iterator[Share]:
        """Yield what this process does of an epoch, from the batch ``first`` on."""
        ahead: collections.deque[tuple[Future[Loaded], int, float]] = collections.deque()
        numbers = iter(range(first, len(self)))
        try:
            for number in numbers:
                ahead.append(self._begun(epoch, number))
                if len(ahead) > self._workers:
                    yield self._finished(*ahead.popleft())
            while ahead:
                yield self._finished(*ahead.popleft())
        finally:
            for future, _, _ in ahead:
                future.cancel()

    def _begun(self, epoch: int, number: int) -> tuple[Future[Loaded], int, float]:
        whole = range(number * self._batch, min((number + 1) * self._batch, len(self._excerpts)))
        own = whole[self._ranks.rank :: self._ranks.size]
        future = self._pool.submit(self._load, epoch, own or whole[:1])
        return future, len(whole), float(len(own) > 0)

    def _load(self, epoch: int, indices: Sequence[int]) -> Loaded:
        """Return features, or the samples [excerpts, 1 + stems, channels, samples] for a GPU."""
        if self._device != "cpu":
            return np.stack([self._samples(epoch, index) for index in indices])
        out: dict[str, FloatArray] = {}
        for number, index in enumerate(indices):
            self._check()
            for name, values in self._excerpts.arrays(epoch, index).items():
                if not number:
                    out[name] = np.empty((len(indices), *values.shape), np.float32)
                out[name][number] = values
        return out

    def _samples(self, epoch: int, index: int) -> FloatArray:
        self._check()
        mixture, stems = self._excerpts.audio(epoch, index)
        return np.stack([mixture, *(stems[name] for name in self._instruments)])

    def _check(self) -> None:
        if self._stopped.is_set():
            raise CancelledError

    def _finished(self, future: Future[Loaded], count: int, weight: float) -> Share:
        loaded: Any = future.result()
        if self._device == "cpu":
            return Share(self._analysis.batch_of(loaded, self._instruments), count, weight)
        audio = torch.from_numpy(loaded).to(self._device)
        return Share(self._analysis.batch_on(audio, self._instruments), count, weight)
