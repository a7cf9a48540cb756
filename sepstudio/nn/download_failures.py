"""What is said when a file cannot be fetched, and which failures may pass."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error

from sepstudio.errors import DownloadError, UnreachableError
from sepstudio.nn.http_stream import End
from sepstudio.nn.partial_files import PartialFile

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOCKED = frozenset({401, 402, 403, 407, 451})
_GONE = frozenset({404, 410})
_RANGE_REFUSED = 416


class Again(Exception):  # noqa: N818 - no error yet: the next attempt may succeed
    """The connection failed in a way that may pass; ``reached`` tells whether a server has answered."""

    def __init__(self, reason: str, *, reached: bool = True) -> None:
        super().__init__(reason)
        self.reached = reached


def told(partial: PartialFile, end: object, *, reached: bool) -> Exception:
    """Return what to raise where an answer never began (not ``reached``) or broke off: Again, or a DownloadError."""
    error = end.error if isinstance(end, End) else None
    url = partial.origin.url
    if isinstance(error, urllib.error.HTTPError):
        return _refused(partial, error)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        why = f"is not trusted: {reason.verify_message}"
        return DownloadError(url, why, "check the address and the clock of this machine")
    if isinstance(reason, socket.gaierror):
        return Again("the name of its server is not known here", reached=False)
    if isinstance(reason, (OSError, http.client.HTTPException)) and not isinstance(reason, http.client.InvalidURL):
        text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return Again(text[:1].lower() + text[1:], reached=reached)
    return DownloadError(url, f"cannot be fetched ({reason or 'the server said nothing'})", "check the address")


def given_up(partial: PartialFile, again: Again) -> DownloadError:
    """Return the error of a download whose attempts were all in vain."""
    url = partial.origin.url
    if not again.reached:
        why = f"its server cannot be reached ({again})"
        return UnreachableError(url, why, "check the network, or download it on another machine and import the file")
    if partial.size:
        why = f"broke off after {partial.size / 1e6:.1f} MB ({again})"
        return DownloadError(url, why, "try again: it goes on where it stopped")
    return DownloadError(url, f"cannot be fetched ({again})", "try again later")


def _refused(partial: PartialFile, error: urllib.error.HTTPError) -> Exception:
    url, said = partial.origin.url, f"{error.code} {error.reason}".strip()
    if error.code in _PASSING:
        return Again(f"the server says {said}")
    if error.code == _RANGE_REFUSED and partial.size:
        partial.clear()
        return Again("the file on the server has changed")
    if error.code in _GONE:
        return DownloadError(url, f"is not there (the server says {said})", "check the address")
    if error.code in _LOCKED:
        why = f"may not be fetched from here (the server says {said})"
        return DownloadError(url, why, "download it with a browser where you have access, and import the file")
    return DownloadError(url, f"cannot be fetched (the server says {said})", "check the address")
