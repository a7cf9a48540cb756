"""The one family of errors that a user is meant to read."""

from __future__ import annotations

# Characters of a value that a message quotes.
_LONGEST_VALUE = 80


class UserError(Exception):
    """Something the user can put right: what happened, why, and what to do about it.

    ``str(error)`` is one line, as the command line prints it; the window shows the three
    parts apart. Everything else that is raised is a defect of the program.
    """

    def __init__(self, what: str, why: str, remedy: str) -> None:
        self.what = what
        self.why = why
        self.remedy = remedy
        super().__init__(what, why, remedy)

    def __str__(self) -> str:
        return f"{self.what}: {self.why}; {self.remedy}"


class AudioFileError(UserError):
    """An audio file that cannot be read or written."""


class ScoreFileError(UserError):
    """A score file that cannot be read or written."""


class StrokeFileError(UserError):
    """A file of brush strokes that cannot be read or written."""


class LayoutFileError(UserError):
    """A file of a layout of loudspeakers that cannot be read."""


def _shortened(value: object) -> str:
    """Return how a value is written, as far as it fits on a line: some hold whole matrices."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


class ParameterError(UserError, ValueError):
    """A value outside what a function or method accepts."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        self.value = value
        self.expected = expected
        super().__init__(f"{name} = {_shortened(value)}", f"{name} must be {expected}", "choose another value")

    def __reduce__(self) -> tuple[type[ParameterError], tuple[str, object, str]]:
        return type(self), (self.name, self.value, self.expected)


class MissingInputError(UserError):
    """A method was asked to run without an input that it needs."""


class ProjectError(UserError):
    """A project folder that cannot be read or written."""


class DeviceError(UserError):
    """A compute or sound device that was asked for and is not there."""


class DataSetError(UserError):
    """Songs for training or evaluation that cannot be used as they are."""


class CheckpointError(UserError):
    """A file of a trained network that cannot be read or written."""


class BitstreamError(UserError):
    """A file of the codec's codes that cannot be read or written."""


class TrainingError(UserError):
    """A training that cannot go on."""


class DownloadError(UserError):
    """A file that cannot be fetched from the network."""


class UnreachableError(DownloadError):
    """A file that cannot be fetched because its server cannot be reached from this machine."""


class MissingToolError(UserError):
    """A program or optional library that something needs and that is not installed."""


class ListeningTestError(UserError):
    """A definition of a listening test, or a file of its answers, that cannot be used as it is."""


class HeadFileError(UserError):
    """A file of head-related impulse responses that cannot be read."""
