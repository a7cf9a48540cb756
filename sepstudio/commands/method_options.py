"""The options of a method, made from the dataclass of its parameters."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any

from sepstudio.errors import ParameterError
from sepstudio.separation.base import MethodSpec
from sepstudio.separation.parameters import ParamSpec, TextValue, param_specs, parse_value
from sepstudio.separation.presets import find_preset, user_presets

# Keeps the parameters of a method apart from the command's own arguments.
_PREFIX = "param "


def add_method_options(parser: argparse.ArgumentParser, spec: MethodSpec) -> None:
    """Add one option per parameter of a method, and its presets, those of the user among them.

    A parameter that is called like an option which is there already becomes ``--param-NAME``.
    """
    group = parser.add_argument_group(f"parameters of {spec.title}")
    own = [one.name for one in user_presets().presets(spec)]
    if spec.presets or own:
        titles = ", ".join([*(f"{one.name} ({one.title})" for one in spec.presets), *own])
        names = [*(one.name for one in spec.presets), *own]
        about = f"start from {titles}; other options come on top"
        group.add_argument("--preset", choices=names, metavar="NAME", help=escaped(about))
    for param in param_specs(spec.params):
        behaviour = {"dest": _PREFIX + param.name, "default": argparse.SUPPRESS, **_behaviour(param)}
        try:
            group.add_argument(param.option, **behaviour)
        except argparse.ArgumentError:
            group.add_argument(param.option.replace("--", "--param-", 1), **behaviour)


def escaped(text: str) -> str:
    """Return a help text as argparse takes it, which fills in values after percent signs."""
    return text.replace("%", "%%")


def method_params(spec: MethodSpec, arguments: argparse.Namespace) -> Any:
    """Return the parameters that the arguments describe: defaults, then the preset, then single options.

    Raises
    ------
    ParameterError
        For values out of range, or that do not fit one another.
    """
    chosen = getattr(arguments, "preset", None)
    base = find_preset(spec, user_presets(), chosen).params if chosen else spec.params()
    given = {name.removeprefix(_PREFIX): value for name, value in vars(arguments).items() if name.startswith(_PREFIX)}
    return dataclasses.replace(base, **given)


def _behaviour(param: ParamSpec) -> dict[str, Any]:
    if param.type is bool:
        return {"action": argparse.BooleanOptionalAction, "help": _help(param)}
    if param.choices:
        return {"choices": param.choices, "help": _help(param)}
    metavar = param.unit.upper() or ("N" if param.type in (int, float) else "TEXT")
    return {"type": _reader(param), "metavar": metavar, "help": _help(param)}


def _help(param: ParamSpec) -> str:
    default = param.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    elif isinstance(default, TextValue):
        default = default.to_text()
    parts = [param.label + ".", param.help, f"Default: {default}." if default != "" else ""]
    return escaped(" ".join(part for part in parts if part))


def _reader(param: ParamSpec) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return parse_value(param, text)
        except ParameterError as error:
            raise argparse.ArgumentTypeError(f"{error.what}: {error.why}") from None

    return read
