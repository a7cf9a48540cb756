"""How many threads torch computes with: plain ones instead of its own for work made of several independent parts.

Torch divides every operation among threads that wait for each other in loops. Where another program, the
window or the sound device holds a core, networks of a model took ten times as long that way as on one thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

# Torch keeps the number for each thread, and the last one that was set for threads that are new to it. So a thread
# that begins while another is in here finds 1; what it goes back to is what the other one found.
_lock = threading.Lock()
_users: list[int] = []


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let operations of torch on this thread use ``count`` threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let operations of torch use one thread each, on this thread and those that begin meanwhile."""
    import torch

    with _lock:
        _users.append(_users[0] if _users else torch.get_num_threads())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            torch.set_num_threads(_users.pop())
