"""Proximity kernels: which time-frequency neighbours tell the energy of a source (papers: KAM, eqs. 3, 11, 12)."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Shape = Literal["horizontal", "vertical", "cross", "rectangle", "disc", "periodic", "drawn"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

FORMS = "horizontal:17, vertical:17, cross:17x9, rectangle:5x9, disc:9, periodic:auto:3 or drawn:.#./###/.#."
MAX_LENGTH = 255
MAX_DRAWN = 65
MAX_REPEATS = 31
MAX_SOURCES = 8
# An hour at the smallest usual hop: more is a typing error, not a rhythm.
MAX_PERIOD = 1 << 20


@dataclass(frozen=True)
class Kernel:
    """A binary neighbourhood around a time-frequency point.

    ``width`` (frames) and ``height`` (bins) are odd, so that the median commutes with the
    square root and the kernel has a centre. ``period`` (frames; 0 = found from the beat
    spectrum) and ``repeats`` (neighbours on each side) belong to the periodic shape.
    ``pattern`` belongs to the drawn one: rows of ``#`` and ``.``, highest frequency first.

    Raises
    ------
    ParameterError
        For even or too large sizes, unknown shapes, and patterns that are not odd rectangles.
    """

    shape: Shape
    width: int = 1
    height: int = 1
    period: int = 0
    repeats: int = 1
    pattern: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ParameterError("kernel", self.shape, "one of " + ", ".join(SHAPES))
        for name, size in (("kernel width", self.width), ("kernel height", self.height)):
            if not (1 <= size <= MAX_LENGTH and size % 2):
                raise ParameterError(name, size, f"odd and between 1 and {MAX_LENGTH}")
        if not 0 <= self.period <= MAX_PERIOD:
            raise ParameterError("kernel period", self.period, f"between 0 and {MAX_PERIOD} frames")
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise ParameterError("kernel repeats", self.repeats, f"between 1 and {MAX_REPEATS}")
        if self.shape == "drawn":
            _check_pattern(self.pattern)

    @classmethod
    def horizontal(cls, width: int) -> Kernel:
        """Return the kernel of stable partials: ``width`` frames of one bin."""
        return cls("horizontal", width=width)

    @classmethod
    def vertical(cls, height: int) -> Kernel:
        """Return the kernel of percussion: ``height`` bins of one frame."""
        return cls("vertical", height=height)

    @classmethod
    def from_footprint(cls, footprint: npt.NDArray[np.bool_]) -> Kernel:
        """Return a drawn kernel from bool [height, width], lowest frequency first."""
        rows = ("".join("#" if cell else "." for cell in row) for row in footprint[::-1])
        return cls("drawn", pattern=tuple(rows))

    def footprint(self) -> npt.NDArray[np.bool_]:
        """Return the kernel as bool [height, width], lowest frequency first.

        Raises
        ------
        ParameterError
            For a periodic kernel whose period was not found yet.
        """
        if self.shape == "drawn":
            return np.array([[cell == "#" for cell in row] for row in self.pattern[::-1]])
        if self.shape == "periodic":
            return self._periodic_footprint()
        height = 1 if self.shape == "horizontal" else self.height
        width = 1 if self.shape == "vertical" else self.width
        cells = np.ones((height, width), bool)
        df, dt = np.ogrid[-(height // 2) : height // 2 + 1, -(width // 2) : width // 2 + 1]
        if self.shape == "cross":
            cells &= (df == 0) | (dt == 0)
        if self.shape == "disc":
            # A quarter of a cell beyond the outermost centres: a disc of 3 is then the plus sign, not a square.
            cells &= (df / (height / 2 - 0.25)) ** 2 + (dt / (width / 2 - 0.25)) ** 2 <= 1.0
        return cells

    def _periodic_footprint(self) -> npt.NDArray[np.bool_]:
        if self.period == 0:
            raise ParameterError("kernel period", 0, "known before the kernel is used")
        cells = np.zeros((1, 2 * self.repeats * self.period + 1), bool)
        cells[0, :: self.period] = True
        return cells

    def to_text(self) -> str:
        """Return the text form, for example ``cross:17x9`` or ``periodic:auto:3``."""
        if self.shape == "drawn":
            return "drawn:" + "/".join(self.pattern)
        if self.shape == "periodic":
            return f"periodic:{self.period or 'auto'}:{self.repeats}"
        if self.shape in ("horizontal", "vertical"):
            return f"{self.shape}:{self.width if self.shape == 'horizontal' else self.height}"
        return f"{self.shape}:{self.width}x{self.height}"

    @classmethod
    def from_text(cls, text: str) -> Kernel:
        """Parse the text form.

        Raises
        ------
        ParameterError
            If it cannot be read; the message shows the forms.
        """
        shape, _, rest = text.strip().partition(":")
        try:
            return cls._parse(shape, rest)
        except (ValueError, StopIteration) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError("kernel", text, f"a form like {FORMS}") from None

    @classmethod
    def _parse(cls, shape: str, rest: str) -> Kernel:
        if shape == "horizontal":
            return cls.horizontal(int(rest))
        if shape == "vertical":
            return cls.vertical(int(rest))
        if shape == "periodic":
            period, _, repeats = rest.partition(":")
            return cls("periodic", period=0 if period == "auto" else int(period), repeats=int(repeats or 3))
        if shape == "drawn":
            return cls("drawn", pattern=tuple(rest.split("/")))
        width, _, height = rest.partition("x")
        return cls(next(s for s in SHAPES if s == shape), width=int(width), height=int(height or width))


def _check_pattern(pattern: tuple[str, ...]) -> None:
    widths = {len(row) for row in pattern}
    fits = len(widths) == 1 and all(n % 2 and n <= MAX_DRAWN for n in (len(pattern), *widths))
    if not fits:
        raise ParameterError("drawn kernel", "/".join(pattern), f"odd in both directions and at most {MAX_DRAWN} wide")
    cells = "".join(pattern)
    if set(cells) - set("#.") or "#" not in cells:
        raise ParameterError("drawn kernel", "/".join(pattern), "made of '#' and '.', with at least one '#'")


@dataclass(frozen=True)
class KamSource:
    """A source of kernel additive modelling: its name, its kernel, and its own iteration (0 = the last)."""

    name: str
    kernel: Kernel
    iteration: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s=,@/\\:]([^=,@/\\:]*[^\s=,@/\\:])?", self.name):
            raise ParameterError("source name", self.name, "not empty and free of = , @ : / \\")
        if self.iteration < 0:
            raise ParameterError(f"iteration of {self.name}", self.iteration, "0 (the last) or a number of iterations")

    def to_text(self) -> str:
        """Return for example ``harmonic=horizontal:17@2``."""
        own = f"@{self.iteration}" if self.iteration else ""
        return f"{self.name}={self.kernel.to_text()}{own}"

    @classmethod
    def from_text(cls, text: str) -> KamSource:
        """Parse the text form; raises ParameterError."""
        match = re.fullmatch(r"\s*([^=]+?)\s*=\s*([^@]+?)\s*(?:@\s*(\d+)\s*)?", text)
        if match is None:
            raise ParameterError("source", text, "of the form name=kernel or name=kernel@iteration")
        name, kernel, iteration = match.groups()
        return cls(name, Kernel.from_text(kernel), int(iteration or 0))


@dataclass(frozen=True)
class SourceSet:
    """The sources of a separation in order; empty stands for harmonic and percussive."""

    sources: tuple[KamSource, ...] = ()

    def __post_init__(self) -> None:
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ParameterError("sources", ", ".join(names), "named differently")
        if "residual" in names:
            raise ParameterError("source name", "residual", "another word: the residual is what the sources leave")
        if len(names) > MAX_SOURCES:
            raise ParameterError("sources", len(names), f"at most {MAX_SOURCES}")

    def to_text(self) -> str:
        """Return the sources in their text form, separated by commas."""
        return ", ".join(source.to_text() for source in self.sources)

    @classmethod
    def from_text(cls, text: str) -> SourceSet:
        """Parse the text form; raises ParameterError."""
        return cls(tuple(KamSource.from_text(part) for part in text.split(",") if part.strip()))

    def replaced(self, index: int, **changes: object) -> SourceSet:
        """Return a copy in which one source has other fields."""
        changed = list(self.sources)
        changed[index] = dataclasses.replace(changed[index], **changes)  # type: ignore[arg-type]
        return SourceSet(tuple(changed))
