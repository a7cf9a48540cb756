"""Plain threads instead of those of torch, for work that is made of several independent parts.

Torch divides every operation among threads that wait for each other in loops. Where another program, the
window or the sound device holds a core, networks of a model took ten times as long that way as on one thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

# The number of threads belongs to the process, so what it was is known here and not by each user.
_lock = threading.Lock()
_users: list[int] = []


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let operations of torch use one thread each until all who asked for that are done."""
    import torch

    with _lock:
        _users.append(_users[0] if _users else torch.get_num_threads())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            before = _users.pop()
            torch.set_num_threads(1 if _users else before)
