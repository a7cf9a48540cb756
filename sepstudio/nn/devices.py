"""The choice of a compute device, and whether a GPU computes what it should."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sepstudio.errors import DeviceError

_SIZE = 256
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class GpuReport:
    """A GPU of this machine: ``memory`` in bytes, whether the self-test passed, and why not."""

    device: str
    name: str
    memory: int
    ok: bool
    message: str


def resolve_device(name: str, supported: Sequence[str]) -> str:
    """Return the device to run on: ``"cpu"`` or ``"cuda:N"``.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda", "cuda:N"}
        ``"auto"`` takes the first GPU that passes a small self-test if the method supports CUDA,
        else the processor; ``"cuda"`` is ``"cuda:0"``.
    supported : sequence of {"cpu", "cuda"}
        What the method can run on.

    Raises
    ------
    DeviceError
        If the device is unknown, not supported by the method, missing, or fails the self-test.
    """
    if name == "auto":
        return _automatic(supported)
    match = re.fullmatch(r"(cpu|cuda)(?::(\d+))?", name)
    if match is None or (match[1] == "cpu" and match[2]):
        raise DeviceError(f"device {name!r}", "there is no such device", "choose auto, cpu, cuda or cuda:N")
    kind, index = match[1], int(match[2] or 0)
    if kind not in supported:
        raise DeviceError(
            f"device {name!r}", "the method does not run on it", f"choose {' or '.join(['auto', *supported])}"
        )
    if kind == "cpu":
        return "cpu"
    problem = _cuda_problem(index)
    if problem:
        raise DeviceError(f"device {name!r}", problem, "choose cpu or auto, or see what sepstudio doctor says")
    return f"cuda:{index}"


@contextlib.contextmanager
def enough_memory(device: str, remedy: str = "close them, or choose the device cpu") -> Iterator[None]:
    """Raise DeviceError where torch finds the memory of a GPU too small within the block; loads torch."""
    import torch

    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError(f"device {device!r}", "its memory is too small, or other programs use it", remedy) from error


def _automatic(supported: Sequence[str]) -> str:
    problem = "the method supports no device that is known"
    if "cuda" in supported:
        for index in range(max(_cuda_count()[0], 1)):
            problem = _cuda_problem(index)
            if not problem:
                return f"cuda:{index}"
    if "cpu" in supported:
        return "cpu"
    raise DeviceError("device 'auto'", problem, "run it on a machine with a GPU that sepstudio doctor finds fit")


def gpu_report() -> list[GpuReport]:
    """Return all GPUs that torch finds, each after a self-test; empty without torch, driver or GPU."""
    return [_report(index) for index in range(_cuda_count()[0])]


def _report(index: int) -> GpuReport:
    import torch

    problem = _cuda_problem(index)
    try:
        properties = torch.cuda.get_device_properties(index)
    except RuntimeError as error:
        return GpuReport(f"cuda:{index}", "unknown", 0, ok=False, message=problem or _first_line(error))
    return GpuReport(f"cuda:{index}", properties.name, int(properties.total_memory), not problem, problem)


def _cuda_problem(index: int) -> str:
    """Return why a GPU cannot be used, "" if it can."""
    count, reason = _cuda_count()
    if index >= count:
        return reason or f"this machine has {count} of them, counted from cuda:0"
    try:
        return _self_test(f"cuda:{index}")
    except RuntimeError as error:  # torch's type for a missing kernel, a full memory and a lost device
        return f"its self-test failed ({_first_line(error)})"


def _cuda_count() -> tuple[int, str]:
    """Return how many GPUs torch sees and, if none, why."""
    try:
        import torch
    except ImportError as error:
        return 0, f"torch cannot be loaded ({_first_line(error)})"
    # A driver that is too old is told as a warning; to the user it is the reason.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count:
        return count, ""
    if torch.version.cuda is None:
        return 0, "the installed torch was built without CUDA"
    return 0, _first_line(caught[0].message) if caught else "no GPU with a CUDA driver was found"


def _self_test(device: str) -> str:
    """Multiply two matrices on a device and compare with the processor; "" if they agree."""
    import torch

    generator = torch.Generator().manual_seed(0)
    left = torch.rand(_SIZE, _SIZE, generator=generator)
    right = torch.rand(_SIZE, _SIZE, generator=generator)
    product = (left.to(device) @ right.to(device)).cpu()
    expected = left @ right
    worst = float(((product - expected).abs() / expected.abs()).max())
    return "" if worst < _TOLERANCE else f"its self-test gave wrong numbers (relative error {worst:.2g})"


def _first_line(problem: object) -> str:
    return str(problem).strip().partition("\n")[0]
