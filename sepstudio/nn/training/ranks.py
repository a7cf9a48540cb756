"""The processes of a training that ``torchrun`` starts; one alone otherwise."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from sepstudio.errors import DeviceError

# One process decodes a whole data set while the others wait.
_PATIENCE = datetime.timedelta(hours=12)


@dataclass(frozen=True)
class Ranks:
    """One process, number ``rank`` of ``size`` that train together; ``local`` counts those of one machine."""

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    @property
    def together(self) -> bool:
        """Whether there are others."""
        return self.size > 1

    def wait(self) -> None:
        """Return when all processes have come here."""
        if self.together:
            distributed.barrier()

    def total(self, values: Sequence[float], device: str) -> list[float]:
        """Return the sums of values over all processes, in double precision."""
        if not self.together:
            return list(values)
        tensor = torch.tensor(list(values), dtype=torch.float64, device=device)
        distributed.all_reduce(tensor)
        return [float(value) for value in tensor.tolist()]

    def add_up(self, tensors: Sequence[torch.Tensor]) -> None:
        """Replace tensors, of equal shapes everywhere, by their sums over all processes."""
        if not self.together:
            return
        together = torch.cat([tensor.reshape(-1) for tensor in tensors])
        distributed.all_reduce(together)
        sizes = [tensor.numel() for tensor in tensors]
        for tensor, summed in zip(tensors, torch.split(together, sizes), strict=True):
            tensor.copy_(summed.view_as(tensor))

    def told(self, value: Any) -> Any:
        """Return what the leading process gives."""
        if not self.together:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def device(self, name: str) -> str:
        """Return a device for this process: processes of one machine share its GPUs out."""
        if self.together and name in ("auto", "cuda") and torch.cuda.is_available():
            if self.local >= torch.cuda.device_count():
                why = f"process {self.local} of this machine has none of its {torch.cuda.device_count()} GPUs"
                raise DeviceError(f"device {name!r}", why, "start as many processes as there are GPUs, or choose cpu")
            return f"cuda:{self.local}"
        return name


def launched() -> Ranks:
    """Return what ``torchrun`` says of this process."""
    rank, size, local = (os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    return Ranks(int(rank or 0), int(size or 1), int(local or 0))


@contextlib.contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` started, if it did, for the time of the block."""
    ranks = launched()
    if not ranks.together:
        yield ranks
        return
    uses_gpu = device != "cpu" and torch.cuda.is_available()
    distributed.init_process_group("nccl" if uses_gpu else "gloo", timeout=_PATIENCE)
    try:
        if uses_gpu:
            torch.cuda.set_device(ranks.local)
        yield ranks
    finally:
        distributed.destroy_process_group()
