"""Parameters of a method as a frozen dataclass: one source of form, options, JSON and checks."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import numpy as np

from sepstudio.errors import ParameterError

Params = TypeVar("Params")

_SWITCHES = {
    **dict.fromkeys(("on", "yes", "true", "1"), True),
    **dict.fromkeys(("off", "no", "false", "0"), False),
}


@runtime_checkable
class TextValue(Protocol):
    """A structured parameter value that has a one-line text form (options, JSON, presets)."""

    @classmethod
    def from_text(cls, text: str) -> TextValue:
        """Parse the text form; raises ParameterError."""

    def to_text(self) -> str:
        """Return the text form, which ``from_text`` reads back to an equal value."""


@dataclass(frozen=True)
class ParamSpec:
    """What forms and options need to know of one parameter."""

    name: str
    type: Any
    default: Any
    label: str
    help: str
    lo: float | None
    hi: float | None
    step: int
    unit: str
    choices: tuple[str, ...]
    advanced: bool
    lowest: str = ""

    @property
    def option(self) -> str:
        """The command-line option, for example ``--fft-size``."""
        return "--" + self.name.replace("_", "-")


def param(  # noqa: PLR0913 - all but the default are keywords
    default: Any,
    *,
    label: str,
    help: str = "",  # noqa: A002 - the word that argparse and forms use
    lo: float | None = None,
    hi: float | None = None,
    step: int = 1,
    unit: str = "",
    advanced: bool = False,
    lowest: str = "",
) -> Any:
    """Declare a parameter of a method (use as the default of a dataclass field).

    ``lo`` and ``hi`` are inclusive; ``step`` is the raster above ``lo`` that integers must
    lie on (odd kernel lengths: ``lo=1, step=2``). ``lowest`` is the word that forms show in place
    of ``lo`` where that stands for something else than a number.
    """
    metadata = {
        "label": label, "help": help, "lo": lo, "hi": hi, "step": step, "unit": unit, "advanced": advanced,
        "lowest": lowest,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=metadata)


def param_specs(cls: type[Any]) -> tuple[ParamSpec, ...]:
    """Return the specifications of all parameters of a dataclass, in order of declaration."""
    hints = typing.get_type_hints(cls)
    return tuple(
        ParamSpec(
            name=field.name,
            type=str if typing.get_origin(hints[field.name]) is Literal else hints[field.name],
            default=field.default,
            choices=typing.get_args(hints[field.name]) if typing.get_origin(hints[field.name]) is Literal else (),
            **field.metadata,
        )
        for field in dataclasses.fields(cls)
    )


def validate(params: Any) -> None:
    """Check every field of a parameters object; call it from ``__post_init__``.

    Raises
    ------
    ParameterError
        For a wrong type, an unknown choice, or a number off its range or raster.
    """
    for spec in param_specs(type(params)):
        _check(spec, getattr(params, spec.name))


def _check(spec: ParamSpec, value: Any) -> None:
    if spec.choices:
        if value not in spec.choices:
            raise ParameterError(spec.name, value, "one of " + ", ".join(spec.choices))
        return
    expected: Any = (int, float) if spec.type is float else spec.type
    if isinstance(expected, types.GenericAlias):
        expected = expected.__origin__
    if not isinstance(value, expected) or (isinstance(value, bool) and spec.type is not bool):
        raise ParameterError(spec.name, value, f"of type {getattr(spec.type, '__name__', spec.type)}")
    if spec.type in (int, float):
        _check_number(spec, value)


def _check_number(spec: ParamSpec, value: float) -> None:
    low = -math.inf if spec.lo is None else spec.lo
    high = math.inf if spec.hi is None else spec.hi
    if not (math.isfinite(value) and low <= value <= high):
        raise ParameterError(spec.name, value, f"{_range_text(low, high)} {spec.unit}".rstrip())
    if spec.type is int and spec.step > 1 and math.isfinite(low) and (value - low) % spec.step:
        raise ParameterError(spec.name, value, f"{low:g} plus a multiple of {spec.step}")


def _range_text(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f"between {low:g} and {high:g}"
    if math.isfinite(low):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isfinite(high) else "finite"


def check_overlap(fft_size: int, hop_size: int) -> None:
    """Refuse frames that overlap by less than half: the samples could not be put together again.

    Raises
    ------
    ParameterError
        If the hop is more than half of the FFT size, both in samples.
    """
    if hop_size * 2 > fft_size:
        raise ParameterError("hop_size", hop_size, f"at most half of the FFT size ({fft_size // 2})")


def parse_value(spec: ParamSpec, text: str) -> Any:
    """Turn the text of an option or form field into the value of a parameter."""
    if spec.type is bool:
        if text.lower() not in _SWITCHES:
            raise ParameterError(spec.name, text, "on or off")
        return _SWITCHES[text.lower()]
    if spec.type in (int, float):
        try:
            return spec.type(text)
        except ValueError:
            raise ParameterError(spec.name, text, "a whole number" if spec.type is int else "a number") from None
    if isinstance(spec.type, type) and issubclass(spec.type, TextValue):
        return spec.type.from_text(text)
    return text


def to_json(params: Any) -> dict[str, Any]:
    """Return the parameters as plain JSON values."""
    values = {spec.name: getattr(params, spec.name) for spec in param_specs(type(params))}
    return {name: value.to_text() if isinstance(value, TextValue) else value for name, value in values.items()}


def from_json(cls: type[Params], values: Mapping[str, Any]) -> Params:
    """Build parameters from JSON values; missing ones keep their defaults.

    Raises
    ------
    ParameterError
        For unknown names and for values that do not pass.
    """
    specs = {spec.name: spec for spec in param_specs(cls)}
    unknown = sorted(set(values) - set(specs))
    if unknown:
        raise ParameterError(unknown[0], values[unknown[0]], "a parameter of this method: " + ", ".join(specs))
    parsed = {name: _from_plain(specs[name], value) for name, value in values.items()}
    return cls(**parsed)


def _from_plain(spec: ParamSpec, value: Any) -> Any:
    if isinstance(value, np.generic):
        # Scripts pass what numpy.arange gave them; a numpy integer is no int.
        return value.item()
    is_text_type = isinstance(spec.type, type) and issubclass(spec.type, TextValue)
    return spec.type.from_text(value) if is_text_type and isinstance(value, str) else value
