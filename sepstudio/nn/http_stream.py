"""The answer of a web server, read on a thread of its own: whoever waits for it can stop waiting at any time."""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

CHUNK = 1 << 16
# How long a server may say nothing at all before it counts as lost.
SILENCE_S = 20.0
_AHEAD = 32
_PUT_S = 0.1


@dataclass(frozen=True)
class Answer:
    """The head of an answer: its status and fields, and the address that was read in the end."""

    status: int
    fields: Message
    url: str


@dataclass(frozen=True)
class End:
    """Why there will be no more: an error of the network, or none at the end of the answer."""

    error: Exception | None = None


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> urllib.request.Request | None:
        """Follow to other addresses of the web, never from an encrypted one to one that is not."""
        request, _, code, message, headers, url = given
        if request.type == "https" and not url.lower().startswith("https:"):
            raise urllib.error.HTTPError(request.full_url, code, f"{message} to {url}", headers, None)
        return super().redirect_request(*given)


class HttpStream:
    """Asks for a file at once; ``take`` gives the Answer, then bytes, then a End.

    The thread ends soon after ``close``, or when the system lets it: a look-up of a name cannot be broken off.
    """

    def __init__(self, url: str, fields: Mapping[str, str], *, silence_s: float = SILENCE_S) -> None:
        self._request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", **fields})
        self._silence_s = silence_s
        self._queue: queue.Queue[Answer | bytes | End] = queue.Queue(_AHEAD)
        self._closed = threading.Event()
        self._socket: socket.socket | None = None
        threading.Thread(target=self._run, name="download", daemon=True).start()

    def take(self, timeout: float) -> Answer | bytes | End | None:
        """Return what came next, or None if nothing came within ``timeout`` seconds."""
        with contextlib.suppress(queue.Empty):
            return self._queue.get(timeout=timeout)
        return None

    def close(self) -> None:
        """Let the connection go; never blocks."""
        self._closed.set()
        if self._socket is not None:
            # A thread that waits for bytes wakes up with this alone.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._read()
            end = End()
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            end = End(error.with_traceback(None))
        self._put(end)

    def _read(self) -> None:
        with contextlib.closing(_opener().open(self._request, timeout=self._silence_s)) as response:
            self._socket = _socket_of(response)
            self._put(Answer(response.status, response.headers, response.url))
            while not self._closed.is_set():
                chunk = response.read1(CHUNK)
                if not chunk:
                    return
                self._put(chunk)

    def _put(self, item: Answer | bytes | End) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=_PUT_S)
                return


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens addresses of the web only: that of urllib would open files of this machine too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler, _SafeRedirects,
        urllib.request.HTTPErrorProcessor, urllib.request.HTTPDefaultErrorHandler, urllib.request.UnknownHandler,
    ):  # fmt: skip
        opener.add_handler(handler())
    return opener


def _socket_of(response: Any) -> socket.socket | None:
    # The only way to it that http.client leaves.
    found = getattr(getattr(response.fp, "raw", None), "_sock", None)
    return found if isinstance(found, socket.socket) else None
